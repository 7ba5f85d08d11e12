"""Who may explain a difference, from literal orders and versions."""

from uuid import UUID

import pytest

from contracts.dimensions import CustomerVersion, ProductVersion
from contracts.panes import Dimension
from jobs.reconcile import suspects
from jobs.reconcile.explaining import Reason
from jobs.reconcile.persisted import Order

NOON = 1_780_315_200_000_000
SECOND = 1_000_000
ANA, BOOK, GAME = UUID(int=1), UUID(int=2), UUID(int=3)
OLD = CustomerVersion(0, "novo", "SP", "São Paulo")


def order(cancelled: int | None = None, products: list[UUID] | None = None) -> Order:
    bought = products or [BOOK]
    return Order(UUID(int=9), NOON, "pix", ANA, 10_001, bought, [1] * len(bought), False, cancelled)


def customer(seconds: int, segment: str = "fiel") -> CustomerVersion:
    """A version from so many seconds after the order on."""
    return CustomerVersion(NOON + seconds * SECOND, segment, "SP", "São Paulo")


def book(seconds: int, category: str = "Usados", price: int = 1000) -> ProductVersion:
    return ProductVersion(NOON + seconds * SECOND, "Livro", category, price, 5)


def test_a_late_sale_is_missing_in_every_dimension() -> None:
    [late] = suspects.sales([order()], {ANA: [OLD]}, {BOOK: [book(-900, "Livros")]}, Reason.LATE)
    assert (late.identity, late.reason, late.instant) == (str(UUID(int=9)), Reason.LATE, NOON)
    assert late.delta[Dimension.TOTAL, "", "bruta"] == 10_001
    assert {dimension for dimension, _, _ in late.delta} == {
        Dimension.TOTAL, Dimension.PAYMENT, Dimension.UF, Dimension.SEGMENT, Dimension.PRODUCT, Dimension.CATEGORY,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("versions", "instead"),
    [
        # Newest first. The one before may have been taken.
        ([customer(-120), OLD], {"novo"}),
        ([customer(0), OLD], {"novo"}),
        ([customer(-5, "VIP"), customer(-60), OLD], {"novo", "fiel"}),
        # Nobody knew the customer yet.
        ([customer(-5)], {"desconhecido"}),
        ([customer(5)], {"desconhecido"}),
        ([customer(5, "VIP"), customer(-5)], {"VIP", "desconhecido"}),
        # Known for long, or told of long after.
        ([customer(-121), OLD], set()),
        ([customer(121), OLD], set()),
        ([customer(60), OLD], set()),
        ([], set()),
    ],
)
def test_a_young_customer_may_have_been_taken_for_who_they_were_before(
    versions: list[CustomerVersion], instead: set[str]
) -> None:
    found = list(suspects.other_customers([order()], {ANA: versions}))
    segments = {key for it in found for (dimension, key, _), amount in it.delta.items() if amount < 0}
    assert segments - {"SP"} == instead
    assert {dimension for it in found for dimension, _, _ in it.delta} <= {Dimension.UF, Dimension.SEGMENT}


def test_a_cancellation_is_counted_for_the_same_customer_in_its_own_moment() -> None:
    found = list(suspects.other_customers([order(cancelled=NOON + 30 * SECOND)], {ANA: [customer(-5), OLD]}))
    assert [(it.group.partition(":")[0], it.instant) for it in found] == [
        ("SALE", NOON),
        ("CANCELLATION", NOON + 30 * SECOND),
    ]
    assert found[1].delta[Dimension.SEGMENT, "fiel", "canceladas"] == 10_001


def test_a_product_s_new_price_moves_revenue_between_the_items_and_no_units() -> None:
    game = ProductVersion(0, "Jogo", "Jogos", 3000, 5)
    products = {BOOK: [book(-5, "Livros", 3000), book(-900, "Livros", 1000)], GAME: [game]}
    [young] = suspects.other_products([order(products=[BOOK, GAME])], products)
    # 10,001 in halves, or as 1 : 3.
    assert young.delta == {
        (Dimension.PRODUCT, BOOK.hex, "bruta"): 5001 - 2500,
        (Dimension.PRODUCT, GAME.hex, "bruta"): 5000 - 7501,
        (Dimension.CATEGORY, "Livros", "bruta"): 5001 - 2500,
        (Dimension.CATEGORY, "Jogos", "bruta"): 5000 - 7501,
    }
    assert young.reason is Reason.RECENT_PRODUCT


def test_a_product_of_which_only_the_stock_changed_explains_nothing() -> None:
    assert list(suspects.other_products([order()], {BOOK: [book(-5), book(-900)]})) == []
