"""What keeps the jobs alive that run on Dataproc: submits, watches, replaces them, and releases new code."""
