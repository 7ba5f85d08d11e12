"""Whose turn it is to write panes, judged by the fence that every written batch leaves behind."""

import msgspec

from contracts.errors import TerminalError


class Turn(msgspec.Struct, frozen=True):
    """``is_written``: this very batch is in the store already. ``has_lost``: batches before it are not any more."""

    is_written: bool
    has_lost: bool


def turn(fence: bytes | None, generation: int, batch: int) -> Turn:
    """Judge a batch by the store's fence (``generation:batch``, None where there is none).

    Every batch is written before the next one begins, so a fence further back than the batch before says
    that the store lost writes: it was flushed, or came back with older data.

    Raises ``TerminalError`` when a newer generation or a later batch was written.
    """
    last_generation, last = (0, -1) if fence is None else map(int, fence.split(b":"))
    if last_generation > generation:
        raise TerminalError(
            f"generation {last_generation} of the streaming job has taken over from generation "
            f"{generation}: this one must not write any more"
        )
    if last_generation < generation:
        return Turn(is_written=False, has_lost=batch > 0)
    if batch < last:
        raise TerminalError(
            f"batch {batch} comes after batch {last} was written: the checkpoint is older than the live store. "
            "Way out: remove the checkpoint"
        )
    return Turn(is_written=batch == last, has_lost=batch > last + 1)
