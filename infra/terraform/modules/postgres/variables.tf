variable "project_id" {
  description = "The project."
  type        = string
}

variable "region" {
  description = "Where the instance is."
  type        = string
}

variable "name" {
  description = "The instance's name. Google keeps it reserved for a week after a deletion."
  type        = string
}

variable "network" {
  description = "The network that services are peered into."
  type        = string
}

variable "size" {
  description = "Machine, disk, availability and backups."
  type = object({
    tier              = string
    disk_gb           = number
    high_availability = bool
    backups           = number
  })
}

variable "users" {
  description = "Each component's service account as Postgres names it, and the roles that Cloud SQL itself gives it."
  type        = map(object({ name = string, roles = list(string) }))
}

variable "accounts" {
  description = "The same components' service accounts."
  type        = map(string)
}

variable "certificate_readers" {
  description = "Service accounts that check the server's certificate themselves (the bulk reader's), by a short name."
  type        = map(string)
}

variable "deletion_protection" {
  description = "Whether instance and backups are protected from deletion."
  type        = bool
}

variable "paused" {
  description = "Whether the instance is stopped."
  type        = bool
}

variable "kms_key" {
  description = "A Cloud KMS key, or empty."
  type        = string
}

variable "labels" {
  description = "Labels: Cloud SQL's own argument is not reached by the provider's defaults."
  type        = map(string)
}
