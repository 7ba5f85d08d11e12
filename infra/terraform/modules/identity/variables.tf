variable "project_id" {
  description = "The project."
  type        = string
}

variable "ready" {
  description = "APIs that must be on first."
  type        = list(string)
}
