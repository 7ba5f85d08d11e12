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
