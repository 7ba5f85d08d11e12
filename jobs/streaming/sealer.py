"""The sealer: messages to final live rows, each event once, sealed before it is acknowledged."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
import pyarrow as pa

from contracts import events, live_rows
from contracts.clock import ShopClock, epoch_micros
from contracts.events import AnyEvent, EventoWeb, Rejection, StatusPedido, TransacaoVenda
from contracts.late_events import LateEvent
from contracts.live_rows import Row
from contracts.panes import RowKind
from contracts.pulling import Pulled
from contracts.settings import Settings
from contracts.topology import Topology
from jobs.streaming.dimensions import DimensionLookup
from jobs.streaming.rows import COLUMNS, IDENTITY, RowColumns
from jobs.streaming.seen import Seen
from jobs.streaming.spool import Counters, Footer, Spool

_SALE, _CANCELLATION, _WEB_EVENT = (bytes([kind]) for kind in RowKind)
_SAMPLE = 50
# Late events that wait for a segment to name them; while nothing else comes the later ones are only counted.
_MOST_LATE = 20_000
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
        self._late: list[LateEvent] = []
        self._newest: int | None = None
        self._watermark = late_before
        self._head = 0
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
        """Make everything new in these pulls durable; None when there is nothing new.

        When it returns the deliveries may be acknowledged. Raises ``TransientError`` when dimensions
        cannot be looked up, with nothing changed.
        """
        decoded, rejected = self._decode(pulls)
        self._lookup.prepare(*_mentioned(decoded))
        counted = {"late": 0, "late_versions": 0, "duplicates": 0}
        rows = RowColumns()
        fresh: dict[bytes, int] = {}
        late: list[LateEvent] = []
        for event in decoded:
            for row in self._rows_of(event):
                identity, instant = row[-1], row[1]
                # Duplicate first: a late repetition of something counted is not news.
                if identity in self._seen or identity in fresh:
                    counted["duplicates"] += 1
                elif self._is_late(instant):
                    is_version = _is_later_version(event, row[0])
                    counted["late_versions" if is_version else "late"] += 1
                    if not is_version:
                        late.append(LateEvent(RowKind(row[0]), UUID(bytes=identity[1:]), instant))
                else:
                    fresh[identity] = instant
                    rows.append(row)
        counters = Counters(
            rows=self._counters.rows + len(rows),
            late=self._counters.late + counted["late"],
            late_versions=self._counters.late_versions + counted["late_versions"],
            duplicates=self._counters.duplicates + counted["duplicates"],
            rejected=self._counters.rejected + rejected,
        )
        late = [*self._late, *late][:_MOST_LATE]
        sealed = self._write(rows, fresh, counters, late) if fresh else None
        self._counters = counters
        self._late = [] if sealed else late
        return sealed

    def _is_late(self, instant: int) -> bool:
        return self._watermark is not None and instant < self._watermark

    def _write(
        self, rows: RowColumns, fresh: dict[bytes, int], counters: Counters, late: Sequence[LateEvent]
    ) -> Sealed:
        instants = list(fresh.values())
        newest = max(instants) if self._newest is None else max(self._newest, *instants)
        watermark = newest - self._delay if self._watermark is None else max(self._watermark, newest - self._delay)
        footer = Footer(
            spool=self._spool.identity,
            number=self._head + 1,
            rows=len(rows),
            newest=newest,
            watermark=watermark,
            counters=counters,
            sample=tuple(instants[:: max(1, len(instants) // _SAMPLE)]),
            late=tuple(late),
        )
        size = self._spool.seal(rows.to_batch(), footer)
        # Only now, that it is durable: a failure above leaves everything as it was.
        for identity, instant in fresh.items():
            self._seen.add(identity, instant)
        self._head, self._newest, self._watermark = footer.number, newest, watermark
        self._seen.forget_before(newest - self._horizon)
        return Sealed(footer, size)

    def _recover(self) -> None:
        """Take up from the kept segments: counters, watermark and identities."""
        for footer, table in self._spool.scan(_IDENTITIES):
            for identity, instant in zip(
                table.column(0).to_pylist(), table.column(1).cast("int64").to_pylist(), strict=True
            ):
                self._seen.add(identity, instant)
            self._newest, self._watermark, self._counters = footer.newest, footer.watermark, footer.counters
        self._head = self._spool.head()
        if self._newest is not None and self._watermark is not None:
            self._seen.forget_before(self._newest - self._horizon)
            # A shorter delay counts from now on.
            self._watermark = max(self._watermark, self._newest - self._delay)

    def _decode(self, pulls: Sequence[Pulled]) -> tuple[list[AnyEvent], int]:
        now = self._clock.now()
        decoded: list[AnyEvent] = []
        rejected = 0
        for pulled in pulls:
            source = self._source_of[pulled.subscription]
            for delivery in pulled.deliveries:
                try:
                    events.check_attributes(delivery.attributes)
                    decoded.append(events.decode(source, delivery.payload, now=now, future_skew=self._future_skew))
                except Rejection:
                    # Only counted: ingest, which sees the same message, stores and reports it.
                    rejected += 1
        return decoded, rejected

    def _rows_of(self, event: AnyEvent) -> list[Row]:
        if isinstance(event, EventoWeb):
            visit = live_rows.web_event(
                instant=epoch_micros(event.timestamp_evento), kind=event.tipo_evento.value, session=event.id_sessao
            )
            return [(*visit, _WEB_EVENT + event.id_evento.bytes)]
        assert isinstance(event, TransacaoVenda)
        instant = epoch_micros(event.data_compra)
        payment, total = event.metodo_pagamento.value, event.total_centavos
        customer = self._lookup.customer(event.id_usuario, instant)
        sale = live_rows.sale(
            instant=instant,
            payment=payment,
            buyer=event.id_usuario,
            customer=customer,
            centavos=total,
            products=event.produtos,
            versions=[self._lookup.product(it, instant) for it in event.produtos],
            quantities=event.quantidades,
            has_cart=event.id_carrinho is not None,
        )
        rows = [(*sale, _SALE + event.id_transacao.bytes)]
        if event.status_pedido is StatusPedido.CANCELADO:
            cancelled = live_rows.cancellation(
                instant=epoch_micros(event.status_em), payment=payment, customer=customer, centavos=total
            )
            rows.append((*cancelled, _CANCELLATION + event.id_transacao.bytes))
        return rows


def _mentioned(decoded: Sequence[AnyEvent]) -> tuple[set[UUID], set[UUID]]:
    """The products and customers that these events need."""
    sales = [it for it in decoded if isinstance(it, TransacaoVenda)]
    return {product for it in sales for product in it.produtos}, {it.id_usuario for it in sales}


def _is_later_version(event: AnyEvent, kind: int) -> bool:
    """Whether a late sale is no news: a later status of an order that was counted when it was made."""
    return (
        kind == RowKind.SALE
        and isinstance(event, TransacaoVenda)
        and event.status_pedido is not StatusPedido.PROCESSANDO
    )
