# Nodes. Dataproc's worker role is the project's: a node makes and deletes parts of clusters that do not exist yet.
resource "google_project_iam_member" "node" {
  for_each = { streaming = var.accounts.streaming, batch = var.accounts.batch }

  project = var.project_id
  role    = "roles/dataproc.worker"
  member  = "serviceAccount:${each.value}"
}

resource "google_storage_bucket_iam_member" "staging" {
  for_each = { streaming = var.accounts.streaming, batch = var.accounts.batch }

  bucket = google_storage_bucket.spark["staging"].name
  role   = "roles/storage.objectAdmin"
  member = "serviceAccount:${each.value}"
}

# Segments and Spark's checkpoint: put, listed, replaced and deleted. The role says nothing of the bucket itself, which
# the worker's role above lets a node look at.
resource "google_storage_bucket_iam_member" "spool" {
  count = local.is_single ? 0 : 1

  bucket = google_storage_bucket.spark["spool"].name
  role   = "roles/storage.objectAdmin"
  member = "serviceAccount:${var.accounts.streaming}"
}

# Who submits reads what the driver wrote.
resource "google_storage_bucket_iam_member" "driver_output" {
  bucket = google_storage_bucket.spark["staging"].name
  role   = "roles/storage.objectViewer"
  member = "serviceAccount:${var.accounts.release}"
}

# Submitting is asked of the project, not of a cluster. The predefined role would also make and delete clusters.
resource "google_project_iam_custom_role" "submitter" {
  project     = var.project_id
  role_id     = "vitrineSubmitter${var.generation}"
  title       = "Vitrine: submits and watches jobs"
  description = "Submit, watch and cancel Dataproc jobs, and start workflows. No clusters are made or removed with it."
  permissions = [
    "dataproc.clusters.get",
    "dataproc.clusters.use",
    "dataproc.jobs.cancel",
    "dataproc.jobs.create",
    "dataproc.jobs.get",
    "dataproc.jobs.list",
    "dataproc.operations.get",
    "dataproc.workflowTemplates.get",
    "dataproc.workflowTemplates.instantiate",
  ]
}

resource "google_project_iam_member" "submits" {
  project = var.project_id
  role    = google_project_iam_custom_role.submitter.name
  member  = "serviceAccount:${var.accounts.release}"
}

resource "google_project_iam_custom_role" "starter" {
  project     = var.project_id
  role_id     = "vitrineStarter${var.generation}"
  title       = "Vitrine: starts the batch"
  description = "Instantiate workflow templates, nothing else."
  permissions = ["dataproc.workflowTemplates.instantiate"]
}

resource "google_project_iam_member" "instantiates" {
  project = var.project_id
  role    = google_project_iam_custom_role.starter.name
  member  = "serviceAccount:${var.accounts.schedule}"
}

# A workflow's cluster runs as the batch: who starts one must be allowed to act as it.
resource "google_service_account_iam_member" "acts_as_batch" {
  for_each = { release = var.accounts.release, schedule = var.accounts.schedule }

  service_account_id = var.account_names.batch
  role               = "roles/iam.serviceAccountUser"
  member             = "serviceAccount:${each.value}"
}

resource "google_service_account_iam_member" "acts_as_streaming" {
  service_account_id = var.account_names.streaming
  role               = "roles/iam.serviceAccountUser"
  member             = "serviceAccount:${var.accounts.release}"
}
