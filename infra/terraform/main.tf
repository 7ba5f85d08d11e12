# Vitrine on Google Cloud. Each module is one thing and says who may do what with it.

locals {
  root      = abspath("${path.module}/../..")
  topology  = yamldecode(file("${local.root}/contracts/topology.yaml"))
  is_prod   = var.environment == "prod"
  labels    = merge({ app = "vitrine", environment = var.environment, managed-by = "terraform" }, var.labels)
  email     = module.identity.emails
  is_single = var.spark.streaming_workers == 0

  producers = { for it in ["transacoes_vendas", "eventos_web", "catalogo_produtos", "dados_clientes"] : it => { simulators = local.email.simulators } }
}

module "project" {
  source = "./modules/project"

  project_id              = var.project_id
  region                  = var.region
  build_account           = local.email.build
  readers                 = { streaming = local.email.streaming, batch = local.email.batch, release = local.email.release }
  kms_key                 = var.kms_key
  builds_kept_days        = var.data_retention.builds_days
  prevent_destroy_of_data = local.is_prod
  source_root             = local.root
  targets                 = ["dashboard", "ingest", "release", "simulators"]
}

module "identity" {
  source = "./modules/identity"

  project_id = var.project_id
  ready      = module.project.ready
}

module "network" {
  source = "./modules/network"

  project_id    = var.project_id
  region        = var.region
  ranges        = var.network
  node_accounts = [local.email.streaming, local.email.batch]
  ready         = module.project.ready
}

module "pubsub" {
  source = "./modules/pubsub"

  project_id     = var.project_id
  project_number = module.project.number
  region         = var.region
  topology       = local.topology
  consumers      = { ingest = local.email.ingest, streaming = local.email.streaming }
  publishers     = merge(local.producers, { rejeitados = { ingest = local.email.ingest } })
  kms_key        = var.kms_key
  ready          = module.project.ready
}

module "postgres" {
  source = "./modules/postgres"

  project_id = var.project_id
  region     = var.region
  name       = "vitrine-${var.generation}"
  network    = module.network.private_network
  size       = var.postgres
  accounts   = { for it in ["batch", "dashboard", "ingest", "release", "simulators", "streaming"] : it => local.email[it] }
  users = {
    batch      = { name = module.identity.database_users.batch, roles = [] }
    dashboard  = { name = module.identity.database_users.dashboard, roles = [] }
    ingest     = { name = module.identity.database_users.ingest, roles = [] }
    release    = { name = module.identity.database_users.release, roles = ["cloudsqlsuperuser"] }
    simulators = { name = module.identity.database_users.simulators, roles = [] }
    streaming  = { name = module.identity.database_users.streaming, roles = [] }
  }
  certificate_readers = { batch = local.email.batch, streaming = local.email.streaming }
  deletion_protection = local.is_prod
  paused              = var.paused
  kms_key             = var.kms_key
  labels              = local.labels
}

module "redis" {
  source = "./modules/redis"

  project_id = var.project_id
  region     = var.region
  network    = module.network.private_network
  size       = var.redis
  readers    = { for it in ["dashboard", "ingest", "release", "streaming"] : it => local.email[it] }
  paused     = var.paused
  kms_key    = var.kms_key
}

module "spark" {
  source = "./modules/spark"

  project_id              = var.project_id
  region                  = var.region
  generation              = var.generation
  subnetwork              = module.network.subnetwork
  size                    = var.spark
  timezone                = var.timezone
  accounts                = { for it in ["streaming", "batch", "release", "schedule"] : it => local.email[it] }
  account_names           = { for it in ["streaming", "batch"] : it => module.identity.names[it] }
  builds_bucket           = module.project.builds_bucket
  wheelhouse              = module.project.wheelhouse
  batch_job               = local.jobs.batch
  batch_parameter         = 1
  logs_kept_days          = var.data_retention.logs_days
  prevent_destroy_of_data = local.is_prod
  paused                  = var.paused
  kms_key                 = var.kms_key
  labels                  = local.labels
  ready                   = module.project.ready
}

module "run" {
  source = "./modules/run"

  project_id     = var.project_id
  project_number = module.project.number
  region         = var.region
  network        = { network = module.network.network, subnetwork = module.network.subnetwork }
  images         = module.project.images
  accounts       = { for it in ["ingest", "dashboard", "simulators", "release", "schedule"] : it => local.email[it] }
  environment    = local.environment
  secrets        = local.secrets
  files          = local.files
  # The revision and all that the streaming job is told: a release runs again when either changes.
  release_token       = substr(sha256(join(" ", [module.project.digest, jsonencode(var.spark), jsonencode(var.postgres), tostring(var.generation), var.timezone, tostring(var.paused)])), 0, 24)
  dashboard           = merge(var.dashboard, { access = var.dashboard_access, viewers = var.dashboard_viewers })
  simulators          = { tasks = var.simulators.tasks, duration_seconds = var.simulators.duration_seconds }
  deletion_protection = local.is_prod
  paused              = var.paused
  kms_key             = var.kms_key
  ready               = concat(module.postgres.ready, module.redis.ready, module.pubsub.ready, module.spark.ready)
}

module "observability" {
  source = "./modules/observability"

  project_id      = var.project_id
  project_number  = module.project.number
  subscriptions   = [for name, it in local.topology.subscriptions : name if it.consumer != "people"]
  dead_letters    = "mensagens_mortas-inspecao"
  rejected_topic  = "rejeitados"
  watcher         = local.email.release
  emails          = var.alert_emails
  billing_account = var.billing_account
  monthly_budget  = var.monthly_budget
  paused          = var.paused
  ready           = concat(module.project.ready, module.pubsub.topics)
}

module "cost" {
  source = "./modules/cost"

  region     = var.region
  paused     = var.paused
  postgres   = var.postgres
  redis      = var.redis
  spark      = var.spark
  dashboard  = var.dashboard
  simulators = var.simulators
}

# A first shop to look at: started once, when there is a job to start. Later ones are started by hand.
resource "terraform_data" "first_simulators" {
  count = var.simulators.start ? 1 : 0

  triggers_replace = [var.project_id, var.generation]

  provisioner "local-exec" {
    command = "gcloud run jobs execute \"$JOB\" --async --quiet --project=\"$PROJECT\" --region=\"$REGION\""
    environment = {
      JOB     = module.run.simulators
      PROJECT = var.project_id
      REGION  = var.region
    }
  }
}

check "dashboard_is_not_public" {
  assert {
    condition     = var.dashboard_access != "public"
    error_message = "dashboard_access = public: everybody on the internet can open the dashboard and see what it shows of customers."
  }
}

check "workers_are_proved" {
  assert {
    condition     = local.is_single
    error_message = "spark.streaming_workers > 0: spool and checkpoint are in a bucket and the code travels to the workers, but nobody has run that on a real cluster yet, and each batch waits for the bucket (docs/deploy.md)."
  }
}
