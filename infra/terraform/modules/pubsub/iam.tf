locals {
  # Pub/Sub moves dead letters as its own agent.
  agent = "serviceAccount:service-${var.project_number}@gcp-sa-pubsub.iam.gserviceaccount.com"

  publishers = merge([
    for topic, members in var.publishers : { for name, email in members : "${name} on ${topic}" => { topic = topic, email = email } }
  ]...)
  subscribers = { for name, it in var.topology.subscriptions : name => var.consumers[it.consumer] if contains(keys(var.consumers), it.consumer) }
}

resource "google_pubsub_topic_iam_member" "dead_letter_publisher" {
  for_each = toset(values(local.dead_letters))

  project = var.project_id
  topic   = google_pubsub_topic.this[each.key].name
  role    = "roles/pubsub.publisher"
  member  = local.agent
}

resource "google_pubsub_subscription_iam_member" "dead_letter_subscriber" {
  for_each = local.dead_letters

  project      = var.project_id
  subscription = google_pubsub_subscription.this[each.key].name
  role         = "roles/pubsub.subscriber"
  member       = local.agent
}

resource "google_pubsub_topic_iam_member" "publisher" {
  for_each = local.publishers

  project = var.project_id
  topic   = google_pubsub_topic.this[each.value.topic].name
  role    = "roles/pubsub.publisher"
  member  = "serviceAccount:${each.value.email}"
}

resource "google_pubsub_subscription_iam_member" "subscriber" {
  for_each = local.subscribers

  project      = var.project_id
  subscription = google_pubsub_subscription.this[each.key].name
  role         = "roles/pubsub.subscriber"
  member       = "serviceAccount:${each.value}"
}
