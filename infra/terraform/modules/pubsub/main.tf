# Topics and subscriptions exactly as contracts/topology.yaml names them.

locals {
  dead_letters = { for name, it in var.topology.subscriptions : name => it.dead_letter.topic if it.dead_letter != null }
}

resource "google_pubsub_topic" "this" {
  for_each = var.topology.topics

  project                    = var.project_id
  name                       = each.key
  message_retention_duration = "${each.value.retention_seconds}s"
  kms_key_name               = var.kms_key == "" ? null : var.kms_key

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  lifecycle {
    precondition {
      condition     = length(var.ready) > 0
      error_message = "The Pub/Sub API must be on before topics are made."
    }
  }
}

resource "google_pubsub_subscription" "this" {
  for_each = var.topology.subscriptions

  project                    = var.project_id
  name                       = each.key
  topic                      = google_pubsub_topic.this[each.value.topic].id
  ack_deadline_seconds       = each.value.ack_deadline_seconds
  message_retention_duration = "${each.value.retention_seconds}s"
  # What was acknowledged can be replayed: `seek` goes back to a time or to a snapshot. The provider knows no
  # snapshots; `make deploy` takes one of each of these before it changes anything.
  retain_acked_messages = each.value.replay_snapshot

  # Never: the default deletes a subscription that nobody pulled from for a month, as while paused.
  expiration_policy {
    ttl = ""
  }

  retry_policy {
    minimum_backoff = "1s"
    maximum_backoff = "60s"
  }

  dynamic "dead_letter_policy" {
    for_each = each.value.dead_letter == null ? [] : [each.value.dead_letter]
    content {
      dead_letter_topic     = google_pubsub_topic.this[dead_letter_policy.value.topic].id
      max_delivery_attempts = dead_letter_policy.value.attempts
    }
  }

  # Without these grants what should go to the dead letter is delivered for ever.
  depends_on = [google_pubsub_topic_iam_member.dead_letter_publisher]
}
