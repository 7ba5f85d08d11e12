# Small, inside a new project's quotas, and destroyed without a question: the defaults.
environment = "dev"
