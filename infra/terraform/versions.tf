terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 8.7"
    }
  }
}

provider "google" {
  project = var.project_id
  region  = var.region
  # Budgets and IAP are billed to a project: without these two their APIs answer 403 to a person's own login.
  user_project_override = true
  billing_project       = var.project_id
  default_labels        = local.labels
}
