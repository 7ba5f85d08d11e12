output "dashboard_address" {
  description = "Where the dashboard is. With dashboard_access = iam a browser is answered 403 there: use dashboard_command."
  value       = module.run.dashboard_address
}

output "dashboard_command" {
  description = "The command that opens the dashboard."
  value = var.dashboard_access == "iam" ? join(" ", [
    "gcloud run services proxy ${module.run.dashboard}", "--project=${var.project_id}", "--region=${var.region}",
    "--port=8501  # then open http://127.0.0.1:8501",
  ]) : "open ${module.run.dashboard_address}"
}

output "simulators_start" {
  description = "The command that starts the simulators."
  value       = "gcloud run jobs execute ${module.run.simulators} --async --project=${var.project_id} --region=${var.region}"
}

output "simulators_stop" {
  description = "The command that stops every execution of the simulators."
  value = join(" ", [
    "gcloud run jobs executions list --job=${module.run.simulators} --project=${var.project_id} --region=${var.region}",
    "--filter='NOT status.completionTime:*' --format='value(metadata.name)'",
    "| xargs -r -n 1 gcloud run jobs executions cancel --quiet --project=${var.project_id} --region=${var.region}",
  ])
}

output "monthly_cost" {
  description = "Estimated US dollars a month by part, from list prices (modules/cost/prices.yaml says of which date); without traffic beyond the settings, taxes and discounts."
  value       = module.cost.by_part
}

output "monthly_cost_total" {
  description = "The estimate's sum, in US dollars a month."
  value       = module.cost.total
}

output "revision" {
  description = "Hash of the sources that run."
  value       = module.project.digest
}

output "project_id" {
  description = "The project, for the scripts."
  value       = var.project_id
}

output "region" {
  description = "The region, for the scripts."
  value       = var.region
}

output "snapshot_subscriptions" {
  description = "Subscriptions that a deployment takes a snapshot of first."
  value       = [for name, it in local.topology.subscriptions : name if it.replay_snapshot]
}

output "streaming_checkpoint" {
  description = "Spark's checkpoint in the bucket, for the scripts; empty for the node's own disk."
  value       = local.is_single ? "" : "${module.spark.checkpoint}/checkpoint"
}

output "environment" {
  description = "dev or prod, for the scripts."
  value       = var.environment
}
