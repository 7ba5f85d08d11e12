locals {
  viewers = var.dashboard.access == "public" ? toset([]) : toset(var.dashboard.viewers)
}

# iam: principals call the service themselves, through a proxy.
resource "google_cloud_run_v2_service_iam_member" "viewer" {
  for_each = var.dashboard.access == "iam" ? local.viewers : toset([])

  project  = var.project_id
  location = var.region
  name     = google_cloud_run_v2_service.dashboard.name
  role     = "roles/run.invoker"
  member   = each.key
}

# iap: IAP's own agent calls the service for those who are let in.
resource "google_cloud_run_v2_service_iam_member" "iap_agent" {
  count = var.dashboard.access == "iap" ? 1 : 0

  project  = var.project_id
  location = var.region
  name     = google_cloud_run_v2_service.dashboard.name
  role     = "roles/run.invoker"
  member   = "serviceAccount:service-${var.project_number}@gcp-sa-iap.iam.gserviceaccount.com"
}

resource "google_iap_web_cloud_run_service_iam_member" "viewer" {
  for_each = var.dashboard.access == "iap" ? local.viewers : toset([])

  project                = var.project_id
  location               = var.region
  cloud_run_service_name = google_cloud_run_v2_service.dashboard.name
  role                   = "roles/iap.httpsResourceAccessor"
  member                 = each.key
}

resource "google_secret_manager_secret_iam_member" "cookie" {
  project   = var.project_id
  secret_id = google_secret_manager_secret.cookie.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = "serviceAccount:${var.accounts.dashboard}"
}
