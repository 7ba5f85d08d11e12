"""Buckets of Google Cloud Storage, or of what stands for it."""

from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import GoogleAuthError
from google.cloud import storage
from requests.adapters import HTTPAdapter

from contracts.errors import StorageRefused

# Requests under way at once: one takes tens of milliseconds, however small.
PARALLEL = 16
TIMEOUT_SECONDS = 30


def open_bucket(name: str, endpoint: str = "") -> storage.Bucket:
    """A bucket, not asked for yet. ``endpoint`` stands for Google's object store. Raises ``StorageRefused``."""
    if endpoint:
        client = storage.Client(
            project="local", credentials=AnonymousCredentials(), client_options={"api_endpoint": endpoint}
        )
    else:
        try:
            client = storage.Client()
        except GoogleAuthError as error:
            raise StorageRefused(f"the bucket {name} needs Google's credentials: {error}") from error
    # The default keeps ten connections and throws the others away.
    for scheme in ("https://", "http://"):
        client._http.mount(scheme, HTTPAdapter(pool_maxsize=PARALLEL))
    return client.bucket(name)
