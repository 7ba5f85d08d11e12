variable "project_id" {
  description = "The project."
  type        = string
}

variable "project_number" {
  description = "The project's number: Pub/Sub's own agent is named by it."
  type        = string
}

variable "region" {
  description = "Where messages are kept."
  type        = string
}

variable "topology" {
  description = "What contracts/topology.yaml says."
  type = object({
    topics = map(object({ retention_seconds = number }))
    subscriptions = map(object({
      topic                = string
      consumer             = string
      ack_deadline_seconds = number
      retention_seconds    = number
      dead_letter          = optional(object({ topic = string, attempts = number }))
      replay_snapshot      = bool
    }))
  })

  validation {
    condition = alltrue([
      for it in values(var.topology.subscriptions) : contains(keys(var.topology.topics), it.topic) &&
      (it.dead_letter == null || contains(keys(var.topology.topics), try(it.dead_letter.topic, "")))
    ])
    error_message = "A subscription of the topology names a topic that is not in it."
  }
}

variable "consumers" {
  description = "The service account of each consumer of the topology."
  type        = map(string)
}

variable "publishers" {
  description = "The service accounts that publish, by topic."
  type        = map(map(string))
}

variable "kms_key" {
  description = "A Cloud KMS key, or empty."
  type        = string
}

variable "ready" {
  description = "APIs that must be on, and agents that must exist, first."
  type        = list(string)
}
