output "metrics" {
  description = "The metrics that the watch writes."
  value       = [for it in google_monitoring_metric_descriptor.own : it.type]
}
