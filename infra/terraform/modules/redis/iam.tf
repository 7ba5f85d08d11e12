resource "google_secret_manager_secret_iam_member" "password" {
  for_each = var.readers

  project   = var.project_id
  secret_id = google_secret_manager_secret.password.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = "serviceAccount:${each.value}"
}

resource "google_secret_manager_secret_iam_member" "certificate" {
  for_each = var.readers

  project   = var.project_id
  secret_id = google_secret_manager_secret.certificate.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = "serviceAccount:${each.value}"
}
