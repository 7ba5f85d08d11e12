variable "project_id" {
  description = "The project."
  type        = string
}

variable "region" {
  description = "Where images and builds are kept."
  type        = string
}

variable "build_account" {
  description = "E-mail of the service account that builds."
  type        = string
}

variable "readers" {
  description = "Service accounts whose images are pulled with their own identity, by a short name."
  type        = map(string)
}

variable "kms_key" {
  description = "A Cloud KMS key, or empty."
  type        = string
}

variable "builds_kept_days" {
  description = "Days after which what old builds left is deleted."
  type        = number
}

variable "prevent_destroy_of_data" {
  description = "Whether the bucket is kept when it holds something."
  type        = bool
}

variable "source_root" {
  description = "Folder of the checkout that is built."
  type        = string
}

variable "sources" {
  description = "Files that images and archives are made of, as globs below source_root."
  type        = list(string)
  default = [
    ".dockerignore", "Dockerfile", "LICENSE", "README.md", "pyproject.toml", "requirements.lock",
    "{contracts,dashboard,jobs,local,simulators}/**/*.{py,yaml,sql,json,js,css,svg,properties}",
    "infra/packaging/*",
  ]
}

variable "targets" {
  description = "Targets of the Dockerfile that get an image."
  type        = set(string)
}
