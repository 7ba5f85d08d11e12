# Cloud SQL has no policy of its own: the grants are the project's, with the instance as their condition.
locals {
  this_instance = {
    title      = "vitrine-instance"
    expression = "resource.service == 'sqladmin.googleapis.com' && resource.name == 'projects/${var.project_id}/instances/${var.name}'"
  }
}

resource "google_project_iam_member" "client" {
  for_each = var.accounts

  project = var.project_id
  role    = "roles/cloudsql.client"
  member  = "serviceAccount:${each.value}"

  condition {
    title      = local.this_instance.title
    expression = local.this_instance.expression
  }
}

resource "google_project_iam_member" "login" {
  for_each = var.accounts

  project = var.project_id
  role    = "roles/cloudsql.instanceUser"
  member  = "serviceAccount:${each.value}"

  condition {
    title      = local.this_instance.title
    expression = local.this_instance.expression
  }
}

resource "google_secret_manager_secret_iam_member" "certificate" {
  for_each = var.certificate_readers

  project   = var.project_id
  secret_id = google_secret_manager_secret.certificate.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = "serviceAccount:${each.value}"
}
