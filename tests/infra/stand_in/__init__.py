"""A stand-in for Terraform's provider hashicorp/google: its real schema, and no cloud behind it."""
