output "host" {
  description = "The instance's address; empty while paused."
  value       = try(google_redis_instance.live[0].host, "")
}

output "port" {
  description = "The instance's port, which with TLS is not Redis's usual one."
  value       = try(google_redis_instance.live[0].port, 6378)
}

output "password_secret" {
  description = "The secret that holds the password."
  value       = google_secret_manager_secret.password.secret_id
  depends_on  = [google_secret_manager_secret_version.password]
}

output "certificate_secret" {
  description = "The secret that holds the authorities."
  value       = google_secret_manager_secret.certificate.secret_id
  depends_on  = [google_secret_manager_secret_version.certificate]
}

output "ready" {
  description = "What to wait for before anybody connects."
  value = concat(
    [for it in google_secret_manager_secret_iam_member.password : it.id],
    [for it in google_secret_manager_secret_iam_member.certificate : it.id],
  )
  depends_on = [google_secret_manager_secret_version.password, google_secret_manager_secret_version.certificate]
}
