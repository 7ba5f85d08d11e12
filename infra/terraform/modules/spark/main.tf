# Dataproc: the cluster of the one streaming job, and the batch's, which lives for one run.
#
# Almost any change of a cluster makes a new one, and where spool and checkpoint are on its disk new ones of those
# too. So nothing that changes with a release is in it: code comes with the job, and wheels lie at an address that
# stays.

locals {
  image      = "3.0.3-debian13"
  python     = "/opt/vitrine/bin/python"
  is_single  = var.size.streaming_workers == 0
  buckets    = merge({ staging = "${var.project_id}-vitrine-spark" }, local.is_single ? {} : { spool = "${var.project_id}-vitrine-spool" })
  installing = "gs://${var.builds_bucket}/${google_storage_bucket_object.install.name}"
  # What both clusters have in common.
  properties = {
    "spark:spark.pyspark.python"                              = local.python
    "dataproc:dataproc.logging.stackdriver.enable"            = "true"
    "dataproc:dataproc.logging.stackdriver.job.driver.enable" = "true"
    "dataproc:dataproc.monitoring.stackdriver.enable"         = "false"
  }
  single_node = { "dataproc:dataproc.allow.zero.workers" = "true" }
}

resource "google_storage_bucket" "spark" {
  for_each = local.buckets

  project                     = var.project_id
  name                        = each.value
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.prevent_destroy_of_data

  # A segment is written once and never again, and of a checkpoint only the newest files count: old versions would
  # only cost.
  versioning {
    enabled = false
  }

  soft_delete_policy {
    retention_duration_seconds = 0
  }

  dynamic "lifecycle_rule" {
    for_each = each.key == "staging" ? [var.logs_kept_days] : []
    content {
      action {
        type = "Delete"
      }
      condition {
        age = lifecycle_rule.value
      }
    }
  }

  dynamic "encryption" {
    for_each = var.kms_key == "" ? [] : [var.kms_key]
    content {
      default_kms_key_name = encryption.value
    }
  }

  lifecycle {
    precondition {
      condition     = length(var.ready) > 0
      error_message = "The Storage and Dataproc APIs must be on before their buckets and clusters are made."
    }
  }
}

# Always the same name: a changed script serves the next cluster, and leaves this one alone.
resource "google_storage_bucket_object" "install" {
  name   = "cluster/install.sh"
  bucket = var.builds_bucket
  source = "${path.module}/files/install.sh"
}

resource "google_dataproc_cluster" "streaming" {
  count = var.paused ? 0 : 1

  project = var.project_id
  name    = "vitrine-streaming"
  region  = var.region
  # Workers that are taken away finish what they do.
  graceful_decommission_timeout = "300s"

  cluster_config {
    staging_bucket = google_storage_bucket.spark["staging"].name
    temp_bucket    = google_storage_bucket.spark["staging"].name

    gce_cluster_config {
      subnetwork       = var.subnetwork
      internal_ip_only = true
      service_account  = var.accounts.streaming
      # The default scopes lack Pub/Sub and Cloud SQL. What the account may do is said by IAM.
      service_account_scopes = ["cloud-platform"]
      metadata               = { wheelhouse = var.wheelhouse }

      shielded_instance_config {
        enable_secure_boot          = true
        enable_vtpm                 = true
        enable_integrity_monitoring = true
      }
    }

    master_config {
      num_instances = 1
      machine_type  = var.size.streaming_machine_type

      disk_config {
        boot_disk_type    = "pd-balanced"
        boot_disk_size_gb = var.size.streaming_disk_gb
      }
    }

    dynamic "worker_config" {
      for_each = local.is_single ? [] : [var.size.streaming_workers]
      content {
        num_instances = worker_config.value
        machine_type  = var.size.streaming_machine_type

        disk_config {
          boot_disk_type    = "pd-balanced"
          boot_disk_size_gb = var.size.streaming_disk_gb
        }
      }
    }

    software_config {
      image_version       = local.image
      override_properties = merge(local.properties, local.is_single ? local.single_node : {})
    }

    initialization_action {
      script      = local.installing
      timeout_sec = 900
    }

    dynamic "encryption_config" {
      for_each = var.kms_key == "" ? [] : [var.kms_key]
      content {
        kms_key_name = encryption_config.value
      }
    }
  }

  depends_on = [
    google_project_iam_member.node,
    google_storage_bucket_iam_member.staging,
  ]

  timeouts {
    create = "30m"
    delete = "30m"
  }
}

# The batch: a cluster that is made for one run and removed after it, whatever came of it.
resource "google_dataproc_workflow_template" "batch" {
  project     = var.project_id
  name        = "vitrine-batch"
  location    = var.region
  dag_timeout = "10800s"

  placement {
    managed_cluster {
      cluster_name = "vitrine-batch"
      labels       = merge(var.labels, { vitrine-part = "batch" })

      config {
        staging_bucket = google_storage_bucket.spark["staging"].name
        temp_bucket    = google_storage_bucket.spark["staging"].name

        gce_cluster_config {
          subnetwork             = var.subnetwork
          internal_ip_only       = true
          service_account        = var.accounts.batch
          service_account_scopes = ["https://www.googleapis.com/auth/cloud-platform"]
          metadata               = { wheelhouse = var.wheelhouse }

          shielded_instance_config {
            enable_secure_boot          = true
            enable_vtpm                 = true
            enable_integrity_monitoring = true
          }
        }

        master_config {
          num_instances = 1
          machine_type  = var.size.batch_machine_type

          disk_config {
            boot_disk_type    = "pd-balanced"
            boot_disk_size_gb = var.size.batch_disk_gb
          }
        }

        software_config {
          image_version = local.image
          properties    = merge(local.properties, local.single_node)
        }

        initialization_actions {
          executable_file   = local.installing
          execution_timeout = "900s"
        }

        # Should the workflow itself be lost, the cluster is not paid for longer than this.
        lifecycle_config {
          idle_delete_ttl = "1800s"
        }

        dynamic "encryption_config" {
          for_each = var.kms_key == "" ? [] : [var.kms_key]
          content {
            gce_pd_kms_key_name = encryption_config.value
          }
        }
      }
    }
  }

  jobs {
    step_id = "batch"
    labels  = merge(var.labels, { vitrine-part = "batch" })

    pyspark_job {
      main_python_file_uri = var.batch_job.main
      python_file_uris     = [var.batch_job.archive]
      args                 = var.batch_job.arguments
      properties           = var.batch_job.properties
    }
  }

  # A parameter has no default: whoever instantiates says the day, or "now".
  parameters {
    name        = "AS_OF"
    description = "The last day that the run describes, as YYYY-MM-DD, or now"
    fields      = ["jobs['batch'].pysparkJob.args[${var.batch_parameter}]"]

    validation {
      regex {
        regexes = ["now|[0-9]{4}-[0-9]{2}-[0-9]{2}"]
      }
    }
  }

  depends_on = [
    google_project_iam_member.node,
    google_storage_bucket_iam_member.staging,
  ]
}

resource "google_cloud_scheduler_job" "batch" {
  project          = var.project_id
  region           = var.region
  name             = "vitrine-batch"
  description      = "All of history into every metric, once a day"
  schedule         = var.size.batch_schedule
  time_zone        = var.timezone
  paused           = var.paused
  attempt_deadline = "180s"

  retry_config {
    retry_count          = 3
    min_backoff_duration = "60s"
  }

  http_target {
    http_method = "POST"
    uri         = "https://dataproc.googleapis.com/v1/projects/${var.project_id}/regions/${var.region}/workflowTemplates/${google_dataproc_workflow_template.batch.name}:instantiate"
    headers     = { "Content-Type" = "application/json" }
    body        = base64encode(jsonencode({ parameters = { AS_OF = "now" } }))

    oauth_token {
      service_account_email = var.accounts.schedule
      scope                 = "https://www.googleapis.com/auth/cloud-platform"
    }
  }

  depends_on = [google_project_iam_member.instantiates, google_service_account_iam_member.acts_as_batch]
}
