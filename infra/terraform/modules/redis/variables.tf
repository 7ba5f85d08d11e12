variable "project_id" {
  description = "The project."
  type        = string
}

variable "region" {
  description = "Where the instance is."
  type        = string
}

variable "network" {
  description = "The network that services are peered into."
  type        = string
}

variable "size" {
  description = "Memory and availability."
  type = object({
    memory_gb         = number
    high_availability = bool
  })
}

variable "readers" {
  description = "Service accounts that connect, by a short name."
  type        = map(string)
}

variable "paused" {
  description = "Whether the instance is gone: Memorystore cannot be stopped. Its panes are rebuilt from Postgres."
  type        = bool
}

variable "kms_key" {
  description = "A Cloud KMS key, or empty."
  type        = string
}
