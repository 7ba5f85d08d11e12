# What runs without a machine of its own. Private addresses are reached by direct VPC egress.

locals {
  names = toset(["dashboard", "ingest", "release", "simulators", "watch"])
  # The watch is the release's code under another command.
  image       = { for it in local.names : it => var.images[it == "watch" ? "release" : it] }
  account     = { for it in local.names : it => var.accounts[it == "watch" ? "release" : it] }
  environment = { for it in local.names : it => var.environment[it == "watch" ? "release" : it] }
  secrets     = { for it in local.names : it => var.secrets[it == "watch" ? "release" : it] }
  files       = { for it in local.names : it => var.files[it == "watch" ? "release" : it] }

  # /secrets/NAME/value, and the variable that says so.
  mounts = { for name, files in local.files : name => { for variable, secret in files : secret => "/secrets/${secret}" } }
  plain  = { for name in local.names : name => merge(local.environment[name], { for variable, secret in local.files[name] : variable => "/secrets/${secret}/value" }) }

  key = var.kms_key == "" ? null : var.kms_key
}

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
    service_account = local.account.ingest
    encryption_key  = local.key

    containers {
      image = local.image.ingest
      args  = ["jobs.ingest", "run"]

      dynamic "env" {
        for_each = local.plain.ingest
        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = local.secrets.ingest
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
        for_each = local.mounts.ingest
        content {
          name       = volume_mounts.key
          mount_path = volume_mounts.value
        }
      }
    }

    dynamic "volumes" {
      for_each = local.mounts.ingest
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
  depends_on = [google_cloud_run_v2_job.release]
}

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
    service_account = local.account.dashboard
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
      image = local.image.dashboard
      args  = ["dashboard"]

      # HTTP/1: websockets do not pass end-to-end HTTP/2.
      ports {
        name           = "http1"
        container_port = 8501
      }

      dynamic "env" {
        for_each = local.plain.dashboard
        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = local.secrets.dashboard
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
        for_each = local.mounts.dashboard
        content {
          name       = volume_mounts.key
          mount_path = volume_mounts.value
        }
      }
    }

    dynamic "volumes" {
      for_each = local.mounts.dashboard
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

  depends_on = [google_cloud_run_v2_job.release, google_secret_manager_secret_iam_member.cookie, terraform_data.cookie]
}

# Migrates, grants, loads the first history, keeps the streaming job alive, computes the first batch. Terraform waits
# for its end, and runs it again whenever the token changes.
resource "google_cloud_run_v2_job" "release" {
  project             = var.project_id
  location            = var.region
  name                = "vitrine-release"
  deletion_protection = false
  # While paused there is nothing that it could release to.
  run_execution_token = var.paused ? null : var.release_token

  template {
    template {
      service_account = local.account.release
      encryption_key  = local.key
      # The first history takes minutes, a cluster's first job and the first batch's cluster too. The default is ten.
      timeout     = "3600s"
      max_retries = 1

      containers {
        image = local.image.release
        args  = ["jobs.dataproc", "release"]

        dynamic "env" {
          for_each = local.plain.release
          content {
            name  = env.key
            value = env.value
          }
        }

        dynamic "env" {
          for_each = local.secrets.release
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
          limits = { cpu = "2", memory = "4Gi" }
        }

        dynamic "volume_mounts" {
          for_each = local.mounts.release
          content {
            name       = volume_mounts.key
            mount_path = volume_mounts.value
          }
        }
      }

      dynamic "volumes" {
        for_each = local.mounts.release
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

  lifecycle {
    precondition {
      condition     = length(var.ready) > 0
      error_message = "Users, topics, grants and the cluster must be there before a release runs."
    }
  }

  timeouts {
    create = "70m"
    update = "70m"
  }
}

# Every five minutes: exactly one streaming job of this revision, and how far behind it is.
resource "google_cloud_run_v2_job" "watch" {
  project             = var.project_id
  location            = var.region
  name                = "vitrine-watch"
  deletion_protection = false

  template {
    template {
      service_account = local.account.watch
      encryption_key  = local.key
      # By hand it also waits for a batch (make smoke).
      timeout = "2400s"
      # The next one comes in five minutes.
      max_retries = 0

      containers {
        image = local.image.watch
        args  = ["jobs.dataproc", "watch"]

        dynamic "env" {
          for_each = local.plain.watch
          content {
            name  = env.key
            value = env.value
          }
        }

        dynamic "env" {
          for_each = local.secrets.watch
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
          for_each = local.mounts.watch
          content {
            name       = volume_mounts.key
            mount_path = volume_mounts.value
          }
        }
      }

      dynamic "volumes" {
        for_each = local.mounts.watch
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

  depends_on = [google_cloud_run_v2_job.release]
}

resource "google_cloud_scheduler_job" "watch" {
  project          = var.project_id
  region           = var.region
  name             = "vitrine-watch"
  description      = "Starts the watch over the streaming job"
  schedule         = "*/5 * * * *"
  time_zone        = "Etc/UTC"
  paused           = var.paused
  attempt_deadline = "60s"

  http_target {
    http_method = "POST"
    uri         = "https://run.googleapis.com/v2/projects/${var.project_id}/locations/${var.region}/jobs/${google_cloud_run_v2_job.watch.name}:run"
    headers     = { "Content-Type" = "application/json" }
    body        = base64encode("{}")

    oauth_token {
      service_account_email = var.accounts.schedule
      scope                 = "https://www.googleapis.com/auth/cloud-platform"
    }
  }

  depends_on = [google_cloud_run_v2_job_iam_member.schedule]
}

resource "google_cloud_run_v2_job" "simulators" {
  project             = var.project_id
  location            = var.region
  name                = "vitrine-simulators"
  deletion_protection = false

  template {
    task_count  = var.simulators.tasks
    parallelism = var.simulators.tasks

    template {
      service_account = local.account.simulators
      encryption_key  = local.key
      # Room to publish the rest.
      timeout     = "${var.simulators.duration_seconds + 300}s"
      max_retries = 3

      containers {
        image = local.image.simulators
        args  = ["simulators", "run", "--duration", tostring(var.simulators.duration_seconds)]

        dynamic "env" {
          for_each = local.plain.simulators
          content {
            name  = env.key
            value = env.value
          }
        }

        # The books are files, and files are memory here.
        resources {
          limits = { cpu = "1", memory = "2Gi" }
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

  depends_on = [google_cloud_run_v2_job.release]
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
    command     = "head --bytes=48 /dev/urandom | base64 --wrap=0 | gcloud secrets versions add \"$SECRET\" --project=\"$PROJECT\" --data-file=- --quiet"
    environment = {
      PROJECT = var.project_id
      SECRET  = google_secret_manager_secret.cookie.secret_id
    }
  }
}
