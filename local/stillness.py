"""When the messages in the emulator are at rest, and from which difference on they are counted anew."""

from collections.abc import Mapping, Sequence

from contracts.backlog import CONSUMERS, PRODUCER, differences
from contracts.heartbeat import Beat
from contracts.topology import Topology

# No message for this long, on a broker on the same machine, means that none is left.
QUIET_SECONDS = 2.0


def baseline(topology: Topology, beats: Sequence[Beat], republished: Mapping[str, int]) -> dict[str, int]:
    """The difference that means "nothing waits" from now on.

    ``republished`` counts, by topic, messages that the supervisor itself put back.
    """
    return {
        name: difference - republished.get(topology.subscriptions[name].topic, 0)
        for name, difference in differences(topology, beats).items()
    }


def producers_are_still(beats: Sequence[Beat], *, since: float) -> bool:
    """Whether every living producer has said after ``since`` (epoch seconds) that it has paused.

    What it makes meanwhile it keeps (its ``pendentes``) and publishes when the pause is over.
    """
    return all(
        beat.data.get("pausado") is True and beat.updated_at.timestamp() > since
        for beat in beats
        if beat.part == PRODUCER and beat.is_fresh
    )


def consumers_are_idle(beats: Sequence[Beat], *, since: float) -> bool:
    """Whether every living consumer holds nothing and has been given nothing for a while.

    ``since`` (epoch seconds) is when the last message may have been published; what a consumer said
    before its quiet time was over counts for nothing.
    """
    return all(
        not beat.data.get("pendentes")
        and beat.updated_at.timestamp() >= max(since, beat.data.get("ultimo_recebido", 0.0)) + QUIET_SECONDS
        for beat in beats
        if beat.part in CONSUMERS and beat.is_fresh
    )
