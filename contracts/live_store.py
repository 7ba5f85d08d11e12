"""The one place that opens a connection to Redis, names our part of it, and says what a failure means."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import redis
import redis.exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from contracts.errors import LiveStoreRefused, LiveStoreUnavailable
from contracts.settings import Settings

# Every key of ours begins with it; the number is that of the layout.
PREFIX = "vitrine:1:"

# Loading its data, out of memory, running a script, without its primary, unable to save to its disk.
# In a transaction the client puts words of its own before them.
_TRANSIENT = re.compile(r"(?:^|of pipeline caused error: )(?:LOADING|OOM|BUSY|MASTERDOWN|MISCONF)\b")
# The same, and a replica that a failover has not made the primary yet; the client takes their codes off.
_TRANSIENT_KINDS = (redis.exceptions.OutOfMemoryError, redis.exceptions.ReadOnlyError)


def connect(settings: Settings, *, timeout_seconds: float = 5) -> redis.Redis:
    """A client that answers bytes and connects when first used. Calls belong inside ``translated``."""
    return redis.Redis(
        host=settings.redis_host,
        port=settings.redis_port,
        password=settings.redis_password.get_secret_value() or None,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        # A call that failed is ours to repeat: the library's own retries would hide an outage.
        retry=Retry(NoBackoff(), 0),
        ssl=settings.redis_tls,
        ssl_ca_certs=str(settings.redis_ca_certificates) if settings.redis_ca_certificates else None,
        # Memorystore's certificate names an address only; trust is in the instance's own authority.
        ssl_check_hostname=False,
    )


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn the client's errors into ``LiveStoreUnavailable`` (try again) or ``LiveStoreRefused`` (stop)."""
    try:
        yield
    except (redis.AuthenticationError, redis.exceptions.NoPermissionError) as error:
        raise LiveStoreRefused(f"{doing}: {error}") from error
    except (redis.ConnectionError, redis.TimeoutError, redis.BusyLoadingError, OSError) as error:
        raise LiveStoreUnavailable(f"{doing}: {error}") from error
    except redis.ResponseError as error:
        text = str(error)
        transient = isinstance(error, _TRANSIENT_KINDS) or _TRANSIENT.search(text) is not None
        kind = LiveStoreUnavailable if transient else LiveStoreRefused
        raise kind(f"{doing}: {text}") from error
