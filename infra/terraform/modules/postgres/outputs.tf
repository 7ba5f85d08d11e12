output "connection_name" {
  description = "What the connector calls the instance: project:region:name."
  value       = google_sql_database_instance.this.connection_name
}

output "private_address" {
  description = "The instance's address in the network."
  value       = google_sql_database_instance.this.private_ip_address
}

output "certificate_secret" {
  description = "The secret that holds the server's authority."
  value       = google_secret_manager_secret.certificate.secret_id
  depends_on  = [google_secret_manager_secret_version.certificate]
}

output "ready" {
  description = "What to wait for before anybody logs in."
  value       = [for it in google_sql_user.component : it.id]
  depends_on = [
    google_sql_database.vitrine,
    google_project_iam_member.client,
    google_project_iam_member.login,
    google_secret_manager_secret_iam_member.certificate,
  ]
}
