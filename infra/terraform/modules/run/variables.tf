variable "project_id" {
  description = "The project."
  type        = string
}

variable "project_number" {
  description = "The project's number: IAP's agent is named by it."
  type        = string
}

variable "region" {
  description = "Where everything runs."
  type        = string
}

variable "network" {
  description = "The network and subnet that private addresses are reached through."
  type        = object({ network = string, subnetwork = string })
}

variable "images" {
  description = "The images of ingest, dashboard, simulators and release."
  type        = map(string)
}

variable "accounts" {
  description = "Service accounts of ingest, dashboard, simulators, release and schedule."
  type        = map(string)
}

variable "environment" {
  description = "Plain environment variables of each component."
  type        = map(map(string))
}

variable "secrets" {
  description = "Environment variables of each component that come from secrets: variable to secret."
  type        = map(map(string))
}

variable "files" {
  description = "Files of each component that come from secrets: name of the variable that holds the path, to secret."
  type        = map(map(string))
}

variable "release_token" {
  description = "Changes whenever a release must run again."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]{1,40}$", var.release_token))
    error_message = "release_token must be 1 to 40 lower-case letters and digits: with the job's name it is an execution's."
  }
}

variable "dashboard" {
  description = "Size and access of the dashboard."
  type = object({
    cpu           = string
    memory        = string
    min_instances = number
    max_instances = number
    access        = string
    viewers       = list(string)
  })
}

variable "simulators" {
  description = "Tasks and length of an execution of the simulators."
  type        = object({ tasks = number, duration_seconds = number })
}

variable "deletion_protection" {
  description = "Whether the dashboard and the pool are protected from deletion."
  type        = bool
}

variable "paused" {
  description = "Whether the pool is at 0 and the watch rests."
  type        = bool
}

variable "kms_key" {
  description = "A Cloud KMS key, or empty."
  type        = string
}

variable "ready" {
  description = "What must be there before a component starts: users, topics, cluster, grants."
  type        = list(string)
}
