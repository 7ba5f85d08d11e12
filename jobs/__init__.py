"""The four jobs: ingest, streaming, batch and reconcile. None imports another."""
