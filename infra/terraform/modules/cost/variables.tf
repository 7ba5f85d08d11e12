variable "region" {
  description = "The region, whose prices are taken; an unknown one is estimated by the dearest."
  type        = string
}

variable "paused" {
  description = "Whether only what is kept while paused is counted."
  type        = bool
  default     = false
}

variable "postgres" {
  description = "As the root's variable."
  type        = object({ tier = optional(string, "db-custom-1-3840"), disk_gb = optional(number, 20), high_availability = optional(bool, false), backups = optional(number, 7) })
  default     = {}
}

variable "redis" {
  description = "As the root's variable."
  type        = object({ memory_gb = optional(number, 1), high_availability = optional(bool, false) })
  default     = {}
}

variable "spark" {
  description = "As the root's variable."
  type = object({
    streaming_machine_type = optional(string, "e2-standard-4")
    streaming_disk_gb      = optional(number, 50)
    streaming_workers      = optional(number, 0)
    batch_machine_type     = optional(string, "e2-standard-4")
    batch_disk_gb          = optional(number, 50)
  })
  default = {}
}

variable "dashboard" {
  description = "As the root's variable."
  type        = object({ cpu = optional(string, "1"), memory = optional(string, "1Gi"), min_instances = optional(number, 0) })
  default     = {}
}

variable "simulators" {
  description = "As the root's variable."
  type        = object({ tasks = optional(number, 1), rate = optional(number, 20) })
  default     = {}
}

variable "usage" {
  description = "What no size says: hours a day that somebody looks and that the shop is simulated, minutes of a batch with its cluster, size of a message with its attributes, copies of it that are delivered, days of Pub/Sub's storage, GB of images, buckets and logs."
  type = object({
    viewing_hours_a_day    = optional(number, 2)
    simulating_hours_a_day = optional(number, 24)
    batch_minutes_a_day    = optional(number, 20)
    bytes_a_message        = optional(number, 1000)
    deliveries_a_message   = optional(number, 2)
    topic_days             = optional(number, 7)
    images_gb              = optional(number, 8)
    buckets_gb             = optional(number, 5)
    backups_share          = optional(number, 0.5)
  })
  default = {}
}
