"""Panes: what one live row contributes to, and how long panes are and live.

A live row is a sale, a cancellation or a web event, typed and final. This table is read by the
streaming job (as a Spark query), by whoever recomputes panes from Postgres, and by the reconciliation.
"""

import datetime as dt
from enum import IntEnum, StrEnum
from typing import Literal

from msgspec import Struct


class RowKind(IntEnum):
    """What a live row is."""

    SALE = 0
    CANCELLATION = 1
    WEB_EVENT = 2


class Dimension(StrEnum):
    """What panes are broken down by.

    ``TOTAL`` has the one key ``""``; a product's key is its field of ``contracts.dimensions``.
    """

    TOTAL = "total"
    EVENT_TYPE = "tipo_evento"
    PAYMENT = "metodo_pagamento"
    PRODUCT = "produto"
    CATEGORY = "categoria"
    UF = "uf"
    SEGMENT = "segmento"


class Measures(Struct, frozen=True):
    """What a pane adds up for one key. Money is centavos."""

    bruta: int = 0
    pedidos: int = 0
    unidades: int = 0
    canceladas: int = 0
    pedidos_cancelados: int = 0
    pedidos_com_carrinho: int = 0
    eventos: int = 0
    carrinhos_criados: int = 0

    def __add__(self, other: "Measures") -> "Measures":
        return Measures(
            self.bruta + other.bruta,
            self.pedidos + other.pedidos,
            self.unidades + other.unidades,
            self.canceladas + other.canceladas,
            self.pedidos_cancelados + other.pedidos_cancelados,
            self.pedidos_com_carrinho + other.pedidos_com_carrinho,
            self.eventos + other.eventos,
            self.carrinhos_criados + other.carrinhos_criados,
        )


MEASURES: tuple[str, ...] = Measures.__struct_fields__

# Distinct counts, kept for the totals only. Source: Apache DataSketches HLL, lg K 12, whose relative
# standard error is 1.04 / sqrt(2^12) = 1.6 %.
SKETCH_LG_K = 12
SKETCH_STANDARD_ERROR = 0.01625
Sketch = Literal["compradores", "visitantes"]
SKETCHES: tuple[Sketch, ...] = ("compradores", "visitantes")


class Contribution(Struct, frozen=True, kw_only=True):
    """To which key of a dimension rows of one kind add, and which row column feeds each measure.

    ``key`` is a column of the row, or of each of its items where ``per_item``; ``""`` is the total's
    key. A measure's column ``"1"`` counts rows. ``sketch`` takes the row's ``pessoa``.
    """

    kind: RowKind
    dimension: Dimension
    key: str
    measures: dict[str, str]
    per_item: bool = False
    sketch: Sketch | None = None


_SALE = {"bruta": "centavos", "pedidos": "1"}
_CANCELLATION = {"canceladas": "centavos", "pedidos_cancelados": "1"}
_ITEM = {"bruta": "centavos", "unidades": "unidades"}

CONTRIBUTIONS: tuple[Contribution, ...] = (
    Contribution(
        kind=RowKind.SALE,
        dimension=Dimension.TOTAL,
        key="",
        measures={**_SALE, "unidades": "unidades", "pedidos_com_carrinho": "carrinho"},
        sketch="compradores",
    ),
    Contribution(kind=RowKind.SALE, dimension=Dimension.PAYMENT, key="metodo_pagamento", measures=_SALE),
    Contribution(kind=RowKind.SALE, dimension=Dimension.UF, key="uf", measures=_SALE),
    Contribution(kind=RowKind.SALE, dimension=Dimension.SEGMENT, key="segmento", measures=_SALE),
    Contribution(kind=RowKind.SALE, dimension=Dimension.PRODUCT, key="produto", measures=_ITEM, per_item=True),
    Contribution(kind=RowKind.SALE, dimension=Dimension.CATEGORY, key="categoria", measures=_ITEM, per_item=True),
    Contribution(kind=RowKind.CANCELLATION, dimension=Dimension.TOTAL, key="", measures=_CANCELLATION),
    Contribution(
        kind=RowKind.CANCELLATION, dimension=Dimension.PAYMENT, key="metodo_pagamento", measures=_CANCELLATION
    ),
    Contribution(kind=RowKind.CANCELLATION, dimension=Dimension.UF, key="uf", measures=_CANCELLATION),
    Contribution(kind=RowKind.CANCELLATION, dimension=Dimension.SEGMENT, key="segmento", measures=_CANCELLATION),
    Contribution(
        kind=RowKind.WEB_EVENT,
        dimension=Dimension.TOTAL,
        key="",
        # Counted here and not only by type: conversion needs carts and orders over one span.
        measures={"eventos": "1", "carrinhos_criados": "carrinho"},
        sketch="visitantes",
    ),
    Contribution(kind=RowKind.WEB_EVENT, dimension=Dimension.EVENT_TYPE, key="tipo_evento", measures={"eventos": "1"}),
)

# Where a product or customer is not known when its order arrives.
UNKNOWN = "desconhecido"

TEN_SECONDS, MINUTE, HOUR = 10, 60, 3600
_MINUTES, _HOURS = 60, 3600

# (pane seconds, totals?) -> how long a pane is kept after its start, in seconds: what the windows
# read, twice (the previous window), and some room.
_LIVES = {
    (TEN_SECONDS, True): 35 * _MINUTES,
    (MINUTE, True): 50 * _HOURS,
    (MINUTE, False): 3 * _HOURS,
    (HOUR, True): 50 * _HOURS,
    (HOUR, False): 50 * _HOURS,
}

# An hour is read minute by minute until it ended this long ago: its own pane may lack what came before
# a new checkpoint, which is put right from Postgres once the hour is closed (``settings`` checks that).
HOUR_SETTLES_SECONDS = 40 * _MINUTES


def lengths(dimension: Dimension) -> tuple[int, ...]:
    """The lengths in seconds of the panes that a dimension has."""
    return tuple(seconds for seconds, total in _LIVES if total == (dimension is Dimension.TOTAL))


def life(seconds: int, dimension: Dimension) -> int:
    """How many seconds after its start a pane is kept."""
    return _LIVES[seconds, dimension is Dimension.TOTAL]


def start_of(moment: dt.datetime, seconds: int) -> int:
    """The start, in epoch seconds, of the pane of this length that holds ``moment``."""
    epoch = int(moment.timestamp())
    return epoch - epoch % seconds


def kept_dimensions(seconds: int, start: int, now: float) -> list[Dimension]:
    """The dimensions in which the pane is there at ``now`` (epoch seconds)."""
    return [it for it in Dimension if seconds in lengths(it) and start + life(seconds, it) > now]
