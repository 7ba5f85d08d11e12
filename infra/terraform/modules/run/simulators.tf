# The shop: as many tasks side by side as were asked for, until their time is over.

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
