"""Parts of panes add up to the same panes however the rows are cut."""

from uuid import UUID

from datasketches import hll_sketch
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import live_rows
from contracts.dimensions import CustomerVersion, ProductVersion
from contracts.live_rows import Row
from contracts.pane_sums import Pane, PaneSums
from contracts.panes import MEASURES, SKETCHES
from contracts.partial_panes import COLUMNS, partial_panes
from jobs.streaming.rows import SPARK_SCHEMA

NOON = 1_780_315_200


def row(number: int) -> Row:
    """One of many: every kind, some two hours around noon."""
    instant = (NOON + number % 7_200) * 1_000_000 + number
    if number % 3:
        return live_rows.web_event(
            instant=instant, kind="carrinho_criado" if number % 2 else "login", session=UUID(int=number % 17)
        )
    customer = CustomerVersion(0, "VIP", "SP", "São Paulo")
    if number % 2:
        return live_rows.cancellation(instant=instant, payment="pix", customer=customer, centavos=number)
    return live_rows.sale(
        instant=instant,
        payment="pix",
        buyer=UUID(int=number % 11),
        customer=customer,
        centavos=number,
        products=[UUID(int=number % 5), UUID(int=6)],
        versions=[ProductVersion(0, "Livro", "Livros", 1_000, 5), None],
        quantities=[2, 1],
        has_cart=number % 4 == 0,
    )


def panes_of(rows: list[list[Row]]) -> dict[tuple[int, int], Pane]:
    sums = PaneSums(0.0)
    for some in rows:
        sums.add(live_rows.to_table(some))
    return sums.panes()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=40), st.integers(0, 40))
def test_parts_add_up_to_the_same_panes_however_rows_are_cut(numbers: list[int], cut: int) -> None:
    rows = [row(it) for it in numbers]
    whole, cut_up, singly = panes_of([rows]), panes_of([rows[cut:], rows[:cut]]), panes_of([[it] for it in rows])
    for other in (cut_up, singly):
        assert {it: pane.dimensions for it, pane in other.items()} == {
            it: pane.dimensions for it, pane in whole.items()
        }
        for it, pane in whole.items():
            counts = [
                {name: round(hll_sketch.deserialize(image).get_estimate()) for name, image in each.sketches.items()}
                for each in (pane, other[it])
            ]
            assert counts[0] == counts[1]


def test_a_part_says_when_its_newest_row_was_and_lies_in_one_hour_with_it() -> None:
    parts = partial_panes(live_rows.to_table([row(it) for it in range(0, 14_400, 7)]))
    newest: dict[int, int] = {}
    for seconds, start, instant in zip(
        parts["pane_seconds"].to_pylist(),
        parts["pane_start"].to_pylist(),
        parts["instante"].cast("int64").to_pylist(),
        strict=True,
    ):
        assert start <= instant // 1_000_000 < start + seconds
        newest[seconds] = max(newest.get(seconds, 0), instant)
    # The watermark follows from them: the newest row of all is the newest of each length.
    assert set(newest.values()) == {max(row(it)[1] for it in range(0, 14_400, 7))}


def test_spark_reads_the_columns_that_parts_have() -> None:
    types = {"timestamp[us, tz=UTC]": "TIMESTAMP", "int32": "INT", "int64": "BIGINT", "string": "STRING"}
    types["binary"] = "BINARY"
    assert ", ".join(f"{it.name} {types[str(it.type)]}" for it in COLUMNS) == SPARK_SCHEMA
    assert COLUMNS.names[5:] == [*MEASURES, *SKETCHES]
