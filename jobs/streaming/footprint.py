"""What the processes of the job need not hold."""

import os


def share_native_memory() -> None:
    """Have the processes started from here on take native memory from two places, not from eight a core.

    Each of Java's many threads, RocksDB's among them, would get its own place (glibc's arenas) and give little of
    it back: 250 MB after half an hour. Where somebody has set it, that holds.
    """
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")
