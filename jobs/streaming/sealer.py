"""The sealer: messages to final live rows, each event once, sealed before it is acknowledged."""

import time
from collections.abc import Iterator, Sequence
from statistics import median_low
from typing import Self
from uuid import UUID

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from contracts import bulk_events, events, live_rows
from contracts.bulk_events import Sale, WebEvents
from contracts.clock import ShopClock, epoch_micros
from contracts.events import EventoWeb, Rejection, StatusPedido, TransacaoVenda
from contracts.live_rows import Row
from contracts.panes import RowKind
from contracts.pulling import Pulled
from contracts.settings import Settings
from contracts.topology import Source, Topology
from jobs.streaming.admission import Admission
from jobs.streaming.dimensions import DimensionLookup
from jobs.streaming.rows import COLUMNS, IDENTITY, rows_of, web_event_rows
from jobs.streaming.seen import Seen
from jobs.streaming.spool import Arrival, Counters, Footer, Spool

_SALE, _CANCELLATION, _WEB_EVENT = (bytes([kind]) for kind in RowKind)
_SAMPLE = 50
_MICROSECONDS = 1_000_000
# Of fewer messages of a source the columns cost more than they save: one by one is faster.
_IN_BULK = 200
_IDENTITIES = pa.schema([IDENTITY, COLUMNS.field("instante")])


class Sealed(msgspec.Struct, frozen=True):
    """A segment that was made durable: its footer and size in bytes."""

    footer: Footer
    size: int


class Sealer:
    """Seals pulls into the spool. Not thread-safe; one for each spool, after ``spool.lock``.

    An event is on time when it is not older than the watermark: the newest event time of the segments
    before, less the delay. Spark's own watermark can only be older, so what is sealed as on time is
    never dropped by Spark, and a replayed segment is judged as it was. The watermark never goes back: with
    a longer delay than before, events would else be on time whose identities are forgotten already.

    ``late_before`` (epoch microseconds) is the watermark of an empty spool: the first message may be a new
    status of an order of yesterday, whose sale would else be counted alone.
    """

    def __init__(
        self,
        settings: Settings,
        topology: Topology,
        spool: Spool,
        lookup: DimensionLookup,
        clock: ShopClock,
        *,
        late_before: int | None = None,
    ) -> None:
        self._spool = spool
        self._lookup = lookup
        self._clock = clock
        self._future_skew = settings.future_skew
        self._delay = settings.watermark_delay_seconds * 1_000_000
        self._horizon = settings.dedupe_horizon_seconds * 1_000_000
        self._source_of = {name: topology.source_of(name) for name in topology.consumed_by("streaming")}
        self._seen = Seen()
        self._counters = Counters()
        self._newest: int | None = None
        self._watermark = late_before
        self._head = 0
        # How long the newest segment took; None where it was sealed by another process.
        self._sealing: int | None = None
        self._recover()

    @property
    def head(self) -> int:
        """The number of the newest segment, 0 before the first."""
        return self._head

    @property
    def counters(self) -> Counters:
        """What was done since the spool was made."""
        return self._counters

    @property
    def identities(self) -> int:
        """How many event identities are remembered."""
        return len(self._seen)

    @property
    def needed_from(self) -> int | None:
        """Event time (epoch microseconds) from which identities are needed; None before the first segment."""
        return None if self._newest is None else self._newest - self._horizon

    def seal(self, pulls: Sequence[Pulled]) -> Sealed | None:
        """Make durable what counts in these pulls and what is left out as late; None when there is neither.

        When it returns the deliveries may be acknowledged: a job that dies then must still know what was late, so a
        segment of no rows is made for late ones that come alone. Raises ``TransientError`` when dimensions
        cannot be looked up, with nothing changed.
        """
        decoded = self._decode(pulls)
        self._lookup.prepare(*_mentioned(decoded.sales))
        admission = Admission(self._seen.among(decoded.identities()), self._watermark or 0)
        tables = [] if decoded.in_bulk is None else [decoded.in_bulk.rows(admission)]
        tables.append(pa.Table.from_batches([rows_of(list(self._rows(decoded, admission)))]))
        rows = pa.concat_tables(tables)
        counters = Counters(
            rows=self._counters.rows + len(rows),
            late=self._counters.late + admission.late,
            late_versions=self._counters.late_versions + admission.late_versions,
            duplicates=self._counters.duplicates + admission.duplicates,
            rejected=self._counters.rejected + decoded.rejected,
        )
        is_nothing = not (admission.fresh or admission.late or admission.late_versions)
        sealed = None if is_nothing else self._write(rows, admission, counters, self._arrival(pulls))
        self._counters = counters
        return sealed

    def _write(self, rows: pa.Table, admission: Admission, counters: Counters, arrival: Arrival) -> Sealed:
        instants = list(admission.fresh.values())
        # A new spool's first segment may hold no rows: its newest is then the time from which events are on time.
        before = (self._watermark or 0) if self._newest is None else self._newest
        newest = max([before, *instants])
        watermark = newest - self._delay if self._watermark is None else max(self._watermark, newest - self._delay)
        footer = Footer(
            spool=self._spool.identity,
            number=self._head + 1,
            rows=len(rows),
            newest=newest,
            watermark=watermark,
            counters=counters,
            sample=tuple(instants[:: max(1, len(instants) // _SAMPLE)]),
            late=tuple(admission.late_events),
            arrival=arrival,
            sealing=self._sealing,
        )
        (batch,) = rows.combine_chunks().to_batches() or [rows_of([])]
        size = self._spool.seal(batch, footer)
        # Only now, that it is durable: a failure above leaves everything as it was.
        self._seen.add(admission.fresh)
        self._head, self._newest, self._watermark = footer.number, newest, watermark
        self._sealing = max(0, round(time.time() * _MICROSECONDS) - arrival.pulled)
        self._seen.forget_before(newest - self._horizon)
        return Sealed(footer, size)

    def _recover(self) -> None:
        """Take up from the kept segments: counters, watermark and identities."""
        for footer, table in self._spool.scan(_IDENTITIES):
            identities, instants = table.column(0).to_pylist(), table.column(1).cast("int64").to_pylist()
            self._seen.add(dict(zip(identities, instants, strict=True)))
            self._newest, self._watermark, self._counters = footer.newest, footer.watermark, footer.counters
        self._head = self._spool.head()
        if self._newest is not None and self._watermark is not None:
            self._seen.forget_before(self._newest - self._horizon)
            # A shorter delay counts from now on.
            self._watermark = max(self._watermark, self._newest - self._delay)

    def _arrival(self, pulls: Sequence[Pulled]) -> Arrival:
        """How these pulls' messages came, by an even sample that has some of every pull."""
        latest = self._clock.now() + self._future_skew
        step = max(1, sum(len(it.deliveries) for it in pulls) // _SAMPLE)
        publish, broker, came = [], [], []
        for pulled in pulls:
            pulled_at = round(pulled.pulled_at * _MICROSECONDS)
            for it in pulled.deliveries[::step]:
                published = epoch_micros(it.publish_time)
                produced = epoch_micros(events.produced_at(it.attributes, it.publish_time, latest=latest))
                # Clocks of several machines: what seems to be before its cause took no time.
                publish.append(max(0, published - produced))
                broker.append(max(0, pulled_at - published))
                came.append(pulled_at)
        return Arrival(publish=median_low(publish), broker=median_low(broker), pulled=median_low(came))

    def _decode(self, pulls: Sequence[Pulled]) -> "_Decoded":
        """What the messages hold. Those refused are only counted: ingest, which sees the same, reports them."""
        payloads: dict[Source, list[bytes]] = {it: [] for it in self._source_of.values()}
        rejected = 0
        for pulled in pulls:
            spoken = bulk_events.payloads(pulled.deliveries)
            rejected += len(pulled.deliveries) - len(spoken)
            payloads[self._source_of[pulled.subscription]] += spoken
        now = self._clock.now()
        latest = now + self._future_skew
        visits, purchases = payloads[Source.WEB_EVENTS], payloads[Source.TRANSACTIONS]
        in_bulk: WebEvents | None = None
        sales: list[Sale] = []
        odd: dict[Source, Sequence[int]] = {
            Source.WEB_EVENTS: range(len(visits)),
            Source.TRANSACTIONS: range(len(purchases)),
        }
        if len(visits) >= _IN_BULK:
            in_bulk, odd[Source.WEB_EVENTS] = bulk_events.web_events(visits, latest=latest)
        if len(purchases) >= _IN_BULK:
            sales, odd[Source.TRANSACTIONS] = bulk_events.sales(purchases, latest=latest)
        others: list[EventoWeb] = []
        for source, places in odd.items():
            for place in places:
                try:
                    event = events.decode(source, payloads[source][place], now=now, future_skew=self._future_skew)
                except Rejection:
                    rejected += 1
                    continue
                if isinstance(event, TransacaoVenda):
                    sales.append(bulk_events.sale_of(event))
                else:
                    assert isinstance(event, EventoWeb)
                    others.append(event)
        return _Decoded(None if in_bulk is None else _WebEvents.of(in_bulk), others, sales, rejected)

    def _rows(self, decoded: "_Decoded", admission: Admission) -> Iterator[Row]:
        """The rows that are made one by one, of what is admitted."""
        for event in decoded.others:
            identity, instant = _visit(event), epoch_micros(event.timestamp_evento)
            if admission.admits(identity, instant):
                visit = live_rows.web_event(instant=instant, kind=event.tipo_evento.value, session=event.id_sessao)
                yield (*visit, identity)
        for it in decoded.sales:
            identity, is_later = _SALE + it.identity, it.status is not StatusPedido.PROCESSANDO
            if admission.admits(identity, it.instant, is_later_version=is_later):
                sale = live_rows.sale(
                    instant=it.instant,
                    payment=it.payment,
                    buyer=it.buyer,
                    customer=self._lookup.customer(it.buyer, it.instant),
                    centavos=it.centavos,
                    products=it.products,
                    versions=[self._lookup.product(product, it.instant) for product in it.products],
                    quantities=it.quantities,
                    has_cart=it.has_cart,
                )
                yield (*sale, identity)
            identity = _CANCELLATION + it.identity
            if it.status is StatusPedido.CANCELADO and admission.admits(identity, it.reached):
                cancellation = live_rows.cancellation(
                    instant=it.reached,
                    payment=it.payment,
                    customer=self._lookup.customer(it.buyer, it.instant),
                    centavos=it.centavos,
                )
                yield (*cancellation, identity)


class _WebEvents(msgspec.Struct, frozen=True):
    """Web events in bulk: their identities as rows of 17 bytes, and one by one."""

    events: WebEvents
    table: npt.NDArray[np.uint8]
    identities: list[bytes]

    @classmethod
    def of(cls, events: WebEvents) -> Self:
        """These."""
        table = np.empty((len(events.instants), 17), dtype=np.uint8)
        table[:, 0] = _WEB_EVENT[0]
        table[:, 1:] = events.identities
        return cls(events, table, table.view("V17").ravel().tolist())

    def rows(self, admission: Admission) -> pa.Table:
        """The rows of those that are admitted."""
        events = self.events
        places = np.array(admission.places(self.identities, events.instants.tolist()), dtype=np.int64)
        return web_event_rows(
            events.instants[places], events.kinds.take(places), events.sessions[places], self.table[places]
        )


class _Decoded(msgspec.Struct, frozen=True):
    """The accepted messages of some pulls: web events in bulk and one by one, sales, and how many were refused."""

    in_bulk: _WebEvents | None
    others: list[EventoWeb]
    sales: list[Sale]
    rejected: int

    def identities(self) -> list[bytes]:
        """All that may be admitted."""
        cancelled = (it for it in self.sales if it.status is StatusPedido.CANCELADO)
        return [
            *(self.in_bulk.identities if self.in_bulk else ()),
            *(_visit(it) for it in self.others),
            *(_SALE + it.identity for it in self.sales),
            *(_CANCELLATION + it.identity for it in cancelled),
        ]


def _visit(event: EventoWeb) -> bytes:
    return _WEB_EVENT + event.id_evento.bytes


def _mentioned(sales: Sequence[Sale]) -> tuple[set[UUID], set[UUID]]:
    """The products and customers that these sales need."""
    return {product for it in sales for product in it.products}, {it.buyer for it in sales}
