# Modules on their own, with the provider mocked.

mock_provider "google" {}

variables {
  project_id = "vitrine-test"
  region     = "us-central1"
  kms_key    = ""
  ready      = ["on"]
}

run "a_subscription_of_an_unknown_topic_is_refused" {
  command = plan

  module {
    source = "./modules/pubsub"
  }

  variables {
    project_number = "123456789012"
    consumers      = {}
    publishers     = {}
    topology = {
      topics = { vendas = { retention_seconds = 600 } }
      subscriptions = {
        vendas-leitura = { topic = "compras", consumer = "people", ack_deadline_seconds = 20, retention_seconds = 600, replay_snapshot = false }
      }
    }
  }

  expect_failures = [var.topology]
}

run "a_dead_letter_brings_both_grants" {
  command = plan

  module {
    source = "./modules/pubsub"
  }

  variables {
    project_number = "123456789012"
    consumers      = { ingest = "ingest@vitrine-test.iam.gserviceaccount.com" }
    publishers     = {}
    topology = {
      topics = { vendas = { retention_seconds = 600 }, mortas = { retention_seconds = 600 } }
      subscriptions = {
        vendas-leitura = {
          topic       = "vendas", consumer = "ingest", ack_deadline_seconds = 20, retention_seconds = 600, replay_snapshot = true
          dead_letter = { topic = "mortas", attempts = 5 }
        }
      }
    }
  }

  assert {
    condition     = google_pubsub_topic_iam_member.dead_letter_publisher["mortas"].member == "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com"
    error_message = "Pub/Sub's agent must be allowed to publish to the dead letter."
  }
  assert {
    condition     = google_pubsub_subscription_iam_member.dead_letter_subscriber["vendas-leitura"].role == "roles/pubsub.subscriber"
    error_message = "Pub/Sub's agent must be allowed to take from the source."
  }
  assert {
    condition     = google_pubsub_subscription.this["vendas-leitura"].retain_acked_messages
    error_message = "What can be replayed is kept."
  }
}

run "a_paused_redis_is_gone_and_its_secrets_stay" {
  command = plan

  module {
    source = "./modules/redis"
  }

  variables {
    network = "projects/vitrine-test/global/networks/vitrine"
    size    = { memory_gb = 1, high_availability = false }
    readers = { ingest = "ingest@vitrine-test.iam.gserviceaccount.com" }
    paused  = true
  }

  assert {
    condition     = length(google_redis_instance.live) == 0 && google_secret_manager_secret.password.secret_id == "vitrine-redis-auth"
    error_message = "A pause removes the instance and keeps the secret's place."
  }
}

run "a_nat_is_made_only_when_asked_for" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    ranges        = { subnet_cidr = "10.20.0.0/22", services_address = "10.24.0.0", services_prefix = 20, nat = false }
    node_accounts = ["streaming@vitrine-test.iam.gserviceaccount.com"]
  }

  assert {
    condition     = length(google_compute_router_nat.nat) == 0
    error_message = "There is no NAT by default."
  }
  assert {
    condition     = google_compute_subnetwork.this.private_ip_google_access
    error_message = "Nodes without addresses need Private Google Access."
  }
}

run "images_are_named_by_the_hash_of_the_sources" {
  command = plan

  module {
    source = "./modules/project"
  }

  variables {
    build_account           = "build@vitrine-test.iam.gserviceaccount.com"
    readers                 = { streaming = "streaming@vitrine-test.iam.gserviceaccount.com" }
    builds_kept_days        = 30
    prevent_destroy_of_data = true
    source_root             = "../.."
    targets                 = ["ingest"]
  }

  assert {
    condition     = can(regex("^[0-9a-f]{16}$", output.digest)) && google_artifact_registry_repository.images.docker_config[0].immutable_tags
    error_message = "What a tag names is known at plan and never changes."
  }
  assert {
    condition     = !google_storage_bucket.builds.force_destroy && length(google_kms_crypto_key_iam_member.agent) == 0
    error_message = "What is protected is not destroyed with its content; no key, no grants on it."
  }
}

run "a_service_account_waits_for_its_api" {
  command = plan

  module {
    source = "./modules/identity"
  }

  variables {
    ready = []
  }

  expect_failures = [google_service_account.component]
}

run "a_protected_database_is_private_and_a_paused_one_stands_still" {
  command = plan

  module {
    source = "./modules/postgres"
  }

  variables {
    name                = "vitrine-1"
    network             = "projects/vitrine-test/global/networks/vitrine"
    size                = { tier = "db-custom-1-3840", disk_gb = 20, high_availability = true, backups = 7 }
    users               = { ingest = { name = "ingest@vitrine-test.iam", roles = [] } }
    accounts            = { ingest = "ingest@vitrine-test.iam.gserviceaccount.com" }
    certificate_readers = {}
    deletion_protection = true
    paused              = true
    labels              = {}
  }

  assert {
    condition     = !google_sql_database_instance.this.settings[0].ip_configuration[0].ipv4_enabled && google_sql_database_instance.this.deletion_protection
    error_message = "The instance has no public address, and is protected."
  }
  assert {
    condition     = google_sql_database_instance.this.settings[0].activation_policy == "NEVER" && google_sql_database_instance.this.settings[0].availability_type == "REGIONAL"
    error_message = "A pause stops the instance and changes nothing else of it."
  }
  assert {
    condition     = google_sql_user.component["ingest"].type == "CLOUD_IAM_SERVICE_ACCOUNT"
    error_message = "Users are service accounts: there are no passwords."
  }
}

run "workers_keep_spool_and_checkpoint_in_a_bucket" {
  command = plan

  module {
    source = "./modules/spark"
  }

  variables {
    generation              = 1
    subnetwork              = "projects/vitrine-test/regions/us-central1/subnetworks/vitrine"
    size                    = { streaming_machine_type = "e2-standard-4", streaming_disk_gb = 50, streaming_workers = 2, batch_machine_type = "e2-standard-4", batch_disk_gb = 50, batch_schedule = "15 4 * * *" }
    timezone                = "America/Sao_Paulo"
    accounts                = { streaming = "s@vitrine-test.iam.gserviceaccount.com", batch = "b@vitrine-test.iam.gserviceaccount.com", release = "r@vitrine-test.iam.gserviceaccount.com", schedule = "c@vitrine-test.iam.gserviceaccount.com" }
    account_names           = { streaming = "projects/vitrine-test/serviceAccounts/s@vitrine-test.iam.gserviceaccount.com", batch = "projects/vitrine-test/serviceAccounts/b@vitrine-test.iam.gserviceaccount.com" }
    builds_bucket           = "builds"
    wheelhouse              = "gs://builds/wheelhouse"
    batch_job               = { main = "gs://builds/entry.py", archive = "gs://builds/vitrine.zip", arguments = ["--as-of", "now"], properties = {} }
    batch_parameter         = 1
    logs_kept_days          = 14
    prevent_destroy_of_data = false
    paused                  = false
    labels                  = {}
  }

  assert {
    condition     = output.spool == "gs://vitrine-test-vitrine-spool/spool" && google_storage_bucket_iam_member.spool[0].member == "serviceAccount:s@vitrine-test.iam.gserviceaccount.com"
    error_message = "Several nodes share a bucket, which the job may write."
  }
  assert {
    condition     = output.checkpoint == "gs://vitrine-test-vitrine-spool/streaming" && google_storage_bucket_iam_member.spool[0].role == "roles/storage.objectAdmin"
    error_message = "The checkpoint is beside the spool, where the job may list, make and delete objects."
  }
  assert {
    condition     = google_dataproc_cluster.streaming[0].cluster_config[0].worker_config[0].num_instances == 2
    error_message = "There are as many workers as were asked for."
  }
}

run "a_job_waits_for_what_it_needs" {
  command = plan

  module {
    source = "./modules/job"
  }

  variables {
    name            = "release"
    network         = { network = "n", subnetwork = "s" }
    component       = { image = "r", account = "r@x", environment = {}, secrets = {}, mounts = {} }
    args            = ["jobs.dataproc", "release"]
    timeout_seconds = 60
    max_retries     = 0
    ready           = []
  }

  expect_failures = [google_cloud_run_v2_job.this]
}

run "every_subscription_that_a_component_takes_from_has_an_alert" {
  command = plan

  module {
    source = "./modules/observability"
  }

  variables {
    project_number  = "123456789012"
    subscriptions   = ["a", "b"]
    dead_letters    = "mortas"
    rejected_topic  = "rejeitados"
    watcher         = "r@vitrine-test.iam.gserviceaccount.com"
    emails          = []
    billing_account = ""
    monthly_budget  = 300
    paused          = false
  }

  assert {
    condition     = toset(keys(google_monitoring_alert_policy.this)) == toset(["waiting a", "waiting b", "dead letters", "rejected", "streaming lag", "batch"])
    error_message = "Waiting messages by subscription, dead letters, rejections, lag and the batch are told."
  }
  assert {
    condition     = length(google_billing_budget.monthly) == 0
    error_message = "There is no budget without a billing account."
  }
}

run "a_pause_costs_disks_and_images" {
  command = plan

  module {
    source = "./modules/cost"
  }

  variables {
    paused = true
  }

  assert {
    condition     = toset([for part, dollars in output.by_part : part if dollars > 0]) == toset(["Cloud SQL, disk and backups", "Images and buckets"])
    error_message = "While paused nothing but storage is paid for."
  }
}
