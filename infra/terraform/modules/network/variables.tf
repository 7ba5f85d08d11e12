variable "project_id" {
  description = "The project."
  type        = string
}

variable "region" {
  description = "The subnet's region."
  type        = string
}

variable "ranges" {
  description = "Address ranges of the subnet and of the peered services, and whether there is a NAT."
  type = object({
    subnet_cidr      = string
    services_address = string
    services_prefix  = number
    nat              = bool
  })
}

variable "node_accounts" {
  description = "Service accounts of cluster nodes, between which everything is open."
  type        = list(string)
}

variable "ready" {
  description = "APIs that must be on first."
  type        = list(string)
}
