output "topics" {
  description = "Names of the topics."
  value       = [for it in google_pubsub_topic.this : it.name]
}

output "subscriptions" {
  description = "Names of the subscriptions."
  value       = [for it in google_pubsub_subscription.this : it.name]
}

output "ready" {
  description = "What to wait for before a component uses its topics."
  value = concat(
    [for it in google_pubsub_topic_iam_member.publisher : it.id],
    [for it in google_pubsub_subscription_iam_member.subscriber : it.id],
    [for it in google_pubsub_subscription_iam_member.dead_letter_subscriber : it.id],
  )
}
