variable "project_id" {
  description = "The project."
  type        = string
}

variable "region" {
  description = "Where clusters and buckets are."
  type        = string
}

variable "generation" {
  description = "Part of the custom roles' names, which Google keeps reserved after a deletion."
  type        = number
}

variable "subnetwork" {
  description = "The nodes' subnet."
  type        = string
}

variable "size" {
  description = "Machines, disks, workers and the batch's schedule."
  type = object({
    streaming_machine_type = string
    streaming_disk_gb      = number
    streaming_workers      = number
    batch_machine_type     = string
    batch_disk_gb          = number
    batch_schedule         = string
  })
}

variable "timezone" {
  description = "The schedule's zone."
  type        = string
}

variable "accounts" {
  description = "E-mails of the service accounts: streaming, batch, release, schedule."
  type = object({
    streaming = string
    batch     = string
    release   = string
    schedule  = string
  })
}

variable "account_names" {
  description = "The same service accounts as resources."
  type = object({
    streaming = string
    batch     = string
  })
}

variable "builds_bucket" {
  description = "The bucket that the initialization action is put into."
  type        = string
}

variable "wheelhouse" {
  description = "Where a new node finds its wheels."
  type        = string
}

variable "batch_job" {
  description = "The batch as a job: entry point, archive, and arguments with the parameter at its place."
  type = object({
    main       = string
    archive    = string
    arguments  = list(string)
    properties = map(string)
  })
}

variable "batch_parameter" {
  description = "Position of the argument that says as of which day."
  type        = number
}

variable "logs_kept_days" {
  description = "Days after which what jobs wrote to the staging bucket is deleted."
  type        = number
}

variable "prevent_destroy_of_data" {
  description = "Whether buckets are kept when they hold something."
  type        = bool
}

variable "paused" {
  description = "Whether there is no cluster and no daily batch."
  type        = bool
}

variable "kms_key" {
  description = "A Cloud KMS key, or empty."
  type        = string
}

variable "labels" {
  description = "Labels of the batch's clusters: what a workflow makes is not reached by the provider's defaults."
  type        = map(string)
}

variable "ready" {
  description = "APIs that must be on first."
  type        = list(string)
}
