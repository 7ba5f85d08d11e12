"""An object store's errors in our words."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from google.api_core.exceptions import GoogleAPICallError, GoogleAPIError, NotFound, PreconditionFailed, RetryError
from google.auth.exceptions import GoogleAuthError, TransportError
from google.cloud.storage import Bucket

from contracts.errors import StorageRefused, StorageUnavailable

_TRANSIENT_CODES = {408, 429}


@contextmanager
def translated(doing: str, bucket: Bucket, setting: str = "VITRINE_STREAMING_SPOOL") -> Iterator[None]:
    """Raises ``StorageUnavailable`` and ``StorageRefused``; lets ``PreconditionFailed`` through.

    A missing object must be caught inside: a ``NotFound`` that comes here is the bucket's, which ``setting`` names.
    """
    try:
        yield
    except PreconditionFailed:
        raise
    except NotFound as error:
        raise StorageRefused(
            f"{doing}: the bucket {bucket.name} does not exist; create it, or name another in {setting}"
        ) from error
    except (RetryError, TransportError, requests.RequestException) as error:
        raise StorageUnavailable(f"{doing} in {bucket.name}: {error}") from error
    except GoogleAPICallError as error:
        is_transient = error.code in _TRANSIENT_CODES or (error.code or 0) >= 500
        kind = StorageUnavailable if is_transient else StorageRefused
        raise kind(f"{doing} in {bucket.name}: {error.message}") from error
    except (GoogleAPIError, GoogleAuthError) as error:
        raise StorageRefused(f"{doing} in {bucket.name}: {error}") from error
