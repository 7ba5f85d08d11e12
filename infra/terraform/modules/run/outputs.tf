output "dashboard_address" {
  description = "Where the dashboard is."
  value       = google_cloud_run_v2_service.dashboard.uri
}

output "dashboard" {
  description = "The dashboard's service."
  value       = google_cloud_run_v2_service.dashboard.name
}

output "simulators" {
  description = "The simulators' job."
  value       = module.simulators.name
}

output "release" {
  description = "The release's job."
  value       = module.release.name
}

output "watch" {
  description = "The watch's job."
  value       = module.watch.name
}
