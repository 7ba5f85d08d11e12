"""What a checkpoint depends on: a release that differs in it cannot go on with the checkpoint."""

from collections.abc import Mapping

from contracts import panes
from contracts.panes import CONTRIBUTIONS, MEASURES, SKETCHES, Dimension
from jobs.streaming.rows import SPARK_SCHEMA

# Longer values are not worth showing.
_SHORT = 80


def layout(spark_options: Mapping[str, str]) -> dict[str, str]:
    """Name to value of everything that must stay as it was.

    The columns of the source and of the state; what is counted in which pane, as a pane must not be counted
    by two rules; and what Spark fixes with the first batch: a changed number of partitions it would ignore,
    a state of other columns or of another store it would not read.
    """
    return {
        "source columns": SPARK_SCHEMA,
        "pane lengths": "; ".join(f"{it.value}: {', '.join(map(str, panes.lengths(it)))} s" for it in Dimension),
        "measures": ", ".join(MEASURES),
        "sketches": f"{', '.join(SKETCHES)} (lg K {panes.SKETCH_LG_K})",
        "contributions": "; ".join(
            f"{it.kind.name} {it.dimension.value} {it.key} {sorted(it.measures.items())} {it.per_item} {it.sketch}"
            for it in CONTRIBUTIONS
        ),
        "shuffle partitions": spark_options["spark.sql.shuffle.partitions"],
        "state store": spark_options["spark.sql.streaming.stateStore.providerClass"].rpartition(".")[2],
    }


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What differs, one text for each."""
    return [_change(name, before.get(name), now.get(name)) for name in {**before, **now} if _differs(name, before, now)]


def _differs(name: str, before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    return before.get(name) != now.get(name)


def _change(name: str, before: str | None, now: str | None) -> str:
    if before is None or now is None or max(len(before), len(now)) > _SHORT:
        return name
    return f"{name} ({before} before, {now} now)"
