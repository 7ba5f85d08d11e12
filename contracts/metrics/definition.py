"""What there is to say of a metric."""

from enum import StrEnum

import msgspec

from contracts.topology import Source


class Unit(StrEnum):
    """What a metric's values are. In tables ``BRL`` is integer centavos, in views NUMERIC(14,2)."""

    BRL = "BRL"
    COUNT = "count"
    # 0.25 means 25 %.
    RATIO = "ratio"
    # A mean of counts, such as orders per customer.
    MEAN = "mean"


class Text(msgspec.Struct, frozen=True):
    """One text in the two languages that people read."""

    pt: str
    en: str


class Historical(msgspec.Struct, frozen=True, kw_only=True):
    """How a metric is defined over all of history, and where the batch leaves it.

    ``view`` is the view of the current run in the schema ``metricas``; None until a batch computes it.
    """

    definition: Text
    view: str | None


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One metric. ``number`` is its number among the twelve of the sources, None for those beyond.

    ``live`` is its definition over the windows of the live page; None where there is none.
    """

    id: str
    number: int | None
    name: Text
    unit: Unit
    sources: tuple[Source, ...]
    live: Text | None
    historical: Historical | None
