"""What panes must hold, added up event by event in plain dictionaries.

On purpose it shares nothing with the code it judges but names: neither the contribution table nor the
sharing of totals nor the lives of panes.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import NamedTuple, cast
from uuid import UUID

from datasketches import hll_sketch
from redis import Redis

MEASURES = (
    "bruta", "pedidos", "unidades", "canceladas", "pedidos_cancelados", "pedidos_com_carrinho", "eventos",
    "carrinhos_criados",
)  # fmt: skip
_MINUTES, _HOURS = 60, 3600
_TOTAL_LIVES = {10: 35 * _MINUTES, 60: 50 * _HOURS, 3600: 50 * _HOURS}
_OTHER_LIVES = {60: 3 * _HOURS, 3600: 50 * _HOURS}
# Four standard errors of an HLL sketch with 4,096 registers.
_SKETCH_BOUND = 4 * 1.04 / 64


class Where(NamedTuple):
    """One number's place: a pane and what is counted in it."""

    seconds: int
    start: int
    dimension: str
    key: str

    def __str__(self) -> str:
        start = dt.datetime.fromtimestamp(self.start, dt.UTC).isoformat()
        return f"pane of {self.seconds} s at {start}, {self.dimension} {self.key!r}"


class Difference(NamedTuple):
    """A pane that is not what it must be; measures that are 0 are left out."""

    where: Where
    expected: object
    actual: object

    def __str__(self) -> str:
        return f"{self.where}: expected {self.expected}, found {self.actual}"


class Panes(NamedTuple):
    """What Redis holds: sums, measures that are 0 left out, and how many people its sketches estimate."""

    sums: dict[Where, dict[str, int]]
    people: dict[Where, float]


class Truth:
    """Adds up; ``rows`` counts what the stream has to seal, each sale, cancellation and web event once."""

    def __init__(self) -> None:
        self.rows = 0
        self._sums: dict[Where, dict[str, int]] = {}
        self._people: dict[Where, set[UUID]] = {}

    def sale(
        self, when: int, buyer: UUID, keys: Mapping[str, str], items: Iterable[tuple[UUID, str, int, int]], cart: bool
    ) -> None:
        """Items are (product, category, centavos, units); ``keys`` names payment, UF and segment."""
        self.rows += 1
        bought = list(items)
        centavos, units = sum(it[2] for it in bought), sum(it[3] for it in bought)
        self._add(when, "total", "", bruta=centavos, pedidos=1, unidades=units, pedidos_com_carrinho=int(cart))
        for dimension, key in keys.items():
            self._add(when, dimension, key, bruta=centavos, pedidos=1)
        for product, category, amount, number in bought:
            self._add(when, "produto", product.hex, bruta=amount, unidades=number)
            self._add(when, "categoria", category, bruta=amount, unidades=number)
        self._count(when, "compradores", buyer)

    def cancellation(self, when: int, keys: Mapping[str, str], centavos: int) -> None:
        """An order's cancellation."""
        self.rows += 1
        for dimension, key in {"total": "", **keys}.items():
            self._add(when, dimension, key, canceladas=centavos, pedidos_cancelados=1)

    def web_event(self, when: int, kind: str, session: UUID) -> None:
        """A web event."""
        self.rows += 1
        self._add(when, "total", "", eventos=1, carrinhos_criados=int(kind == "carrinho_criado"))
        self._add(when, "tipo_evento", kind, eventos=1)
        self._count(when, "visitantes", session)

    def sums(self, now: float) -> dict[Where, dict[str, int]]:
        """What is kept at ``now``, measures that are 0 left out."""
        return {
            where: {name: value for name, value in values.items() if value}
            for where, values in self._sums.items()
            if _is_kept(where, now)
        }

    def people(self, now: float) -> dict[Where, int]:
        """How many different buyers and visitors there were, by sketch."""
        return {where: len(it) for where, it in self._people.items() if _is_kept(where, now)}

    def _add(self, when: int, dimension: str, key: str, **measures: int) -> None:
        for seconds in _TOTAL_LIVES if dimension == "total" else _OTHER_LIVES:
            sums = self._sums.setdefault(Where(seconds, when - when % seconds, dimension, key), {})
            for name, value in measures.items():
                sums[name] = sums.get(name, 0) + value

    def _count(self, when: int, sketch: str, person: UUID) -> None:
        for seconds in _TOTAL_LIVES:
            self._people.setdefault(Where(seconds, when - when % seconds, "sketch", sketch), set()).add(person)


def differences(panes: Panes, truth: Truth, *, since: int, now: float) -> list[Difference]:
    """Where the panes that start ``since`` then differ from the truth: what is missing, wrong, or should not be."""
    sums, people = truth.sums(now), truth.people(now)
    found = {where: it for where, it in panes.sums.items() if where.start >= since}
    counted = {where: it for where, it in panes.people.items() if where.start >= since}
    wrong = [
        Difference(it, sums.get(it), found.get(it))
        for it in sums.keys() | found.keys()
        if sums.get(it) != found.get(it)
    ]
    wrong += [
        Difference(it, people.get(it), counted.get(it))
        for it in people.keys() | counted.keys()
        if abs(people.get(it, 0) - counted.get(it, 0)) > max(0.5, _SKETCH_BOUND * people.get(it, 0))
    ]
    return sorted(wrong, key=lambda it: it.where)


def read(redis: Redis) -> Panes:
    """All panes there are, with their sketches' estimates."""
    sums: dict[Where, dict[str, int]] = {}
    people: dict[Where, float] = {}
    names = cast("list[bytes]", list(redis.scan_iter("vitrine:1:pane:*", count=1000)))
    pipeline = redis.pipeline(transaction=False)
    for name in names:
        pipeline.hgetall(name)
    for name, pane in zip(names, cast("list[dict[bytes, bytes]]", pipeline.execute()), strict=True):
        _, _, _, seconds, start, dimension = name.decode().split(":")
        for key, value in pane.items():
            where = Where(int(seconds), int(start), dimension, key.decode())
            if dimension == "sketch":
                people[where] = hll_sketch.deserialize(value).get_estimate()
            else:
                numbers = zip(MEASURES, map(int, value.split(b",")), strict=True)
                sums[where] = {measure: number for measure, number in numbers if number}
    return Panes(sums, people)


def _is_kept(where: Where, now: float) -> bool:
    lives = _TOTAL_LIVES if where.dimension in ("total", "sketch") else _OTHER_LIVES
    return where.start + lives[where.seconds] > now
