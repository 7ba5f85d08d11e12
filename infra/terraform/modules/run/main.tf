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

# Migrates, grants, loads the first history, keeps the streaming job alive, computes the first batch. Terraform waits
# for its end.
module "release" {
  source = "../job"

  project_id = var.project_id
  region     = var.region
  network    = var.network
  kms_key    = local.key
  ready      = var.ready

  name      = "release"
  component = local.components.release
  args      = ["jobs.dataproc", "release"]
  cpu       = "2"
  memory    = "4Gi"
  # The first history takes minutes, a cluster's first job and the first batch's cluster too.
  timeout_seconds = 3600
  max_retries     = 1
  # While paused there is nothing that it could release to.
  run_token = var.paused ? null : var.release_token
}

module "simulators" {
  source = "../job"

  project_id = var.project_id
  region     = var.region
  network    = var.network
  kms_key    = local.key
  ready      = var.ready

  name      = "simulators"
  component = local.components.simulators
  args      = ["simulators", "run", "--duration", tostring(var.simulators.duration_seconds)]
  # The books are files, and files are memory here.
  memory = "2Gi"
  tasks  = var.simulators.tasks
  # Room to publish the rest.
  timeout_seconds = var.simulators.duration_seconds + 300
  max_retries     = 3

  depends_on = [module.release]
}

resource "google_cloud_run_v2_worker_pool" "ingest" {
  project             = var.project_id
  location            = var.region
  name                = "vitrine-ingest"
  description         = "From Pub/Sub to Postgres"
  deletion_protection = var.deletion_protection

  scaling {
    manual_instance_count = var.paused ? 0 : 1
  }

  template {
    service_account = local.components.ingest.account
    encryption_key  = local.key

    containers {
      image = local.components.ingest.image
      args  = ["jobs.ingest", "run"]

      dynamic "env" {
        for_each = local.components.ingest.environment
        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = local.components.ingest.secrets
        content {
          name = env.key
          value_source {
            secret_key_ref {
              secret  = env.value
              version = "latest"
            }
          }
        }
      }

      resources {
        limits = { cpu = "1", memory = "512Mi" }
      }

      dynamic "volume_mounts" {
        for_each = local.components.ingest.mounts
        content {
          name       = volume_mounts.key
          mount_path = volume_mounts.value
        }
      }
    }

    dynamic "volumes" {
      for_each = local.components.ingest.mounts
      content {
        name = volumes.key
        secret {
          secret       = volumes.key
          default_mode = 292
          items {
            version = "latest"
            path    = "value"
          }
        }
      }
    }

    vpc_access {
      egress = "PRIVATE_RANGES_ONLY"
      network_interfaces {
        network    = var.network.network
        subnetwork = var.network.subnetwork
      }
    }
  }

  # It refuses to start on a schema that is not its own.
  depends_on = [module.release]
}
