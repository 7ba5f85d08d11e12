resource "google_artifact_registry_repository_iam_member" "build" {
  project    = var.project_id
  location   = google_artifact_registry_repository.images.location
  repository = google_artifact_registry_repository.images.name
  role       = "roles/artifactregistry.writer"
  member     = "serviceAccount:${var.build_account}"
}

resource "google_storage_bucket_iam_member" "build" {
  bucket = google_storage_bucket.builds.name
  role   = "roles/storage.objectAdmin"
  member = "serviceAccount:${var.build_account}"
}

# Logs have no resource smaller than the project.
resource "google_project_iam_member" "build_logs" {
  project = var.project_id
  role    = "roles/logging.logWriter"
  member  = "serviceAccount:${var.build_account}"
}

# The nodes of clusters fetch wheelhouse, code and initialization action from here.
resource "google_storage_bucket_iam_member" "reader" {
  for_each = var.readers

  bucket = google_storage_bucket.builds.name
  role   = "roles/storage.objectViewer"
  member = "serviceAccount:${each.value}"
}

# Whoever stores something for us encrypts it with the key, as its own agent.
locals {
  encrypting = var.kms_key == "" ? {} : {
    artifactregistry = "gcp-sa-artifactregistry"
    compute          = "compute-system"
    dataproc         = "dataproc-accounts"
    pubsub           = "gcp-sa-pubsub"
    redis            = "cloud-redis"
    run              = "serverless-robot-prod"
    secretmanager    = "gcp-sa-secretmanager"
    sql              = "gcp-sa-cloud-sql"
    storage          = "gs-project-accounts"
  }
}

resource "google_kms_crypto_key_iam_member" "agent" {
  for_each = local.encrypting

  crypto_key_id = var.kms_key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = "serviceAccount:service-${data.google_project.this.number}@${each.value}.iam.gserviceaccount.com"

  depends_on = [terraform_data.agent, data.google_storage_project_service_account.this]
}
