"""Rows made in bulk are those made one by one, and their sums are by the contribution table."""

from uuid import UUID

import numpy as np
import pyarrow as pa
from datasketches import hll_sketch
from hypothesis import given
from hypothesis import strategies as st

from contracts import live_rows
from contracts.dimensions import CustomerVersion, ProductVersion
from contracts.pane_sums import PaneSums, of_row
from contracts.panes import Dimension, Measures

NOON = 1_780_315_200
BOOK, GAME, ANA = UUID(int=1), UUID(int=2), UUID(int=3)
KINDS = ["login", "carrinho_criado", "pesquisa"]


@given(st.lists(st.uuids(), min_size=1, max_size=20))
def test_people_are_the_same_one_by_one_and_in_bulk(identities: list[UUID]) -> None:
    array = np.array([list(it.bytes) for it in identities], dtype=np.uint8)
    assert live_rows.people(array).tolist() == [live_rows.person(it) for it in identities]


@given(st.lists(st.tuples(st.integers(0, 10**15), st.sampled_from(KINDS), st.uuids()), max_size=20), st.integers(0, 3))
def test_web_events_are_the_same_one_by_one_and_in_bulk(events: list[tuple[int, str, UUID]], sliced: int) -> None:
    bulk = live_rows.web_events_table(
        pa.array([it[0] for it in events], pa.timestamp("us", tz="UTC")).slice(sliced),
        pa.array([it[1] for it in events], pa.string()).slice(sliced),
        pa.array([it[2].bytes for it in events], pa.binary(16)).slice(sliced),
    )
    singly = [live_rows.web_event(instant=it[0], kind=it[1], session=it[2]) for it in events[sliced:]]
    assert bulk.equals(live_rows.to_table(singly))


def sale(second: float, *, has_cart: bool = True) -> live_rows.Row:
    return live_rows.sale(
        instant=int(second * 1e6),
        payment="pix",
        buyer=ANA,
        customer=CustomerVersion(0, "VIP", "SP", "São Paulo"),
        centavos=10_001,
        products=[BOOK, GAME],
        versions=[ProductVersion(0, "Livro", "Livros", 1000, 5), ProductVersion(0, "Jogo", "Jogos", 3000, 5)],
        quantities=[2, 1],
        has_cart=has_cart,
    )


def cancellation(second: float) -> live_rows.Row:
    return live_rows.cancellation(instant=int(second * 1e6), payment="pix", customer=None, centavos=10_001)


def visit(second: float, kind: str, session: int) -> live_rows.Row:
    return live_rows.web_event(instant=int(second * 1e6), kind=kind, session=UUID(int=session))


def test_rows_add_up_to_panes_of_every_length_and_dimension() -> None:
    sums = PaneSums(NOON + 60.0)
    sums.add(live_rows.to_table([sale(NOON + 9.9), sale(NOON + 10, has_cart=False), cancellation(NOON + 61)]))
    sums.add(live_rows.to_table([visit(NOON, "login", 1), visit(NOON + 10, "carrinho_criado", 1)]))
    found = sums.panes()
    sold = Measures(bruta=10_001, pedidos=1, unidades=3, eventos=1)
    assert found[10, NOON].dimensions == {Dimension.TOTAL: {"": sold + Measures(pedidos_com_carrinho=1)}}
    assert found[10, NOON + 10].dimensions == {Dimension.TOTAL: {"": sold + Measures(carrinhos_criados=1)}}
    assert found[60, NOON].dimensions == {
        Dimension.TOTAL: {"": sold + sold + Measures(pedidos_com_carrinho=1, carrinhos_criados=1)},
        Dimension.PAYMENT: {"pix": Measures(bruta=20_002, pedidos=2)},
        Dimension.UF: {"SP": Measures(bruta=20_002, pedidos=2)},
        Dimension.SEGMENT: {"VIP": Measures(bruta=20_002, pedidos=2)},
        Dimension.PRODUCT: {
            BOOK.hex: Measures(bruta=8_000, unidades=4),
            GAME.hex: Measures(bruta=12_002, unidades=2),
        },
        Dimension.CATEGORY: {
            "Livros": Measures(bruta=8_000, unidades=4),
            "Jogos": Measures(bruta=12_002, unidades=2),
        },
        Dimension.EVENT_TYPE: {"login": Measures(eventos=1), "carrinho_criado": Measures(eventos=1)},
    }
    gone = Measures(canceladas=10_001, pedidos_cancelados=1)
    assert found[60, NOON + 60].dimensions[Dimension.TOTAL] == {"": gone}
    assert found[60, NOON + 60].dimensions[Dimension.UF] == {"desconhecido": gone}
    assert found[3600, NOON].dimensions[Dimension.TOTAL][""].canceladas == 10_001
    counted = {name: hll_sketch.deserialize(image).get_estimate() for name, image in found[60, NOON].sketches.items()}
    assert {name: round(it) for name, it in counted.items()} == {"compradores": 1, "visitantes": 1}


def test_panes_that_are_not_kept_any_more_are_not_made() -> None:
    sums = PaneSums(NOON + 36 * 60.0)
    sums.add(live_rows.to_table([sale(NOON + 5)]))
    assert sorted(sums.panes()) == [(60, NOON), (3600, NOON)]
    later = PaneSums(NOON + 4 * 3600.0)
    later.add(live_rows.to_table([sale(NOON + 5)]))
    assert set(later.panes()[60, NOON].dimensions) == {Dimension.TOTAL}
    assert len(later.panes()[3600, NOON].dimensions) == 6


def test_a_table_without_rows_adds_nothing() -> None:
    sums = PaneSums(0.0)
    sums.add(live_rows.to_table([]))
    assert sums.panes() == {}


def test_what_one_row_adds_is_what_a_table_of_it_adds_up_to() -> None:
    for row in (sale(NOON), sale(NOON, has_cart=False), cancellation(NOON), visit(NOON, "carrinho_criado", 1)):
        sums = PaneSums(NOON)
        sums.add(live_rows.to_table([row]))
        assert of_row(row) == sums.panes()[3600, NOON // 3600 * 3600].dimensions
