output "cluster" {
  description = "The streaming cluster's name; empty while paused."
  value       = try(google_dataproc_cluster.streaming[0].name, "")
  depends_on  = [google_storage_bucket_iam_member.spool]
}

output "template" {
  description = "The batch's workflow template."
  value       = google_dataproc_workflow_template.batch.name
}

output "spool" {
  description = "Where segments are kept: empty for the node's own disk."
  value       = local.is_single ? "" : "gs://${google_storage_bucket.spark["spool"].name}/spool"
}

output "checkpoint" {
  description = "Where the streaming checkpoint and the job's notes are kept: empty for the node's own disk."
  value       = local.is_single ? "" : "gs://${google_storage_bucket.spark["spool"].name}/streaming"
}

output "ready" {
  description = "What to wait for before jobs are submitted."
  value       = [google_project_iam_member.submits.id, google_service_account_iam_member.acts_as_streaming.id]
  depends_on = [
    google_dataproc_cluster.streaming,
    google_service_account_iam_member.acts_as_batch,
    google_storage_bucket_iam_member.driver_output,
  ]
}
