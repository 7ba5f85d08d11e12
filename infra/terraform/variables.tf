# Where

variable "project_id" {
  description = "The Google Cloud project that gets everything. It must exist and have billing."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id must be a project's id: 6 to 30 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "region" {
  description = "The region of everything. us-central1 is among the cheapest; southamerica-east1 is nearest to Brazil and costs about a third more."
  type        = string
  default     = "us-central1"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region must be a region such as us-central1 or southamerica-east1, not a zone."
  }
}

variable "environment" {
  description = "dev: small, and may be destroyed. prod: data is protected from deletion, and the dashboard may not be public."
  type        = string
  default     = "dev"

  validation {
    condition     = contains(["dev", "prod"], var.environment)
    error_message = "environment must be dev or prod."
  }
}

variable "generation" {
  description = "Part of the names that Google Cloud keeps reserved after a deletion (a Cloud SQL instance's for a week, a custom role's for a month). Raise it to deploy anew before that."
  type        = number
  default     = 1

  validation {
    condition     = var.generation >= 1 && floor(var.generation) == var.generation
    error_message = "generation must be a whole number from 1."
  }
}

variable "labels" {
  description = "Labels on everything that takes labels, beside the project's own (app, environment, managed-by)."
  type        = map(string)
  default     = {}
}

variable "paused" {
  description = "Keep the data and pay for little else: no cluster, no Memorystore, pools at 0, Cloud SQL stopped, schedules paused. `make pause` drains before it sets this."
  type        = bool
  default     = false
}

variable "kms_key" {
  description = "A Cloud KMS key (projects/P/locations/REGION/keyRings/R/cryptoKeys/K) for database, topics, buckets, images, disks and Redis. Empty: Google's own keys."
  type        = string
  default     = ""

  validation {
    condition     = var.kms_key == "" || can(regex("^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$", var.kms_key))
    error_message = "kms_key must be empty or projects/P/locations/REGION/keyRings/R/cryptoKeys/K."
  }
}

# Network

variable "network" {
  description = "Address ranges: the subnet of nodes and Cloud Run (direct VPC egress takes whole blocks of 16 addresses), and the range that Cloud SQL and Memorystore are peered into."
  type = object({
    subnet_cidr      = optional(string, "10.20.0.0/22")
    services_address = optional(string, "10.24.0.0")
    services_prefix  = optional(number, 20)
    nat              = optional(bool, false)
  })
  default = {}

  validation {
    condition     = can(cidrhost(var.network.subnet_cidr, 0)) && try(tonumber(split("/", var.network.subnet_cidr)[1]) <= 26, false)
    error_message = "network.subnet_cidr must be a range of at least 64 addresses such as 10.20.0.0/22: direct VPC egress wants /26 or larger."
  }
  validation {
    condition     = can(cidrhost("${var.network.services_address}/${var.network.services_prefix}", 0)) && var.network.services_prefix <= 24
    error_message = "network.services_address and services_prefix must be a range of at least 256 addresses: Cloud SQL takes a /24 of its own."
  }
}

# Sizes

variable "postgres" {
  description = "Cloud SQL: machine tier, disk, whether a standby in another zone takes over, days of backups."
  type = object({
    tier              = optional(string, "db-custom-1-3840")
    disk_gb           = optional(number, 20)
    high_availability = optional(bool, false)
    backups           = optional(number, 7)
  })
  default = {}

  validation {
    condition     = can(regex("^db-(custom-[0-9]+-[0-9]+|perf-optimized-N-[0-9]+|f1-micro|g1-small)$", var.postgres.tier))
    error_message = "postgres.tier must be a Cloud SQL tier such as db-custom-1-3840."
  }
  validation {
    condition     = var.postgres.disk_gb >= 10 && var.postgres.backups >= 1 && var.postgres.backups <= 365
    error_message = "postgres.disk_gb must be at least 10, postgres.backups 1 to 365."
  }
}

variable "redis" {
  description = "Memorystore: memory, and whether a replica in another zone takes over."
  type = object({
    memory_gb         = optional(number, 1)
    high_availability = optional(bool, false)
  })
  default = {}

  validation {
    condition     = var.redis.memory_gb >= 1 && var.redis.memory_gb <= 300 && floor(var.redis.memory_gb) == var.redis.memory_gb
    error_message = "redis.memory_gb must be a whole number from 1 to 300."
  }
}

variable "spark" {
  description = "Machines of the streaming cluster (there all the time) and of the batch's (for the minutes of its run). Without workers a single node keeps spool and checkpoint on its disk; with at least two both are in a bucket, which costs each batch some requests' time."
  type = object({
    streaming_machine_type = optional(string, "e2-standard-4")
    streaming_disk_gb      = optional(number, 50)
    streaming_workers      = optional(number, 0)
    batch_machine_type     = optional(string, "e2-standard-4")
    batch_disk_gb          = optional(number, 50)
    batch_schedule         = optional(string, "15 4 * * *")
  })
  default = {}

  validation {
    condition     = var.spark.streaming_workers == 0 || var.spark.streaming_workers >= 2
    error_message = "spark.streaming_workers must be 0 (a single node) or at least 2, as Dataproc demands."
  }
  validation {
    condition     = min(var.spark.streaming_disk_gb, var.spark.batch_disk_gb) >= 30
    error_message = "spark.streaming_disk_gb and batch_disk_gb must be at least 30: the image alone takes most of 30 GB."
  }
}

variable "dashboard" {
  description = "Instances of the dashboard: one in dev, since a viewer's two connections must reach the same one."
  type = object({
    cpu           = optional(string, "1")
    memory        = optional(string, "1Gi")
    min_instances = optional(number, 0)
    max_instances = optional(number, 1)
  })
  default = {}

  validation {
    condition     = var.dashboard.min_instances <= var.dashboard.max_instances && var.dashboard.max_instances >= 1
    error_message = "dashboard.max_instances must be at least 1 and at least min_instances."
  }
}

variable "simulators" {
  description = "The shop's simulators: parallel tasks, messages a second over all of them, how long one execution plays, days of history before it, and whether the first deployment starts one."
  type = object({
    tasks            = optional(number, 1)
    rate             = optional(number, 20)
    duration_seconds = optional(number, 86400)
    history_days     = optional(number, 120)
    start            = optional(bool, true)
  })
  default = {}

  validation {
    condition     = var.simulators.tasks >= 1 && var.simulators.tasks <= 64
    error_message = "simulators.tasks must be 1 to 64: the shop has 64 shards."
  }
  validation {
    condition     = var.simulators.duration_seconds >= 60 && var.simulators.duration_seconds <= 604800
    error_message = "simulators.duration_seconds must be 60 to 604800: a task of Cloud Run ends after seven days."
  }
}

variable "timezone" {
  description = "The zone in which days, weeks and months are reported, and in which the batch's schedule is read."
  type        = string
  default     = "America/Sao_Paulo"
}

variable "data_retention" {
  description = "How long storage keeps what nobody needs any more: old builds (the newest ten stay), Spark's logs and temporary files."
  type = object({
    builds_days = optional(number, 30)
    logs_days   = optional(number, 14)
  })
  default = {}
}

# Access

variable "dashboard_access" {
  description = "Who may open the dashboard. iam: principals of dashboard_viewers through a proxy. iap: the same through a login page. public: everybody."
  type        = string
  default     = "iam"

  validation {
    condition     = contains(["iam", "iap", "public"], var.dashboard_access)
    error_message = "dashboard_access must be iam, iap or public."
  }
  validation {
    condition     = !(var.dashboard_access == "public" && var.environment == "prod")
    error_message = "dashboard_access = public is refused in prod: the dashboard shows customers' data. Use iam or iap."
  }
}

variable "dashboard_viewers" {
  description = "Principals who may open the dashboard: user:, group:, serviceAccount: or domain: and a name."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for it in var.dashboard_viewers : can(regex("^(user|group|serviceAccount|domain):[^ ]+$", it))])
    error_message = "dashboard_viewers must be principals such as user:ana@example.com; allUsers and allAuthenticatedUsers are asked for by dashboard_access = public only."
  }
}

# Watching

variable "alert_emails" {
  description = "Who is told when something is wrong. Empty: alerts are shown in Cloud Monitoring only."
  type        = list(string)
  default     = []
}

variable "billing_account" {
  description = "The billing account (XXXXXX-XXXXXX-XXXXXX) for a budget. Empty: no budget."
  type        = string
  default     = ""

  validation {
    condition     = var.billing_account == "" || can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.billing_account))
    error_message = "billing_account must be empty or of the form 0X0X0X-0X0X0X-0X0X0X."
  }
}

variable "monthly_budget" {
  description = "The budget's amount, in whole units of the billing account's currency; needs billing_account. The default is a little above the estimate in US dollars: name your own where the account's currency is another."
  type        = number
  default     = 400
}
