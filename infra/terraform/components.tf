# What each component is told: contracts/settings.py names every variable.

locals {
  common = {
    VITRINE_PROJECT_ID = var.project_id
    VITRINE_LOG_FORMAT = "json"
    VITRINE_TIMEZONE   = var.timezone
  }
  database = { for component, user in module.identity.database_users : component => {
    VITRINE_POSTGRES_INSTANCE = module.postgres.connection_name
    VITRINE_POSTGRES_DATABASE = "vitrine"
    VITRINE_POSTGRES_USER     = user
  } }
  # The bulk reader speaks libpq, which knows no connector: an address, and the instance's own authority.
  bulk       = { VITRINE_POSTGRES_HOST = module.postgres.private_address }
  bulk_files = { VITRINE_POSTGRES_ROOT_CERTIFICATE = module.postgres.certificate_secret }

  redis = {
    VITRINE_REDIS_HOST = module.redis.host
    VITRINE_REDIS_PORT = tostring(module.redis.port)
    VITRINE_REDIS_TLS  = "true"
  }
  redis_secrets = { VITRINE_REDIS_PASSWORD = module.redis.password_secret }
  redis_files   = { VITRINE_REDIS_CA_CERTIFICATES = module.redis.certificate_secret }

  shop = {
    VITRINE_SIMULATORS_RATE = tostring(var.simulators.rate)
    VITRINE_HISTORY_DAYS    = tostring(var.simulators.history_days)
  }

  environment = {
    ingest     = merge(local.common, local.database.ingest, local.redis, { VITRINE_PULL_REQUESTS = "4" })
    dashboard  = merge(local.common, local.database.dashboard, local.redis)
    simulators = merge(local.common, local.database.simulators, local.shop)
    release    = merge(local.common, local.database.release, local.redis, local.shop, { DEPLOYMENT = jsonencode(local.deployment) })
  }
  secrets = {
    ingest     = local.redis_secrets
    dashboard  = merge(local.redis_secrets, { STREAMLIT_SERVER_COOKIE_SECRET = "vitrine-dashboard-cookie" })
    simulators = {}
    release    = local.redis_secrets
  }
  files = {
    ingest     = local.redis_files
    dashboard  = local.redis_files
    simulators = {}
    release    = local.redis_files
  }

  # A job on a cluster is told the same by its arguments: jobs/dataproc/entry.py reads them. Secrets travel by name.
  spark_common = [
    "--lock", module.project.lock,
    "--revision", module.project.digest,
    "--project", var.project_id,
    # Names without a scheme are this machine's files, as on a laptop; Dataproc would put them into HDFS.
    "--conf", "spark.hadoop.fs.defaultFS=file:///",
    # A stream's event log would grow for ever.
    "--conf", "spark.eventLog.enabled=false",
  ]
  told = {
    streaming = merge(local.common, local.database.streaming, local.bulk, local.redis, {
      VITRINE_PULL_REQUESTS           = "4"
      VITRINE_STREAMING_FOLDER        = "/var/lib/vitrine/streaming"
      VITRINE_STREAMING_MASTER        = local.is_single ? "local[*]" : "yarn"
      VITRINE_STREAMING_DRIVER_MEMORY = "3g"
      }, local.is_single ? {} : {
      VITRINE_STREAMING_SPOOL      = module.spark.spool
      VITRINE_STREAMING_CHECKPOINT = module.spark.checkpoint
    })
    batch = merge(local.common, local.database.batch, local.bulk, {
      VITRINE_LOCAL_FOLDER        = "/var/lib/vitrine"
      VITRINE_BATCH_MASTER        = "local[*]"
      VITRINE_BATCH_DRIVER_MEMORY = "6g"
    })
  }
  # Secrets by name and not from the modules that make them: jobs are described before those exist.
  told_secrets = {
    streaming = { VITRINE_REDIS_PASSWORD = "vitrine-redis-auth" }
    batch     = {}
  }
  told_files = {
    streaming = { VITRINE_REDIS_CA_CERTIFICATES = "vitrine-redis-ca", VITRINE_POSTGRES_ROOT_CERTIFICATE = "vitrine-postgres-ca" }
    batch     = { VITRINE_POSTGRES_ROOT_CERTIFICATE = "vitrine-postgres-ca" }
  }
  arguments = { for it in ["streaming", "batch"] : it => concat(
    local.spark_common,
    flatten([for name, value in local.told[it] : ["--set", "${name}=${value}"]]),
    flatten([for name, secret in local.told_secrets[it] : ["--secret", "${name}=${secret}"]]),
    flatten([for name, secret in local.told_files[it] : ["--file", "${name}=${secret}"]]),
  ) }

  jobs = {
    streaming = {
      main       = "${module.project.code}/entry.py"
      archive    = "${module.project.code}/vitrine.zip"
      arguments  = concat(local.arguments.streaming, ["--", "jobs.streaming", "run"])
      properties = { "spark.driver.memory" = "512m" }
    }
    batch = {
      main    = "${module.project.code}/entry.py"
      archive = "${module.project.code}/vitrine.zip"
      # The day comes first, where the workflow's parameter can name it by its position.
      arguments  = concat(["--as-of", "now"], local.arguments.batch, ["--", "jobs.batch", "run"])
      properties = { "spark.driver.memory" = "512m" }
    }
  }

  # What jobs.dataproc is told: where to submit what, and who is who in Postgres.
  deployment = {
    project  = var.project_id
    region   = var.region
    cluster  = module.spark.cluster
    template = module.spark.template
    job      = local.jobs.streaming
    users    = module.identity.database_users
  }
}
