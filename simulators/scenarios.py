"""What the shop may go through, and the log of it that every process follows.

A scenario begins and ends at moments of the shop's clock, so that the same log gives the same events
wherever and whenever it is played.
"""

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import msgspec

from contracts.errors import UsageError
from simulators.moments import to_datetime, to_microseconds


class Kind(StrEnum):
    """The scenarios there are."""

    NORMAL = "normal"
    BLACK_FRIDAY = "black-friday"
    FLASH_SALE = "flash-sale"
    BOTS = "bots"
    STOCK_OUT = "stock-out"
    PAYMENT_OUTAGE = "payment-outage"
    QUIET = "quiet"


class About(msgspec.Struct, frozen=True):
    """What a scenario does, what its strength means, and which strengths it takes."""

    does: str
    strength: str
    default: float
    least: float
    most: float


ABOUT: dict[Kind, About] = {
    Kind.NORMAL: About("ends the scenario in force", "-", 1, 1, 1),
    Kind.BLACK_FRIDAY: About("more visitors, who behave as ever", "times as many (2, 4 or 8 are usual)", 4, 1, 20),
    Kind.FLASH_SALE: About(
        "one product at a discount, which many look at and buy; its price is told at begin and end",
        "per cent off",
        40,
        5,
        90,
    ),
    Kind.BOTS: About(
        "sessions that only look at products, marked in the ledger alone",
        "bots' messages per shoppers' one",
        1,
        0.05,
        10,
    ),
    Kind.STOCK_OUT: About("the most popular products run out: looked at, not bought", "how many products", 10, 1, 1000),
    Kind.PAYMENT_OUTAGE: About("checkouts fail: begun, never paid; some try again later", "-", 1, 1, 1),
    Kind.QUIET: About("hardly anybody comes", "share of the usual visitors", 0.1, 0.001, 1),
}
# Of a flash sale's visitors, those who came for its product.
FLASH_SALE_VISITORS = 0.35
# Where no product is named, one of these ranks of popularity is put on sale.
FLASH_SALE_RANKS = (4, 40)


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario in force from ``begin`` until ``end`` (microseconds of the shop's clock).

    ``strength`` is None for the scenario's default; ``product`` is the flash sale's, None for one that
    follows from the seed.
    """

    kind: Kind
    begin: int
    end: int
    strength: float | None = None
    product: UUID | None = None

    @property
    def force(self) -> float:
        """Its strength, or the default one."""
        return ABOUT[self.kind].default if self.strength is None else self.strength

    @property
    def traffic(self) -> float:
        """Messages in relation to an hour without a scenario."""
        match self.kind:
            case Kind.BLACK_FRIDAY | Kind.QUIET:
                return self.force
            case Kind.BOTS:
                return 1.0 + self.force
            case _:
                return 1.0

    @property
    def bots(self) -> float:
        """The share of bots in the messages of visits."""
        return self.force / (1.0 + self.force) if self.kind is Kind.BOTS else 0.0


# A time that does not come.
_NEVER = 1 << 62
NOTHING = Scenario(kind=Kind.NORMAL, begin=0, end=_NEVER)


def checked(kind: Kind, *, strength: float | None, product: UUID | None, products: Sequence[str]) -> None:
    """Raise ``UsageError`` where a scenario cannot be asked for like that; ``products`` are the catalogue's ids."""
    about = ABOUT[kind]
    if strength is not None and about.least == about.most:
        raise UsageError(f"--strength={strength:g}: {kind} has no strength")
    if strength is not None and not about.least <= strength <= about.most:
        raise UsageError(
            f"--strength={strength:g}: must be between {about.least:g} and {about.most:g} for {kind} ({about.strength})"
        )
    if product is not None and kind is not Kind.FLASH_SALE:
        raise UsageError(f"--product={product}: only {Kind.FLASH_SALE} has one")
    if product is not None and str(product) not in set(products):
        raise UsageError(f"--product={product}: is not in this shop's catalogue; {products[0]} is, for example")


class ScenarioLog:
    """Scenarios by begin, none overlapping another. Frozen; a new one replaces it."""

    def __init__(self, scenarios: Iterable[Scenario] = ()) -> None:
        kept = sorted((it for it in scenarios if it.end > it.begin), key=lambda it: it.begin)
        # One at a time: what begins ends what was.
        following = [it.begin for it in kept[1:]]
        self.scenarios = tuple(
            msgspec.structs.replace(it, end=min(it.end, end))
            for it, end in zip(kept, [*following, _NEVER], strict=False)
            if it.begin < end
        )
        bounds = {moment for it in self.scenarios for moment in (it.begin, it.end)}
        self._bounds = sorted(bounds)
        self._begins = [it.begin for it in self.scenarios]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ScenarioLog) and self.scenarios == other.scenarios

    def __hash__(self) -> int:
        return hash(self.scenarios)

    def at(self, time: int) -> Scenario:
        """The scenario in force at ``time``; ``NOTHING`` where there is none."""
        place = bisect_right(self._begins, time) - 1
        if place < 0 or self.scenarios[place].end <= time:
            return NOTHING
        return self.scenarios[place]

    def next_bound(self, after: int) -> int:
        """The first begin or end later than ``after``; a time that does not come where there is none."""
        place = bisect_right(self._bounds, after)
        return self._bounds[place] if place < len(self._bounds) else _NEVER

    def bounds(self, after: int, until: int) -> list[int]:
        """The begins and ends in ``(after, until]``."""
        return self._bounds[bisect_right(self._bounds, after) : bisect_right(self._bounds, until)]


class _Line(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A scenario as it is written down for people and for ``sample --scenarios``."""

    cenario: Kind
    inicio: dt.datetime
    fim: dt.datetime
    intensidade: Annotated[float, msgspec.Meta(gt=0)] | None = None
    produto: UUID | None = None


def to_json(log: ScenarioLog) -> bytes:
    """The log as a JSON list, by begin; times in UTC."""
    return msgspec.json.encode(
        [
            _Line(
                cenario=it.kind,
                inicio=to_datetime(it.begin),
                fim=to_datetime(it.end),
                intensidade=it.strength,
                produto=it.product,
            )
            for it in log.scenarios
        ]
    )


def from_json(text: bytes, *, name: str) -> ScenarioLog:
    """What ``to_json`` wrote. Raises ``UsageError`` that names ``name`` where it is something else."""
    try:
        lines = msgspec.json.decode(text, type=list[_Line])
    except msgspec.MsgspecError as error:
        raise UsageError(f"{name}: is no log of scenarios: {error}") from None
    if any(it.inicio.tzinfo is None or it.fim.tzinfo is None for it in lines):
        raise UsageError(f"{name}: inicio and fim need an offset, such as 2026-11-23T12:00:00Z")
    return ScenarioLog(
        Scenario(
            kind=it.cenario,
            begin=to_microseconds(it.inicio),
            end=to_microseconds(it.fim),
            strength=it.intensidade,
            product=it.produto,
        )
        for it in lines
    )


def parameters(scenario: Scenario) -> dict[str, Any]:
    """What the database keeps beside kind, begin and end."""
    found: dict[str, Any] = {}
    if scenario.strength is not None:
        found["intensidade"] = scenario.strength
    if scenario.product is not None:
        found["produto"] = str(scenario.product)
    return found


def of_parameters(kind: str, begin: dt.datetime, end: dt.datetime, kept: dict[str, Any]) -> Scenario:
    """A scenario from a row of the database."""
    product = kept.get("produto")
    return Scenario(
        kind=Kind(kind),
        begin=to_microseconds(begin),
        end=to_microseconds(end),
        strength=kept.get("intensidade"),
        product=None if product is None else UUID(product),
    )
