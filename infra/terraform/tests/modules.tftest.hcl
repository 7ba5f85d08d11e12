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
