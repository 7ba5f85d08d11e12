output "number" {
  description = "The project's number, which its service agents are named by."
  value       = data.google_project.this.number
}

output "images" {
  description = "Each target's image, by the hash of its sources."
  value       = { for it in var.targets : it => "${local.registry}/${it}:${local.digest}" }
  depends_on  = [terraform_data.build]
}

output "digest" {
  description = "Hash of the sources: the revision that runs."
  value       = local.digest
}

output "lock" {
  description = "Hash of the lock file that the wheelhouse is made from."
  value       = local.lock
}

output "code" {
  description = "Where the code archive and the entry point of this revision are."
  value       = local.code
  depends_on  = [terraform_data.build]
}

output "builds_bucket" {
  description = "The bucket of builds."
  value       = google_storage_bucket.builds.name
}

output "wheelhouse" {
  description = "Where a new node finds the newest wheels. The same address for every release, so that no release touches the cluster."
  value       = "gs://${google_storage_bucket.builds.name}/wheelhouse"
  # A node that may not read it does not come up.
  depends_on = [terraform_data.build, google_storage_bucket_iam_member.reader]
}

output "ready" {
  description = "What to wait for before using an API or granting a service agent something."
  value       = [for it in google_project_service.api : it.id]
  depends_on  = [terraform_data.agent, google_kms_crypto_key_iam_member.agent]
}
