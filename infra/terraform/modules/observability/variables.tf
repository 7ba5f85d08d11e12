variable "project_id" {
  description = "The project."
  type        = string
}

variable "project_number" {
  description = "The project's number: a budget's filter wants it."
  type        = string
}

variable "subscriptions" {
  description = "Subscriptions of components: what waits in them too long is told."
  type        = list(string)
}

variable "dead_letters" {
  description = "The subscription that holds dead letters."
  type        = string
}

variable "rejected_topic" {
  description = "The topic of rejected events."
  type        = string
}

variable "watcher" {
  description = "E-mail of the service account that writes the metrics."
  type        = string
}

variable "emails" {
  description = "Who is told."
  type        = list(string)
}

variable "billing_account" {
  description = "The billing account for a budget, or empty."
  type        = string
}

variable "monthly_budget" {
  description = "The budget, in whole units of the account's currency."
  type        = number
}

variable "paused" {
  description = "Whether alerts rest: what is stopped on purpose is no incident."
  type        = bool
}

variable "ready" {
  description = "APIs that must be on first."
  type        = list(string)
}
