"""States of a real Redis that tests put it into."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis


@contextmanager
def unable_to_save(client: Redis) -> Iterator[None]:
    """While it lasts, Redis cannot save to its disk and so refuses writes: a folder is where its file belongs."""
    folder = Path(client.config_get("dir")["dir"]) / client.config_get("dbfilename")["dbfilename"]
    (folder / "in the way").mkdir(parents=True)
    client.config_set("save", "3600 1")
    try:
        _save(client, "err")
        yield
    finally:
        shutil.rmtree(folder)
        _save(client, "ok")
        client.config_set("save", "")
        folder.unlink()


def _save(client: Redis, status: str) -> None:
    """Save in the background, and wait until that has ended so."""
    client.bgsave()
    deadline = time.monotonic() + 60
    while True:
        seen = client.info("persistence")
        if not seen["rdb_bgsave_in_progress"]:
            break
        assert time.monotonic() < deadline, seen
        time.sleep(0.02)
    assert seen["rdb_last_bgsave_status"] == status
