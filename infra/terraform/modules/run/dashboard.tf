# The one part with a public address.

resource "google_cloud_run_v2_service" "dashboard" {
  project             = var.project_id
  location            = var.region
  name                = "vitrine-dashboard"
  description         = "Live page and history"
  ingress             = "INGRESS_TRAFFIC_ALL"
  deletion_protection = var.deletion_protection
  iap_enabled         = var.dashboard.access == "iap"
  # Opens the service to everybody, with no allUsers anywhere.
  invoker_iam_disabled = var.dashboard.access == "public"

  template {
    service_account = local.components.dashboard.account
    encryption_key  = local.key
    # The live page's stream and Streamlit's socket are requests that do not end: an hour is the most.
    timeout = "3600s"
    # Both belong to the instance that knows the session.
    session_affinity = true
    # A viewer holds two connections.
    max_instance_request_concurrency = 250

    scaling {
      min_instance_count = var.paused ? 0 : var.dashboard.min_instances
      max_instance_count = var.dashboard.max_instances
    }

    containers {
      image = local.components.dashboard.image
      args  = ["dashboard"]

      # HTTP/1: websockets do not pass end-to-end HTTP/2.
      ports {
        name           = "http1"
        container_port = 8501
      }

      dynamic "env" {
        for_each = local.components.dashboard.environment
        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = local.components.dashboard.secrets
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
        limits            = { cpu = var.dashboard.cpu, memory = var.dashboard.memory }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      startup_probe {
        period_seconds    = 5
        timeout_seconds   = 3
        failure_threshold = 24
        http_get {
          path = "/_stcore/health"
          port = 8501
        }
      }

      liveness_probe {
        period_seconds    = 30
        timeout_seconds   = 5
        failure_threshold = 3
        http_get {
          path = "/_stcore/health"
          port = 8501
        }
      }

      dynamic "volume_mounts" {
        for_each = local.components.dashboard.mounts
        content {
          name       = volume_mounts.key
          mount_path = volume_mounts.value
        }
      }
    }

    dynamic "volumes" {
      for_each = local.components.dashboard.mounts
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

  depends_on = [module.release, google_secret_manager_secret_iam_member.cookie, terraform_data.cookie]
}

# What Streamlit signs its cookies with. It is made where Terraform runs and goes straight to Secret Manager: never
# into the state.
resource "google_secret_manager_secret" "cookie" {
  project   = var.project_id
  secret_id = "vitrine-dashboard-cookie"

  replication {
    user_managed {
      replicas {
        location = var.region

        dynamic "customer_managed_encryption" {
          for_each = var.kms_key == "" ? [] : [var.kms_key]
          content {
            kms_key_name = customer_managed_encryption.value
          }
        }
      }
    }
  }
}

resource "terraform_data" "cookie" {
  triggers_replace = [google_secret_manager_secret.cookie.id]

  provisioner "local-exec" {
    interpreter = ["bash", "-euo", "pipefail", "-c"]
    command     = "head -c 48 /dev/urandom | base64 | tr -d '\\n' | gcloud secrets versions add \"$SECRET\" --project=\"$PROJECT\" --data-file=- --quiet"
    environment = {
      PROJECT = var.project_id
      SECRET  = google_secret_manager_secret.cookie.secret_id
    }
  }
}
