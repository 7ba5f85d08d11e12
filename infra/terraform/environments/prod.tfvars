# Data protected from deletion, standbys in another zone, an instance of the dashboard that is always warm.
environment = "prod"

postgres = {
  tier              = "db-custom-2-7680"
  disk_gb           = 100
  high_availability = true
  backups           = 30
}

redis = {
  memory_gb         = 2
  high_availability = true
}

spark = {
  streaming_machine_type = "e2-standard-8"
  streaming_disk_gb      = 200
  batch_machine_type     = "e2-standard-8"
  batch_disk_gb          = 100
}

dashboard = {
  min_instances = 1
  max_instances = 3
}

# A little above what these sizes are estimated at, in US dollars.
monthly_budget = 900
