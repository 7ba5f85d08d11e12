variable "project_id" {
  description = "The project."
  type        = string
}

variable "region" {
  description = "Where the job runs."
  type        = string
}

variable "name" {
  description = "What the job is called, without the prefix."
  type        = string
}

variable "component" {
  description = "Whose code it is: image, service account, plain variables, variables from secrets (variable to secret), and files from secrets (secret to folder)."
  type = object({
    image       = string
    account     = string
    environment = map(string)
    secrets     = map(string)
    mounts      = map(string)
  })
}

variable "args" {
  description = "The module that Python runs, and its arguments."
  type        = list(string)
}

variable "network" {
  description = "The network and subnet that private addresses are reached through."
  type        = object({ network = string, subnetwork = string })
}

variable "cpu" {
  description = "Processors of a task."
  type        = string
  default     = "1"
}

variable "memory" {
  description = "Memory of a task; files that it writes are memory too."
  type        = string
  default     = "512Mi"
}

variable "tasks" {
  description = "How many tasks run side by side; null for Cloud Run's own one."
  type        = number
  default     = null
}

variable "timeout_seconds" {
  description = "When a task is ended. Cloud Run's own default is ten minutes."
  type        = number
}

variable "max_retries" {
  description = "How often a task that failed is started again."
  type        = number
}

variable "run_token" {
  description = "Changes whenever Terraform must run the job itself; null where others start it."
  type        = string
  default     = null
}

variable "kms_key" {
  description = "A Cloud KMS key, or null."
  type        = string
  default     = null
}

variable "ready" {
  description = "What must be there before the job runs."
  type        = list(string)
}
