# What must be there before anything else: APIs, service agents, where images are kept, and the build.

locals {
  services = toset([
    "artifactregistry.googleapis.com",
    "billingbudgets.googleapis.com",
    "cloudbuild.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "cloudscheduler.googleapis.com",
    "compute.googleapis.com",
    "dataproc.googleapis.com",
    "iam.googleapis.com",
    "iap.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "pubsub.googleapis.com",
    "redis.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "servicenetworking.googleapis.com",
    "sqladmin.googleapis.com",
    "storage.googleapis.com",
  ])

  # Agents that exist only once asked for, and that are granted something before their service is first used.
  # Those of the second list encrypt with a key of one's own.
  agents = toset(concat(
    ["cloudbuild", "dataproc", "iap", "pubsub", "redis", "sqladmin"],
    # Those of Compute Engine and Cloud Run come with their APIs, that of Storage with being asked for below.
    var.kms_key == "" ? [] : ["artifactregistry", "secretmanager"],
  ))

  files = sort(distinct(flatten([for it in var.sources : tolist(fileset(var.source_root, it))])))
  # Known at plan, and the same for the same sources wherever they are checked out.
  digest = substr(sha256(join("\n", [for it in local.files : "${it} ${filesha256("${var.source_root}/${it}")}"])), 0, 16)
  # What the cluster's nodes install. Another lock means other packages, so another cluster (see docs/deploy.md).
  lock = substr(filesha256("${var.source_root}/requirements.lock"), 0, 16)

  registry = "${var.region}-docker.pkg.dev/${var.project_id}/${google_artifact_registry_repository.images.repository_id}"
  code     = "gs://${google_storage_bucket.builds.name}/code/${local.digest}"
}

data "google_project" "this" {
  project_id = var.project_id
}

data "google_storage_project_service_account" "this" {
  count = var.kms_key == "" ? 0 : 1

  project = var.project_id

  depends_on = [google_project_service.api]
}

resource "google_project_service" "api" {
  for_each = local.services

  project = var.project_id
  service = each.key
  # Others may use the project too.
  disable_on_destroy = false
}

# The GA provider has no resource for it. Asking again answers with the agent that is there.
resource "terraform_data" "agent" {
  for_each = local.agents

  triggers_replace = [var.project_id]

  provisioner "local-exec" {
    command = "gcloud beta services identity create --quiet --project=\"$PROJECT\" --service=\"$SERVICE.googleapis.com\""
    environment = {
      PROJECT = var.project_id
      SERVICE = each.key
    }
  }

  depends_on = [google_project_service.api]
}

resource "google_artifact_registry_repository" "images" {
  project       = var.project_id
  location      = var.region
  repository_id = "vitrine"
  description   = "Vitrine's images, named by the hash of their sources"
  format        = "DOCKER"
  kms_key_name  = var.kms_key == "" ? null : var.kms_key

  docker_config {
    # What a tag names never changes: a rollback gets what it asks for.
    immutable_tags = true
  }

  cleanup_policies {
    id     = "keep-the-newest"
    action = "KEEP"
    most_recent_versions {
      # Of ten builds: each puts an index, the image and its attestations, and each of the three is a version.
      keep_count = 30
    }
  }

  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"
    condition {
      tag_state  = "ANY"
      older_than = "${var.builds_kept_days * 24 * 3600}s"
    }
  }

  depends_on = [google_project_service.api, google_kms_crypto_key_iam_member.agent]
}

resource "google_storage_bucket" "builds" {
  project                     = var.project_id
  name                        = "${var.project_id}-vitrine-builds"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.prevent_destroy_of_data

  versioning {
    enabled = true
  }

  # Sources sent to be built. What jobs run from (code/, wheelhouse/) is kept: a rollback needs it.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = var.builds_kept_days
      matches_prefix = ["source/"]
    }
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      num_newer_versions = 3
      with_state         = "ARCHIVED"
    }
  }

  dynamic "encryption" {
    for_each = var.kms_key == "" ? [] : [var.kms_key]
    content {
      default_kms_key_name = encryption.value
    }
  }

  depends_on = [google_project_service.api, google_kms_crypto_key_iam_member.agent]
}

# Images, the code archive and the wheelhouse, from the same sources. Runs again when they change.
resource "terraform_data" "build" {
  triggers_replace = [local.digest, local.registry, google_storage_bucket.builds.name]

  provisioner "local-exec" {
    working_dir = var.source_root
    command     = "bash infra/packaging/submit"
    environment = {
      PROJECT         = var.project_id
      REGION          = var.region
      REGISTRY        = local.registry
      BUCKET          = google_storage_bucket.builds.name
      DIGEST          = local.digest
      LOCK            = local.lock
      SERVICE_ACCOUNT = "projects/${var.project_id}/serviceAccounts/${var.build_account}"
    }
  }

  depends_on = [
    google_artifact_registry_repository_iam_member.build,
    google_storage_bucket_iam_member.build,
    google_project_iam_member.build_logs,
    terraform_data.agent,
  ]
}
