# One job of Cloud Run: a component's image under a command, with its settings, secrets and the way to private addresses.

resource "google_cloud_run_v2_job" "this" {
  project             = var.project_id
  location            = var.region
  name                = "vitrine-${var.name}"
  deletion_protection = false
  # Terraform runs the job, and waits for its end, whenever the token changes.
  run_execution_token = var.run_token

  template {
    task_count  = var.tasks
    parallelism = var.tasks

    template {
      service_account = var.component.account
      encryption_key  = var.kms_key
      timeout         = "${var.timeout_seconds}s"
      max_retries     = var.max_retries

      containers {
        image = var.component.image
        args  = var.args

        dynamic "env" {
          for_each = var.component.environment
          content {
            name  = env.key
            value = env.value
          }
        }

        dynamic "env" {
          for_each = var.component.secrets
          content {
            name = env.key
            value_source {
              secret_key_ref {
                secret  = env.value
                version = "latest"
              }
            }
          }
        }

        resources {
          limits = { cpu = var.cpu, memory = var.memory }
        }

        dynamic "volume_mounts" {
          for_each = var.component.mounts
          content {
            name       = volume_mounts.key
            mount_path = volume_mounts.value
          }
        }
      }

      dynamic "volumes" {
        for_each = var.component.mounts
        content {
          name = volumes.key
          secret {
            secret       = volumes.key
            default_mode = 292
            items {
              version = "latest"
              path    = "value"
            }
          }
        }
      }

      vpc_access {
        egress = "PRIVATE_RANGES_ONLY"
        network_interfaces {
          network    = var.network.network
          subnetwork = var.network.subnetwork
        }
      }
    }
  }

  timeouts {
    create = "70m"
    update = "70m"
  }

  lifecycle {
    precondition {
      condition     = length(var.ready) > 0
      error_message = "Users, topics, grants and the cluster must be there before a job runs."
    }
  }
}
