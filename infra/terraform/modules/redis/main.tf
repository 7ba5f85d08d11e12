# Memorystore for Redis: private, with AUTH and TLS. It holds nothing that Postgres could not restore.

resource "google_redis_instance" "live" {
  count = var.paused ? 0 : 1

  project                 = var.project_id
  name                    = "vitrine-live"
  display_name            = "Vitrine live panes"
  region                  = var.region
  tier                    = var.size.high_availability ? "STANDARD_HA" : "BASIC"
  memory_size_gb          = var.size.memory_gb
  redis_version           = "REDIS_7_2"
  connect_mode            = "PRIVATE_SERVICE_ACCESS"
  authorized_network      = var.network
  auth_enabled            = true
  transit_encryption_mode = "SERVER_AUTHENTICATION"
  customer_managed_key    = var.kms_key == "" ? null : var.kms_key

  redis_configs = {
    # A full instance refuses writes, and the streaming job waits; evicting would lose panes without a word.
    "maxmemory-policy" = "noeviction"
  }

  maintenance_policy {
    weekly_maintenance_window {
      day = "SUNDAY"
      start_time {
        hours   = 7
        minutes = 0
        seconds = 0
        nanos   = 0
      }
    }
  }

  timeouts {
    create = "30m"
    delete = "30m"
  }
}

# The one secret in Terraform's state: `auth_string` is computed by the instance. Whoever reads the state reads it;
# `make deploy` keeps the state in a bucket of its own that only the deployer may open.
resource "google_secret_manager_secret" "password" {
  project   = var.project_id
  secret_id = "vitrine-redis-auth"

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

resource "google_secret_manager_secret_version" "password" {
  count = var.paused ? 0 : 1

  secret         = google_secret_manager_secret.password.id
  secret_data_wo = google_redis_instance.live[0].auth_string
  # A rebuilt instance has another password.
  secret_data_wo_version = google_redis_instance.live[0].create_time
}

# No secret, but a file that clients need: the instance's own authorities, all of them, since they are rotated.
resource "google_secret_manager_secret" "certificate" {
  project   = var.project_id
  secret_id = "vitrine-redis-ca"

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

resource "google_secret_manager_secret_version" "certificate" {
  count = var.paused ? 0 : 1

  secret      = google_secret_manager_secret.certificate.id
  secret_data = join("\n", google_redis_instance.live[0].server_ca_certs[*].cert)
}
