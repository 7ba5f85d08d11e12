# The module that makes everything on Cloud Run, with the provider mocked.

mock_provider "google" {}

variables {
  project_id          = "vitrine-test"
  project_number      = "123456789012"
  region              = "us-central1"
  kms_key             = ""
  ready               = ["on"]
  network             = { network = "n", subnetwork = "s" }
  images              = { ingest = "i", dashboard = "d", simulators = "s", release = "r" }
  accounts            = { ingest = "i@x", dashboard = "d@x", simulators = "s@x", release = "r@x", schedule = "c@x" }
  environment         = { ingest = {}, dashboard = {}, simulators = {}, release = {} }
  secrets             = { ingest = {}, dashboard = {}, simulators = {}, release = {} }
  files               = { ingest = {}, dashboard = {}, simulators = {}, release = {} }
  release_token       = "abc"
  dashboard           = { cpu = "1", memory = "1Gi", min_instances = 0, max_instances = 1, access = "iam", viewers = [] }
  simulators          = { tasks = 1, duration_seconds = 60 }
  deletion_protection = false
  paused              = false
}

run "a_release_s_token_is_part_of_a_name" {
  command = plan

  module {
    source = "./modules/run"
  }

  variables {
    release_token = "Not_A_Name"
  }

  expect_failures = [var.release_token]
}

run "the_dashboard_asks_who_one_is" {
  command = plan

  module {
    source = "./modules/run"
  }

  variables {
    dashboard = { cpu = "1", memory = "1Gi", min_instances = 0, max_instances = 1, access = "iam", viewers = ["user:ana@example.com"] }
  }

  assert {
    condition     = google_cloud_run_v2_service_iam_member.viewer["user:ana@example.com"].role == "roles/run.invoker" && !google_cloud_run_v2_service.dashboard.invoker_iam_disabled
    error_message = "A named principal may call the service, and nobody else."
  }
}

run "a_pause_leaves_no_instance_and_no_watch" {
  command = plan

  module {
    source = "./modules/run"
  }

  variables {
    paused = true
  }

  assert {
    condition     = google_cloud_run_v2_worker_pool.ingest.scaling[0].manual_instance_count == 0 && google_cloud_scheduler_job.watch.paused
    error_message = "A pause leaves no instance and no watch."
  }
}
