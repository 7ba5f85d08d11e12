# Metrics have no resource smaller than the project.
resource "google_project_iam_member" "writes_metrics" {
  project = var.project_id
  role    = "roles/monitoring.metricWriter"
  member  = "serviceAccount:${var.watcher}"
}
