# Cloud SQL for PostgreSQL: private, IAM users only, encrypted connections, backups and recovery to any second.

resource "google_sql_database_instance" "this" {
  project             = var.project_id
  name                = var.name
  region              = var.region
  database_version    = "POSTGRES_18"
  encryption_key_name = var.kms_key == "" ? null : var.kms_key
  # Terraform's own protection; the one of all other ways is below.
  deletion_protection = var.deletion_protection

  settings {
    tier = var.size.tier
    # Without it Postgres 16 and later get ENTERPRISE_PLUS, which refuses small tiers.
    edition                     = "ENTERPRISE"
    availability_type           = var.size.high_availability ? "REGIONAL" : "ZONAL"
    activation_policy           = var.paused ? "NEVER" : "ALWAYS"
    disk_type                   = "PD_SSD"
    disk_size                   = var.size.disk_gb
    disk_autoresize             = true
    deletion_protection_enabled = var.deletion_protection
    retain_backups_on_delete    = var.deletion_protection
    user_labels                 = var.labels

    backup_configuration {
      enabled                        = true
      start_time                     = "06:00"
      point_in_time_recovery_enabled = true
      # The most that this edition takes.
      transaction_log_retention_days = 7

      backup_retention_settings {
        retained_backups = var.size.backups
        retention_unit   = "COUNT"
      }
    }

    ip_configuration {
      ipv4_enabled    = false
      private_network = var.network
      ssl_mode        = "ENCRYPTED_ONLY"
    }

    maintenance_window {
      day          = 7
      hour         = 7
      update_track = "stable"
    }

    insights_config {
      query_insights_enabled = true
      query_string_length    = 1024
    }

    database_flags {
      name  = "cloudsql.iam_authentication"
      value = "on"
    }
    database_flags {
      name  = "log_checkpoints"
      value = "on"
    }
    database_flags {
      name  = "log_connections"
      value = "on"
    }
    database_flags {
      name  = "log_disconnections"
      value = "on"
    }
    database_flags {
      name  = "log_statement"
      value = "ddl"
    }
    database_flags {
      name  = "log_min_error_statement"
      value = "error"
    }
    database_flags {
      name  = "log_lock_waits"
      value = "on"
    }
    # Statements above two seconds, in milliseconds.
    database_flags {
      name  = "log_min_duration_statement"
      value = "2000"
    }
    # A client that died within a transaction would keep its locks; milliseconds. The batch's exporting session
    # rests for the length of its read.
    database_flags {
      name  = "idle_in_transaction_session_timeout"
      value = "3600000"
    }
  }

  lifecycle {
    # The disk grows by itself; a plan that shrank it again would replace the instance.
    ignore_changes = [settings[0].disk_size]
  }

  timeouts {
    create = "60m"
    update = "60m"
    delete = "60m"
  }
}

resource "google_sql_database" "vitrine" {
  project  = var.project_id
  name     = "vitrine"
  instance = google_sql_database_instance.this.name
  # A database with open connections cannot be dropped; it goes with its instance.
  deletion_policy = "ABANDON"
}

resource "google_sql_user" "component" {
  for_each = var.users

  project  = var.project_id
  instance = google_sql_database_instance.this.name
  name     = each.value.name
  type     = "CLOUD_IAM_SERVICE_ACCOUNT"
  # An IAM user begins with nothing. The release grants the rest in SQL.
  database_roles = each.value.roles
  # A role that owns something cannot be dropped; it goes with its instance.
  deletion_policy = "ABANDON"
}

# No secret: what a client checks the server's certificate against. Secret Manager is how a file gets into Cloud
# Run and onto a node.
resource "google_secret_manager_secret" "certificate" {
  project   = var.project_id
  secret_id = "vitrine-postgres-ca"

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
  secret      = google_secret_manager_secret.certificate.id
  secret_data = google_sql_database_instance.this.server_ca_cert[0].cert
}
