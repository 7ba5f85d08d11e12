output "emails" {
  description = "Each component's service account."
  value       = { for name, it in google_service_account.component : name => it.email }
}

output "names" {
  description = "Each component's service account as a resource, for grants on it."
  value       = { for name, it in google_service_account.component : name => it.name }
}

output "database_users" {
  description = "Each component's name in Postgres: IAM names lose this ending."
  value       = { for name, it in google_service_account.component : name => trimsuffix(it.email, ".gserviceaccount.com") }
}
