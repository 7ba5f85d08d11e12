"""What the live store's readers make of what is in it, every pane written out."""

import datetime as dt
import random
from zoneinfo import ZoneInfo

import msgspec
import pytest
import redis
from datasketches import hll_sketch
from hypothesis import given
from hypothesis import strategies as st

from contracts import dimensions, live, live_store, panes, settings
from contracts.errors import LiveStoreRefused, LiveStoreUnavailable
from contracts.live import LiveReader, LowStock, Point, Span, Status, Totals
from contracts.panes import Dimension, Measures
from contracts.windows import minutes_between
from tests.redis_states import unable_to_save

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
NOW = dt.datetime(2026, 6, 1, 12, 0, 5, tzinfo=dt.UTC)
NOON = int(dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC).timestamp())
STATUS = Status(
    written_at=NOON + 5.0,
    generation=3,
    batch=7,
    newest_event=NOON + 4.5,
    watermark=None,
    latency_p50=0.4,
    latency_p95=None,
    latency_p99=None,
    batch_rows=10,
    rows=100,
    late=1,
    late_versions=2,
    duplicates=3,
    rejected=4,
)


def put(client: redis.Redis, seconds: int, start: int, dimension: Dimension, key: str, **measures: int) -> None:
    value = live.encode_measures(msgspec.structs.astuple(Measures(**measures)))
    client.hset(live.pane_key(seconds, start, dimension), key, value)


def put_sketch(client: redis.Redis, seconds: int, start: int, name: str, *people: int) -> None:
    sketch = hll_sketch(panes.SKETCH_LG_K)
    for person in people:
        sketch.update(person)
    client.hset(live.sketch_key(seconds, start), name, sketch.serialize_compact())


def put_status(client: redis.Redis, *, watermark: float | None) -> None:
    client.set(live.STATUS, msgspec.json.encode(msgspec.structs.replace(STATUS, watermark=watermark)))


class TestLayout:
    def test_keys_are_as_documented(self) -> None:
        assert live.pane_key(60, 1_780_315_200, Dimension.PRODUCT) == "vitrine:1:pane:60:1780315200:produto"
        assert live.sketch_key(10, 1_780_315_200) == "vitrine:1:pane:10:1780315200:sketch"

    def test_measures_are_integers_in_the_order_of_their_names(self) -> None:
        assert live.encode_measures([1, 2, 3, 4, 5, 6, 7]) == b"1,2,3,4,5,6,7"
        assert live.decode_measures(b"1,2,3,4,5,6,7") == Measures(
            bruta=1, pedidos=2, unidades=3, canceladas=4, pedidos_cancelados=5, pedidos_com_carrinho=6, eventos=7
        )

    @given(st.lists(st.integers(0, 10**18), min_size=7, max_size=7))
    def test_measures_survive(self, values: list[int]) -> None:
        assert live.decode_measures(live.encode_measures(values)) == Measures(*values)


class TestStatus:
    def test_is_none_before_the_first_batch(self, client: redis.Redis) -> None:
        assert live.read_status(client) is None

    def test_is_read_as_it_was_written(self, client: redis.Redis) -> None:
        put_status(client, watermark=NOON - 600.5)
        assert live.read_status(client) == msgspec.structs.replace(STATUS, watermark=NOON - 600.5)


class TestSpan:
    def test_is_made_of_whole_panes(self) -> None:
        assert list(Span(100, 130, 10).starts()) == [100, 110, 120]

    def test_the_previous_one_is_as_long_and_ends_where_it_starts(self) -> None:
        assert Span(100, 130, 10).previous() == Span(70, 100, 10)


class TestTotals:
    def totals(self, *, buyers: float = 0.0, carts: int = 0, **measures: int) -> Totals:
        return Totals(
            span=Span(0, 60, 60),
            measures=Measures(carrinhos_criados=carts, **measures),
            compradores=buyers,
            visitantes=0.0,
        )

    def test_ratios_are_empty_where_there_is_nothing_to_divide_by(self) -> None:
        empty = self.totals()
        assert (empty.ticket_medio, empty.conversao_carrinho, empty.receita_por_usuario) == (None, None, None)
        assert empty.liquida == 0

    def test_ratios_are_of_gross_sales_in_centavos(self) -> None:
        full = self.totals(bruta=1000, pedidos=4, canceladas=1500, pedidos_com_carrinho=3, carts=2, buyers=2.0)
        assert (full.ticket_medio, full.conversao_carrinho, full.receita_por_usuario) == (250.0, 1.5, 500.0)
        # More was cancelled than sold.
        assert full.liquida == -500


class TestWindow:
    def test_of_an_empty_store_is_empty(self, client: redis.Redis) -> None:
        window = LiveReader(client, zone=SAO_PAULO).read_window("5min", NOW)
        assert window.totals.measures == window.previous_totals.measures == Measures()
        assert window.totals.compradores == 0
        assert all(not keys for keys in window.dimensions.values())

    def test_of_five_minutes_ends_with_the_ten_seconds_under_way_and_dimensions_with_the_minute(
        self, client: redis.Redis
    ) -> None:
        window = LiveReader(client, zone=SAO_PAULO).read_window("5min", NOW)
        assert window.totals.span == Span(NOON + 10 - 300, NOON + 10, 10)
        assert window.previous_totals.span == Span(NOON + 10 - 600, NOON + 10 - 300, 10)
        assert window.dimensions_span == Span(NOON + 60 - 300, NOON + 60, 60)

    def test_of_an_hour_moves_by_minutes(self, client: redis.Redis) -> None:
        window = LiveReader(client, zone=SAO_PAULO).read_window("60min", NOW)
        assert window.totals.span == window.dimensions_span == Span(NOON + 60 - 3600, NOON + 60, 60)

    def test_takes_its_first_pane_and_leaves_the_one_before_to_the_previous_window(self, client: redis.Redis) -> None:
        put(client, 10, NOON - 590, Dimension.TOTAL, "", bruta=1, pedidos=1)
        put(client, 10, NOON - 300, Dimension.TOTAL, "", bruta=10, pedidos=1)
        put(client, 10, NOON - 290, Dimension.TOTAL, "", bruta=100, pedidos=1)
        put(client, 10, NOON, Dimension.TOTAL, "", bruta=1000, pedidos=1)
        # Outside: before the previous window, and after now.
        put(client, 10, NOON - 600, Dimension.TOTAL, "", bruta=10_000)
        put(client, 10, NOON + 10, Dimension.TOTAL, "", bruta=100_000)
        window = LiveReader(client, zone=SAO_PAULO).read_window("5min", NOW)
        assert window.totals.measures == Measures(bruta=1100, pedidos=2)
        assert window.previous_totals.measures == Measures(bruta=11, pedidos=2)

    def test_adds_up_each_key_of_a_dimension(self, client: redis.Redis) -> None:
        put(client, 60, NOON - 240, Dimension.PAYMENT, "pix", bruta=1, pedidos=1)
        put(client, 60, NOON, Dimension.PAYMENT, "pix", bruta=2, pedidos=1)
        put(client, 60, NOON, Dimension.PAYMENT, "boleto", bruta=4, pedidos=1)
        put(client, 60, NOON - 300, Dimension.PAYMENT, "pix", bruta=8, pedidos=1)
        put(client, 60, NOON, Dimension.CATEGORY, "Livros: arte, música", bruta=16)
        window = LiveReader(client, zone=SAO_PAULO).read_window("5min", NOW)
        assert window.dimensions[Dimension.PAYMENT] == {
            "pix": Measures(bruta=3, pedidos=2),
            "boleto": Measures(bruta=4, pedidos=1),
        }
        assert window.previous_dimensions[Dimension.PAYMENT] == {"pix": Measures(bruta=8, pedidos=1)}
        assert window.dimensions[Dimension.CATEGORY] == {"Livros: arte, música": Measures(bruta=16)}

    def test_counts_carts_over_the_same_span_as_their_orders(self, client: redis.Redis) -> None:
        put(client, 60, NOON, Dimension.EVENT_TYPE, "carrinho_criado", eventos=9)
        put(client, 10, NOON, Dimension.TOTAL, "", pedidos_com_carrinho=1, carrinhos_criados=4)
        totals = LiveReader(client, zone=SAO_PAULO).read_window("15min", NOW).totals
        assert (totals.carrinhos_criados, totals.conversao_carrinho) == (4, 0.25)

    def test_counts_a_person_in_several_panes_once(self, client: redis.Redis) -> None:
        put_sketch(client, 10, NOON, "compradores", 1, 2)
        put_sketch(client, 10, NOON - 10, "compradores", 2, 3)
        put_sketch(client, 10, NOON - 300, "compradores", 4)
        put_sketch(client, 10, NOON, "visitantes", *range(1000, 1005))
        window = LiveReader(client, zone=SAO_PAULO).read_window("5min", NOW)
        assert round(window.totals.compradores) == 3
        assert round(window.totals.visitantes) == 5
        assert round(window.previous_totals.compradores) == 1


class TestSeries:
    def test_has_a_point_for_every_ten_seconds_the_empty_ones_too(self, client: redis.Redis) -> None:
        put(client, 10, NOON - 10, Dimension.TOTAL, "", bruta=5)
        assert LiveReader(client, zone=SAO_PAULO).read_series(NOW, seconds=30) == [
            Point(NOON - 20, Measures(), False),
            Point(NOON - 10, Measures(bruta=5), False),
            Point(NOON, Measures(), True),
        ]


class TestSteps:
    def test_each_span_has_its_own_totals_and_people(self, client: redis.Redis) -> None:
        put(client, 60, NOON - 60, Dimension.TOTAL, "", bruta=500, pedidos=1)
        put(client, 60, NOON, Dimension.TOTAL, "", bruta=700, pedidos=2)
        put_sketch(client, 60, NOON, "compradores", 1, 2)
        covers = minutes_between(NOON - 60, NOON + 60)
        reader = LiveReader(client, zone=SAO_PAULO)
        before, now = reader.read_totals("steps", covers, NOW)
        assert (before.measures.bruta, round(before.compradores)) == (500, 0)
        assert (now.measures.bruta, round(now.compradores)) == (700, 2)
        assert now.span == Span(NOON, NOON + 60, 60)
        # A step later, under the same name, each is what its own panes say.
        assert reader.read_totals("steps", covers[1:], NOW)[0].measures.bruta == 700


class TestKeptPanes:
    """A reader fetches a closed pane once; an open one always; all again after a replacement."""

    def bruta(self, reader: LiveReader) -> int:
        return reader.read_window("5min", NOW).totals.measures.bruta

    def test_a_closed_pane_is_kept(self, client: redis.Redis) -> None:
        put_status(client, watermark=NOON)
        put(client, 10, NOON - 10, Dimension.TOTAL, "", bruta=1)
        reader = LiveReader(client, zone=SAO_PAULO)
        assert self.bruta(reader) == 1
        put(client, 10, NOON - 10, Dimension.TOTAL, "", bruta=2)
        assert self.bruta(reader) == 1

    def test_a_pane_that_the_watermark_has_not_passed_is_read_again(self, client: redis.Redis) -> None:
        put_status(client, watermark=NOON - 0.001)
        put(client, 10, NOON - 10, Dimension.TOTAL, "", bruta=1)
        reader = LiveReader(client, zone=SAO_PAULO)
        assert self.bruta(reader) == 1
        put(client, 10, NOON - 10, Dimension.TOTAL, "", bruta=2)
        assert self.bruta(reader) == 2

    @pytest.mark.parametrize("with_status", [True, False])
    def test_without_a_watermark_nothing_is_kept(self, client: redis.Redis, with_status: bool) -> None:
        if with_status:
            put_status(client, watermark=None)
        put(client, 10, NOON - 200, Dimension.TOTAL, "", bruta=1)
        reader = LiveReader(client, zone=SAO_PAULO)
        assert self.bruta(reader) == 1
        put(client, 10, NOON - 200, Dimension.TOTAL, "", bruta=2)
        assert self.bruta(reader) == 2

    def test_a_closed_pane_is_dropped_when_the_edition_changes(self, client: redis.Redis) -> None:
        put_status(client, watermark=NOON)
        put(client, 10, NOON - 10, Dimension.TOTAL, "", bruta=1)
        reader = LiveReader(client, zone=SAO_PAULO)
        assert self.bruta(reader) == 1
        put(client, 10, NOON - 10, Dimension.TOTAL, "", bruta=2)
        client.incr(live.EDITION)
        assert self.bruta(reader) == 2
        # And is kept again from then on.
        put(client, 10, NOON - 10, Dimension.TOTAL, "", bruta=3)
        assert self.bruta(reader) == 2

    def test_a_steady_read_fetches_only_what_may_still_change(self, client: redis.Redis) -> None:
        put_status(client, watermark=NOON)
        reader = LiveReader(client, zone=SAO_PAULO)
        self.bruta(reader)
        client.config_resetstat()
        self.bruta(reader)
        fetched = client.info("commandstats")["cmdstat_hgetall"]["calls"]
        # The ten seconds under way with their sketch, and the minute under way in six dimensions.
        assert fetched == 2 + 6


def put_batch(client: redis.Redis, version: int, *changed: str) -> None:
    """What the streaming job leaves with a batch: its number and the panes that it changed."""
    client.set(live.VERSION, version)
    for it in changed:
        client.zadd(live.CHANGES, {it: version})


class TestChangedPanes:
    """Where batches say what they changed, everything else is kept, open or not."""

    def bruta(self, reader: LiveReader) -> int:
        return reader.read_window("5min", NOW).totals.measures.bruta

    def test_an_open_pane_is_kept_until_a_batch_changes_it(self, client: redis.Redis) -> None:
        put_batch(client, 1_000_001, f"10:{NOON}")
        put(client, 10, NOON, Dimension.TOTAL, "", bruta=1)
        reader = LiveReader(client, zone=SAO_PAULO)
        assert self.bruta(reader) == 1
        put(client, 10, NOON, Dimension.TOTAL, "", bruta=2)
        assert self.bruta(reader) == 1
        put_batch(client, 1_000_002, f"10:{NOON}")
        assert self.bruta(reader) == 2

    def test_a_steady_read_fetches_only_what_the_newest_batches_changed(self, client: redis.Redis) -> None:
        put_batch(client, 1_000_001)
        reader = LiveReader(client, zone=SAO_PAULO)
        self.bruta(reader)
        put_batch(client, 1_000_002, f"10:{NOON}", f"60:{NOON}", f"3600:{NOON}")
        client.config_resetstat()
        self.bruta(reader)
        # The ten seconds under way with their sketch, and the minute under way in six dimensions.
        assert client.info("commandstats")["cmdstat_hgetall"]["calls"] == 2 + 6
        client.config_resetstat()
        self.bruta(reader)
        assert "cmdstat_hgetall" not in client.info("commandstats")

    def test_a_flushed_store_is_noticed_whatever_it_was_filled_with_since(self, client: redis.Redis) -> None:
        put_batch(client, 1_000_001)
        put(client, 10, NOON - 200, Dimension.TOTAL, "", bruta=1)
        reader = LiveReader(client, zone=SAO_PAULO)
        assert self.bruta(reader) == 1
        client.flushall()
        # The writer begins with a number far beyond the one before.
        put_batch(client, 2_000_001)
        put(client, 10, NOON - 200, Dimension.TOTAL, "", bruta=5)
        assert self.bruta(reader) == 5
        client.flushall()
        assert self.bruta(reader) == 0

    def test_a_reader_that_missed_more_batches_than_are_remembered_reads_everything_anew(
        self, client: redis.Redis
    ) -> None:
        put_batch(client, 1_000_001)
        put(client, 10, NOON, Dimension.TOTAL, "", bruta=1)
        reader = LiveReader(client, zone=SAO_PAULO)
        assert self.bruta(reader) == 1
        put(client, 10, NOON, Dimension.TOTAL, "", bruta=2)
        # Its change is forgotten.
        put_batch(client, 1_003_000)
        assert self.bruta(reader) == 2

    @pytest.mark.parametrize("seed", range(3))
    def test_a_steady_reader_says_what_a_new_one_does_while_panes_come_change_and_go(
        self, client: redis.Redis, seed: int
    ) -> None:
        chance = random.Random(seed)
        steady, now = LiveReader(client, zone=SAO_PAULO), NOW
        keys = {it: [f"{it.value}-{at}" for at in range(5)] for it in Dimension} | {Dimension.TOTAL: [""]}
        for number in range(1, 41):
            changed = set()
            for _ in range(chance.randrange(4)):
                dimension = chance.choice(list(Dimension))
                seconds = chance.choice(panes.lengths(dimension))
                start = panes.start_of(now - dt.timedelta(seconds=chance.randrange(720)), seconds)
                # Another pane in its place: keys may be gone.
                client.delete(live.pane_key(seconds, start, dimension))
                for key in chance.sample(keys[dimension], chance.randint(1, len(keys[dimension]))):
                    put(client, seconds, start, dimension, key, bruta=chance.randrange(-9, 10), pedidos=1)
                changed.add(f"{seconds}:{start}")
            put_batch(client, 1_000_000 + number, *changed)
            now += dt.timedelta(seconds=chance.randrange(40))
            assert steady.read_window("5min", now) == LiveReader(client, zone=SAO_PAULO).read_window("5min", now)

    def test_panes_put_right_from_postgres_are_read_anew(self, client: redis.Redis) -> None:
        put_batch(client, 1_000_001)
        put(client, 10, NOON, Dimension.TOTAL, "", bruta=1)
        reader = LiveReader(client, zone=SAO_PAULO)
        assert self.bruta(reader) == 1
        put(client, 10, NOON, Dimension.TOTAL, "", bruta=2)
        client.incr(live.EDITION)
        assert self.bruta(reader) == 2


class TestDay:
    """The windows of a day, at 12:00:05 UTC: 09:00:05 in São Paulo."""

    MIDNIGHT = NOON - 9 * 3600

    def test_today_adds_whole_hours_and_the_minutes_since(self, client: redis.Redis) -> None:
        put(client, 3600, self.MIDNIGHT, Dimension.TOTAL, "", bruta=1)
        put(client, 3600, NOON - 2 * 3600, Dimension.TOTAL, "", bruta=2)
        # The hour that ended five seconds ago is read by its minutes, its own pane not at all.
        put(client, 3600, NOON - 3600, Dimension.TOTAL, "", bruta=1_000_000)
        put(client, 60, NOON - 60, Dimension.TOTAL, "", bruta=4)
        put(client, 60, NOON, Dimension.TOTAL, "", bruta=8)
        # Yesterday until 09:01.
        put(client, 3600, self.MIDNIGHT - 86_400, Dimension.TOTAL, "", bruta=16)
        put(client, 60, NOON - 86_400, Dimension.TOTAL, "", bruta=32)
        put(client, 60, NOON - 86_400 + 60, Dimension.TOTAL, "", bruta=1_000_000)
        window = LiveReader(client, zone=SAO_PAULO).read_window("today", NOW)
        assert window.totals.measures.bruta == 15
        assert window.previous_totals.measures.bruta == 48

    def test_dimensions_of_a_day_add_whole_hours_and_the_minutes_since(self, client: redis.Redis) -> None:
        for seconds, start, units in [
            (3600, NOON - 23 * 3600, 1),
            (3600, NOON - 2 * 3600, 2),
            (60, NOON - 3600, 4),
            (60, NOON, 8),
            # Before: whole hours only.
            (3600, NOON - 24 * 3600, 16),
            (3600, NOON - 47 * 3600, 32),
            (3600, NOON - 48 * 3600, 1_000_000),
        ]:
            put(client, seconds, start, Dimension.PRODUCT, "p", unidades=units)
        window = LiveReader(client, zone=SAO_PAULO).read_window("24h", NOW)
        assert window.totals.span == Span(NOON + 60 - 86_400, NOON + 60, 60)
        assert window.dimensions_span == Span(NOON - 23 * 3600, NOON + 60, 3600)
        assert window.dimensions[Dimension.PRODUCT] == {"p": Measures(unidades=15)}
        assert window.previous_dimensions_span == Span(NOON - 47 * 3600, NOON - 23 * 3600, 3600)
        assert window.previous_dimensions[Dimension.PRODUCT] == {"p": Measures(unidades=48)}

    def test_buyers_of_a_day_are_counted_once_over_hours_and_minutes(self, client: redis.Redis) -> None:
        put_sketch(client, 3600, self.MIDNIGHT, "compradores", 1, 2, 3)
        put_sketch(client, 60, NOON, "compradores", 3, 4)
        put_sketch(client, 3600, self.MIDNIGHT - 86_400, "compradores", 9)
        window = LiveReader(client, zone=SAO_PAULO).read_window("today", NOW)
        assert (round(window.totals.compradores), round(window.previous_totals.compradores)) == (4, 1)

    @pytest.mark.parametrize("name", live.WINDOWS)
    def test_visitors_now_are_of_five_minutes_in_every_window(self, client: redis.Redis, name: live.WindowName) -> None:
        put_sketch(client, 10, NOON - 290, "visitantes", 1, 2)
        put_sketch(client, 10, NOON, "visitantes", 2, 3)
        put_sketch(client, 10, NOON - 300, "visitantes", 4)
        window = LiveReader(client, zone=SAO_PAULO).read_window(name, NOW)
        assert (round(window.visitantes_agora), round(window.visitantes_antes)) == (3, 1)


class TestLowStock:
    def test_is_the_least_first_with_names(self, client: redis.Redis) -> None:
        for number in range(12):
            version = dimensions.ProductVersion(0, f"Produto {number}", "Casa", 100, 20 - number)
            client.hset(dimensions.PRODUCTS, f"{number:032x}", dimensions.encode([version]))
            client.zadd(dimensions.STOCK, {f"{number:032x}": 20 - number})
        found = LiveReader(client, zone=SAO_PAULO).read_window("5min", NOW).low_stock
        assert found[:2] == (LowStock(f"{11:032x}", "Produto 11", 9), LowStock(f"{10:032x}", "Produto 10", 10))
        assert len(found) == 10

    def test_of_an_empty_catalogue_is_empty(self, client: redis.Redis) -> None:
        assert LiveReader(client, zone=SAO_PAULO).read_window("5min", NOW).low_stock == ()


class TestErrors:
    def test_a_redis_that_is_away_is_transient(self) -> None:
        # Port 1 answers nobody.
        away = live_store.connect(settings.load({"VITRINE_REDIS_PORT": "1"}), timeout_seconds=1)
        with pytest.raises(LiveStoreUnavailable, match="reading the live status: "):
            live.read_status(away)
        with pytest.raises(LiveStoreUnavailable):
            LiveReader(away, zone=SAO_PAULO).read_window("5min", NOW)

    def test_a_wrong_password_is_terminal(self, client: redis.Redis) -> None:
        address = client.connection_pool.connection_kwargs
        wrong = settings.load(
            {
                "VITRINE_REDIS_HOST": str(address["host"]),
                "VITRINE_REDIS_PORT": str(address["port"]),
                "VITRINE_REDIS_PASSWORD": "errada",
            }
        )
        with pytest.raises(LiveStoreRefused, match="reading the live status: ") as caught:
            live.read_status(live_store.connect(wrong))
        assert "errada" not in str(caught.value)

    def test_a_replica_that_no_failover_has_made_the_primary_yet_is_transient(self, client: redis.Redis) -> None:
        client.replicaof("127.0.0.1", "1")
        try:
            with pytest.raises(LiveStoreUnavailable, match="writing: "), live_store.translated("writing"):
                client.set("x", "1")
        finally:
            client.replicaof("no", "one")

    def test_a_transaction_that_a_redis_unable_to_save_refuses_is_transient(self, client: redis.Redis) -> None:
        with unable_to_save(client), client.pipeline(transaction=True) as pipeline:
            pipeline.set("x", "1")
            with pytest.raises(LiveStoreUnavailable, match="MISCONF"), live_store.translated("writing"):
                pipeline.execute()
        client.set("x", "1")

    def test_a_key_of_another_kind_is_terminal(self, client: redis.Redis) -> None:
        client.lpush(live.STATUS, "x")
        with pytest.raises(LiveStoreRefused, match="WRONGTYPE"):
            live.read_status(client)
