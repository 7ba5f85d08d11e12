# What is written of itself, what is shown, and what somebody is told of.

locals {
  # Written by the watch (jobs/dataproc/telemetry.py). Declared here first: an alert on a metric that was never
  # written is refused.
  metrics = {
    streaming_lag_seconds         = { unit = "s", about = "Age of the newest event on the live page" }
    streaming_latency_p95_seconds = { unit = "s", about = "Event to Redis, 95th percentile of the newest batch" }
    batch_age_seconds             = { unit = "s", about = "Time since the last historical run was published" }
  }
  prefix = "custom.googleapis.com/vitrine"

  alerts = merge(
    { for it in var.subscriptions : "waiting ${it}" => {
      title     = "Messages wait in ${it}"
      advice    = "The oldest message of ${it} waits for more than ten minutes: its consumer is down or too slow."
      filter    = "resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = \"${it}\" AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\""
      threshold = 600
      duration  = "300s"
      aligner   = "ALIGN_MAX"
    } },
    {
      "dead letters" = {
        title     = "Messages in the dead letter"
        advice    = "What no consumer could take lies in ${var.dead_letters}. Look at it before its retention ends."
        filter    = "resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = \"${var.dead_letters}\" AND metric.type = \"pubsub.googleapis.com/subscription/num_undelivered_messages\""
        threshold = 0
        duration  = "0s"
        aligner   = "ALIGN_MAX"
      }
      "rejected" = {
        title     = "Many events are rejected"
        advice    = "More than one event a second breaks the contract. Reasons are in the table eventos_rejeitados."
        filter    = "resource.type = \"pubsub_topic\" AND resource.labels.topic_id = \"${var.rejected_topic}\" AND metric.type = \"pubsub.googleapis.com/topic/send_message_operation_count\""
        threshold = 1
        duration  = "300s"
        aligner   = "ALIGN_RATE"
      }
      "streaming lag" = {
        title     = "The live page is behind"
        advice    = "The newest event on the live page is more than ten minutes old. Is the streaming job alive, and do simulators run?"
        filter    = "resource.type = \"global\" AND metric.type = \"${local.prefix}/streaming_lag_seconds\""
        threshold = 600
        duration  = "600s"
        aligner   = "ALIGN_MAX"
      }
      "batch" = {
        title     = "The daily batch failed or is missing"
        advice    = "No historical run was published for 26 hours: python -m jobs.dataproc batch status says why."
        filter    = "resource.type = \"global\" AND metric.type = \"${local.prefix}/batch_age_seconds\""
        threshold = 93600
        duration  = "0s"
        aligner   = "ALIGN_MAX"
      }
    },
  )
}

resource "google_monitoring_metric_descriptor" "own" {
  for_each = local.metrics

  project      = var.project_id
  type         = "${local.prefix}/${each.key}"
  metric_kind  = "GAUGE"
  value_type   = "DOUBLE"
  unit         = each.value.unit
  display_name = "Vitrine: ${replace(each.key, "_", " ")}"
  description  = each.value.about

  lifecycle {
    precondition {
      condition     = length(var.ready) > 0
      error_message = "The Monitoring API must be on before metrics are declared."
    }
  }
}

resource "google_monitoring_notification_channel" "email" {
  for_each = toset(var.emails)

  project      = var.project_id
  type         = "email"
  display_name = "Vitrine: ${each.key}"
  labels       = { email_address = each.key }
}

resource "google_monitoring_alert_policy" "this" {
  for_each = local.alerts

  project               = var.project_id
  display_name          = "Vitrine: ${each.value.title}"
  combiner              = "OR"
  enabled               = !var.paused
  notification_channels = [for it in google_monitoring_notification_channel.email : it.name]

  conditions {
    display_name = each.value.title

    condition_threshold {
      filter          = each.value.filter
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.threshold
      duration        = each.value.duration

      aggregations {
        alignment_period   = "300s"
        per_series_aligner = each.value.aligner
      }

      trigger {
        count = 1
      }
    }
  }

  documentation {
    content   = each.value.advice
    mime_type = "text/markdown"
  }

  alert_strategy {
    auto_close = "86400s"
  }

  depends_on = [google_monitoring_metric_descriptor.own]
}

# The watch itself: no word of it for half an hour, and none of the alerts on its metrics could fire.
resource "google_monitoring_alert_policy" "silent" {
  project               = var.project_id
  display_name          = "Vitrine: The watch is silent"
  combiner              = "OR"
  enabled               = !var.paused
  notification_channels = [for it in google_monitoring_notification_channel.email : it.name]

  conditions {
    display_name = "The watch is silent"

    condition_absent {
      filter   = "resource.type = \"global\" AND metric.type = \"${local.prefix}/batch_age_seconds\""
      duration = "1800s"

      aggregations {
        alignment_period   = "300s"
        per_series_aligner = "ALIGN_MAX"
      }

      trigger {
        count = 1
      }
    }
  }

  documentation {
    content   = "The job vitrine-watch has written nothing for half an hour: look at its executions and at Cloud Scheduler."
    mime_type = "text/markdown"
  }

  alert_strategy {
    auto_close = "86400s"
  }

  depends_on = [google_monitoring_metric_descriptor.own]
}

resource "google_monitoring_dashboard" "this" {
  project = var.project_id
  dashboard_json = jsonencode({
    displayName = "Vitrine"
    mosaicLayout = {
      columns = 12
      tiles = [for position, it in [
        { title = "Age of the newest live event", filter = "metric.type=\"${local.prefix}/streaming_lag_seconds\" resource.type=\"global\"", aligner = "ALIGN_MEAN" },
        { title = "Event to Redis, p95", filter = "metric.type=\"${local.prefix}/streaming_latency_p95_seconds\" resource.type=\"global\"", aligner = "ALIGN_MEAN" },
        { title = "Oldest unacknowledged message", filter = "metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" resource.type=\"pubsub_subscription\"", aligner = "ALIGN_MAX" },
        { title = "Messages waiting", filter = "metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\" resource.type=\"pubsub_subscription\"", aligner = "ALIGN_MAX" },
        { title = "Published", filter = "metric.type=\"pubsub.googleapis.com/topic/send_message_operation_count\" resource.type=\"pubsub_topic\"", aligner = "ALIGN_RATE" },
        { title = "Age of the historical metrics", filter = "metric.type=\"${local.prefix}/batch_age_seconds\" resource.type=\"global\"", aligner = "ALIGN_MEAN" },
        { title = "Postgres: processor", filter = "metric.type=\"cloudsql.googleapis.com/database/cpu/utilization\" resource.type=\"cloudsql_database\"", aligner = "ALIGN_MEAN" },
        { title = "Redis: memory used", filter = "metric.type=\"redis.googleapis.com/stats/memory/usage_ratio\" resource.type=\"redis_instance\"", aligner = "ALIGN_MEAN" },
        ] : {
        xPos   = position % 2 * 6
        yPos   = floor(position / 2) * 4
        width  = 6
        height = 4
        widget = {
          title = it.title
          xyChart = {
            dataSets = [{
              plotType = "LINE"
              timeSeriesQuery = {
                timeSeriesFilter = {
                  filter      = it.filter
                  aggregation = { alignmentPeriod = "60s", perSeriesAligner = it.aligner }
                }
              }
            }]
          }
        }
      }]
    }
  })

  depends_on = [google_monitoring_metric_descriptor.own]
}

resource "google_billing_budget" "monthly" {
  count = var.billing_account == "" ? 0 : 1

  billing_account = var.billing_account
  display_name    = "Vitrine in ${var.project_id}"

  budget_filter {
    projects = ["projects/${var.project_number}"]
  }

  amount {
    specified_amount {
      units = tostring(var.monthly_budget)
    }
  }

  dynamic "threshold_rules" {
    for_each = [0.5, 0.9, 1.0]
    content {
      threshold_percent = threshold_rules.value
    }
  }

  # Without a channel the rule is refused; the billing account's administrators are told in any case.
  dynamic "all_updates_rule" {
    for_each = length(var.emails) == 0 ? [] : [true]
    content {
      monitoring_notification_channels = [for it in google_monitoring_notification_channel.email : it.id]
    }
  }
}
