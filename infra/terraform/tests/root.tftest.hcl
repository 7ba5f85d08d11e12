# The root with its provider mocked: what the environments differ in, and what is refused.

mock_provider "google" {}

variables {
  project_id = "vitrine-test"
}

run "the_defaults_are_dev" {
  command = plan

  assert {
    condition     = output.region == "us-central1"
    error_message = "The default region is us-central1."
  }
  assert {
    condition     = output.monthly_cost_total < 400
    error_message = "The defaults cost US$ ${output.monthly_cost_total} a month, which is not small."
  }
  assert {
    condition     = startswith(output.dashboard_command, "gcloud run services proxy vitrine-dashboard")
    error_message = "By default the dashboard is opened through a proxy."
  }
}

run "prod_costs_more_and_is_planned" {
  command = plan

  variables {
    environment = "prod"
    postgres    = { tier = "db-custom-2-7680", high_availability = true }
    redis       = { memory_gb = 2, high_availability = true }
  }

  assert {
    condition     = output.monthly_cost_total > run.the_defaults_are_dev.monthly_cost_total
    error_message = "Standbys cost something."
  }
}

run "prod_is_never_public" {
  command = plan

  variables {
    environment      = "prod"
    dashboard_access = "public"
  }

  expect_failures = [var.dashboard_access]
}

run "public_warns" {
  command = plan

  variables {
    dashboard_access = "public"
  }

  expect_failures = [check.dashboard_is_not_public]
}

run "a_single_node_keeps_the_checkpoint_on_its_disk" {
  command = plan

  assert {
    condition     = output.streaming_checkpoint == ""
    error_message = "No bucket is paid for, or waited for, where one disk does."
  }
}

run "workers_keep_the_checkpoint_in_the_bucket_and_warn" {
  command = plan

  variables {
    spark = { streaming_workers = 2 }
  }

  expect_failures = [check.workers_are_proved]

  assert {
    condition     = output.streaming_checkpoint == "gs://vitrine-test-vitrine-spool/streaming/checkpoint"
    error_message = "Executors on workers must reach the checkpoint: it is ${output.streaming_checkpoint}."
  }
}

run "one_worker_is_refused" {
  command = plan

  variables {
    spark = { streaming_workers = 1 }
  }

  expect_failures = [var.spark]
}
