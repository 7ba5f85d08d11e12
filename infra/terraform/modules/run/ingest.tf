# The pool that takes from Pub/Sub into Postgres.

resource "google_cloud_run_v2_worker_pool" "ingest" {
  project             = var.project_id
  location            = var.region
  name                = "vitrine-ingest"
  description         = "From Pub/Sub to Postgres"
  deletion_protection = var.deletion_protection

  scaling {
    manual_instance_count = var.paused ? 0 : 1
  }

  template {
    service_account = local.components.ingest.account
    encryption_key  = local.key

    containers {
      image = local.components.ingest.image
      args  = ["jobs.ingest", "run"]

      dynamic "env" {
        for_each = local.components.ingest.environment
        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = local.components.ingest.secrets
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
        limits = { cpu = "1", memory = "512Mi" }
      }

      dynamic "volume_mounts" {
        for_each = local.components.ingest.mounts
        content {
          name       = volume_mounts.key
          mount_path = volume_mounts.value
        }
      }
    }

    dynamic "volumes" {
      for_each = local.components.ingest.mounts
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

  # It refuses to start on a schema that is not its own.
  depends_on = [module.release]
}
