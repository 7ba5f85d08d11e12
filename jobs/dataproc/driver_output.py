"""What a job's driver has written: objects in the staging bucket, named by a common beginning."""

from collections.abc import Iterator
from urllib.parse import urlparse

from jobs.dataproc.errors import DataprocRefused, translated


def lines(address: str, project: str) -> Iterator[str]:
    """The lines so far. ``address`` is a job's ``driver_output``; an empty one means that nothing was written.

    Raises ``DataprocUnavailable`` and ``DataprocRefused``.
    """
    from google.cloud import storage

    if not address:
        return
    parsed = urlparse(address)
    if parsed.scheme != "gs":
        raise DataprocRefused(f"{address} is not in a bucket")
    with translated(f"reading {address}"):
        client = storage.Client(project=project)
        for it in client.list_blobs(parsed.netloc, prefix=parsed.path.lstrip("/")):
            yield from it.download_as_bytes().decode("utf-8", "replace").splitlines()
