# Computes, creates nothing: `make cost` uses it without a provider.

locals {
  book   = yamldecode(file("${path.module}/prices.yaml"))
  price  = lookup(local.book.regions, var.region, local.book.regions[local.book.dearest])
  hours  = 730
  days   = local.hours / 24
  on     = var.paused ? 0 : 1
  second = local.hours * 3600

  tier     = regex("^db-custom-(?P<cpus>[0-9]+)-(?P<mb>[0-9]+)$|^.*$", var.postgres.tier)
  sql_hour = local.tier.cpus == null ? local.price.sql_shared_core_hour : tonumber(local.tier.cpus) * local.price.sql_cpu_hour + tonumber(local.tier.mb) / 1024 * local.price.sql_memory_gb_hour
  doubled  = var.postgres.high_availability ? 2 : 1

  machine = { for name, type in { streaming = var.spark.streaming_machine_type, batch = var.spark.batch_machine_type } : name => {
    cpus = tonumber(regex("([0-9]+)$", type)[0])
    hour = tonumber(regex("([0-9]+)$", type)[0]) * (local.price.e2_standard_cpu_hour + local.book.dataproc_cpu_hour)
  } }
  nodes        = var.spark.streaming_workers + 1
  memory_units = { Mi = 1 / 1024, Gi = 1 }
  memory_of    = regex("^(?P<number>[0-9.]+)(?P<unit>Mi|Gi)$", var.dashboard.memory)
  dashboard_gb = tonumber(local.memory_of.number) * local.memory_units[local.memory_of.unit]
  viewed       = max(var.usage.viewing_hours_a_day / 24, min(var.dashboard.min_instances, 1))

  # A topic keeps what was published, a subscription what was acknowledged: both for their retention.
  gb_a_month = var.simulators.rate * var.usage.simulating_hours_a_day * 3600 * local.days * var.usage.bytes_a_message / pow(10, 9)
  gb_kept    = local.gb_a_month / local.days * var.usage.topic_days * (1 + var.usage.deliveries_a_message)

  parts = {
    "Spark, streaming"            = local.on * local.nodes * (local.hours * local.machine.streaming.hour + var.spark.streaming_disk_gb * local.price.balanced_disk_gb_month)
    "Spark, batch"                = local.on * var.usage.batch_minutes_a_day / 60 * local.days * (local.machine.batch.hour + var.spark.batch_disk_gb * local.price.balanced_disk_gb_month / local.hours)
    "Cloud SQL, machine"          = local.on * local.doubled * local.hours * local.sql_hour
    "Cloud SQL, disk and backups" = var.postgres.disk_gb * (local.doubled * local.price.sql_disk_gb_month + var.usage.backups_share * local.price.sql_backup_gb_month)
    "Memorystore"                 = local.on * local.hours * var.redis.memory_gb * (var.redis.high_availability ? local.price.redis_ha_gb_hour : local.price.redis_basic_gb_hour)
    "Cloud Run, ingest"           = local.on * local.second * (local.price.run_pool_cpu_second + 0.5 * local.price.run_pool_memory_gb_second)
    "Cloud Run, simulators"       = local.on * var.simulators.tasks * local.second * var.usage.simulating_hours_a_day / 24 * (local.price.run_pool_cpu_second + 2 * local.price.run_pool_memory_gb_second)
    "Cloud Run, dashboard"        = local.on * local.second * local.viewed * (tonumber(var.dashboard.cpu) * local.price.run_cpu_second + local.dashboard_gb * local.price.run_memory_gb_second)
    "Cloud Run, watch"            = local.on * 288 * local.days * 60 * (local.price.run_pool_cpu_second + 0.5 * local.price.run_pool_memory_gb_second)
    "Pub/Sub, throughput"         = local.on * max(0, local.gb_a_month * (1 + var.usage.deliveries_a_message) - local.book.pubsub_free_gb) * local.book.pubsub_gb
    "Pub/Sub, storage"            = local.on * local.gb_kept * local.book.pubsub_storage_gb_month
    "Images and buckets"          = var.usage.images_gb * local.book.registry_gb_month + var.usage.buckets_gb * local.price.storage_gb_month
  }
}
