"""What Dataproc's errors mean, in one place."""

from collections.abc import Iterator
from contextlib import contextmanager

from google.api_core import exceptions as api

from contracts.errors import TerminalError, TransientError, VitrineError


class DataprocUnavailable(TransientError):
    """Dataproc does not answer, or is not done yet; the same command may work later."""


class DataprocRefused(TerminalError):
    """Dataproc answers and refuses: no permission, no such cluster, no quota."""


class AlreadySubmitted(DataprocRefused):
    """A job of this id is there: somebody else was faster."""


_TRANSIENT = (
    api.ServiceUnavailable,
    api.DeadlineExceeded,
    api.InternalServerError,
    api.Aborted,
    api.Cancelled,
    api.Unknown,
    api.RetryError,
)
# What to do about it, by the kind of refusal.
_ADVICE: tuple[tuple[type[api.GoogleAPICallError], str], ...] = (
    (
        api.PermissionDenied,
        "the account may not do this: terraform apply grants it (infra/terraform/modules/spark/iam.tf)",
    ),
    (api.Unauthenticated, "there are no credentials: gcloud auth application-default login"),
    (api.NotFound, "it is not there: is the stack paused (make resume), or another project or region meant?"),
    (api.ResourceExhausted, "a quota is used up: ask for more under IAM > Quotas, or take smaller machines"),
    (api.FailedPrecondition, "it is not in a state for this: python -m jobs.dataproc streaming status shows it"),
)


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn the client's errors into ``DataprocUnavailable`` (try again) or ``DataprocRefused`` (stop), with advice."""
    try:
        yield
    except VitrineError:
        raise
    except api.AlreadyExists as error:
        raise AlreadySubmitted(f"{doing}: {error.message}") from error
    except _TRANSIENT as error:
        raise DataprocUnavailable(
            f"{doing}: {error.message if isinstance(error, api.GoogleAPICallError) else error}"
        ) from error
    except api.GoogleAPICallError as error:
        advice = next((text for kind, text in _ADVICE if isinstance(error, kind)), "")
        raise DataprocRefused(f"{doing}: {error.message}" + (f"; {advice}" if advice else "")) from error
