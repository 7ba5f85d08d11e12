# What runs without a machine of its own. Private addresses are reached by direct VPC egress.

locals {
  # The watch is the release's code under another command.
  components = {
    for name in ["dashboard", "ingest", "release", "simulators"] : name => {
      image   = var.images[name]
      account = var.accounts[name]
      secrets = var.secrets[name]
      # /secrets/NAME/value, and the variable that says so.
      mounts      = { for variable, secret in var.files[name] : secret => "/secrets/${secret}" }
      environment = merge(var.environment[name], { for variable, secret in var.files[name] : variable => "/secrets/${secret}/value" })
    }
  }

  key = var.kms_key == "" ? null : var.kms_key
}
