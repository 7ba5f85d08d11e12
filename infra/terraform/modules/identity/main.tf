# One service account for each component, without keys. What each may do is said beside the thing it guards.

locals {
  accounts = {
    batch      = "The daily batch's cluster"
    build      = "Cloud Build: images, code archive, wheelhouse"
    dashboard  = "The dashboard"
    ingest     = "From Pub/Sub to Postgres"
    release    = "Migrates, grants, loads the first history, keeps the streaming job alive"
    schedule   = "Cloud Scheduler: starts the batch and the watch over the streaming job"
    simulators = "The shop's simulators"
    streaming  = "The streaming cluster"
  }
}

resource "google_service_account" "component" {
  for_each = local.accounts

  project      = var.project_id
  account_id   = "vitrine-${each.key}"
  display_name = "Vitrine ${each.key}"
  description  = each.value
  # After a destroy the name can be taken again.
  create_ignore_already_exists = true

  lifecycle {
    precondition {
      condition     = length(var.ready) > 0
      error_message = "The IAM API must be on before service accounts are made."
    }
  }
}
