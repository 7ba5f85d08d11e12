"""Whether this release can go on with the spool and the checkpoint it finds: judged before Spark starts."""

from collections.abc import Mapping

from contracts.errors import TerminalError, UsageError
from jobs.streaming import generation as generations
from jobs.streaming import layout as layouts
from jobs.streaming.checkpoint import Checkpoint
from jobs.streaming.spool import Spool

_REBUILT = "the next start makes them anew, and has the panes rebuilt from Postgres"


def require_resumable(checkpoint: Checkpoint, spool: Spool, layout: Mapping[str, str]) -> None:
    """Refuse what cannot be resumed, with the way out. Writes nothing.

    Raises ``UsageError`` when the spool or the checkpoint is of a release of another layout (see ``layouts``),
    ``TerminalError`` when the two do not belong together or the spool is damaged, and the errors of their stores.
    """
    difference = spool.difference()
    if difference:
        raise UsageError(
            f"the spool {spool.location} holds rows of another release: {difference}. Way out: remove it and the "
            f"streaming checkpoint {checkpoint.location}; {_REBUILT}"
        )
    head = spool.head()
    if not checkpoint.exists():
        return
    noted = generations.noted(checkpoint)
    # What a release that kept no layout counted by is none that this one knows: Spark would end with words of its own.
    changed = (layouts.changes(noted.layout, layout) if noted.layout else ["it notes no layout"]) if noted else []
    if changed:
        raise UsageError(
            f"the streaming checkpoint {checkpoint.location} is of a release that counts differently: "
            f"{'; '.join(changed)}. Way out: remove it; {_REBUILT}"
        )
    end = checkpoint.end()
    if end is not None:
        try:
            spool.require(end, head)
        except TerminalError as problem:
            raise TerminalError(f"{problem}. The checkpoint is {checkpoint.location}") from None
