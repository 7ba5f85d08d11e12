# Every five minutes: exactly one streaming job of this revision, and how far behind it is.

module "watch" {
  source = "../job"

  project_id = var.project_id
  region     = var.region
  network    = var.network
  kms_key    = local.key
  ready      = var.ready

  name      = "watch"
  component = local.components.release
  args      = ["jobs.dataproc", "watch"]
  # By hand it also waits for a batch (make smoke).
  timeout_seconds = 2400
  # The next one comes in five minutes.
  max_retries = 0

  depends_on = [module.release]
}

resource "google_cloud_scheduler_job" "watch" {
  project          = var.project_id
  region           = var.region
  name             = "vitrine-watch"
  description      = "Starts the watch over the streaming job"
  schedule         = "*/5 * * * *"
  time_zone        = "Etc/UTC"
  paused           = var.paused
  attempt_deadline = "60s"

  http_target {
    http_method = "POST"
    uri         = "https://run.googleapis.com/v2/projects/${var.project_id}/locations/${var.region}/jobs/${module.watch.name}:run"
    headers     = { "Content-Type" = "application/json" }
    body        = base64encode("{}")

    oauth_token {
      service_account_email = var.accounts.schedule
      scope                 = "https://www.googleapis.com/auth/cloud-platform"
    }
  }

  depends_on = [google_cloud_run_v2_job_iam_member.schedule]
}

resource "google_cloud_run_v2_job_iam_member" "schedule" {
  project  = var.project_id
  location = var.region
  name     = module.watch.name
  role     = "roles/run.invoker"
  member   = "serviceAccount:${var.accounts.schedule}"
}
