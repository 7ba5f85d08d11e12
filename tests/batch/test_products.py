from jobs.batch.metrics.products import best_selling_products, revenue_by_category
from tests.batch.conftest import sale, version

CATALOGUE = [
    version(1, "2026-01-01 00:00", "livros", 1_000),
    version(2, "2026-01-01 00:00", "livros", 3_000),
    version(3, "2026-01-01 00:00", "jogos", 1_000),
]


def test_products_are_ranked_by_units_then_revenue_then_id(shop):
    sales = [
        sale(1, "2026-03-18 01:00", 9_000, items={3: 2}),
        sale(2, "2026-03-18 02:00", 9_000, items={2: 2}),
        sale(3, "2026-03-18 03:00", 1_000, items={1: 2}),
        sale(4, "2026-03-18 04:00", 1, items={4: 3}),
    ]
    # id_produto, posicao, posicao_anterior, unidades, receita
    assert sorted(shop.rows(best_selling_products, sales, kind="dia", versions=CATALOGUE), key=lambda it: it[2]) == [
        ("2026-03-18", 4, 1, None, 3, 1),
        ("2026-03-18", 2, 2, None, 2, 9_000),
        ("2026-03-18", 3, 3, None, 2, 9_000),
        ("2026-03-18", 1, 4, None, 2, 1_000),
    ]


def test_movement_is_against_the_period_just_before_and_only_when_sold_then(shop):
    sales = [
        sale(1, "2026-03-15 10:00", 100, items={1: 5, 2: 4, 3: 3}),
        sale(2, "2026-03-16 10:00", 100, items={2: 9, 1: 1}),
        sale(3, "2026-03-17 10:00", 100, items={3: 1, 2: 2}),
    ]
    days = shop.rows(best_selling_products, sales, kind="dia", versions=CATALOGUE)
    assert [(day, product, rank, before) for day, product, rank, before, _, _ in days] == [
        ("2026-03-15", 1, 1, None),
        ("2026-03-15", 2, 2, None),
        ("2026-03-15", 3, 3, None),
        ("2026-03-16", 1, 2, 1),
        ("2026-03-16", 2, 1, 2),
        ("2026-03-17", 2, 1, 1),
        ("2026-03-17", 3, 2, None),
    ]


def test_a_total_is_shared_by_price_and_quantity_to_the_centavo(shop):
    # Weights 1000 × 1, 3000 × 2 and 1000 × 1 of 10,001: 1250.1, 7500.7 and 1250.1.
    sales = [sale(1, "2026-03-18 01:00", 10_001, items={1: 1, 2: 2, 3: 1})]
    rows = shop.rows(best_selling_products, sales, kind="dia", versions=CATALOGUE)
    assert [(product, revenue) for _, product, _, _, _, revenue in rows] == [(1, 1_250), (2, 7_501), (3, 1_250)]
    assert shop.rows(revenue_by_category, sales, kind="dia", versions=CATALOGUE) == [
        ("2026-03-18", "jogos", 1, 1_250),
        ("2026-03-18", "livros", 3, 8_751),
    ]


def test_price_and_category_are_those_at_the_time_of_purchase(shop):
    versions = [*CATALOGUE, version(1, "2026-03-17 12:00", "usados", 3_000)]
    sales = [
        sale(1, "2026-03-17 11:59", 400, items={1: 1, 2: 1}),
        sale(2, "2026-03-17 12:00", 400, items={1: 1, 2: 1}),
    ]
    assert shop.rows(revenue_by_category, sales, kind="mes", versions=versions) == [
        ("2026-03-01", "livros", 3, 600),
        ("2026-03-01", "usados", 1, 200),
    ]


def test_before_a_products_first_version_its_first_one_holds(shop):
    versions = [version(1, "2026-03-18 10:00", "livros", 1_000), version(2, "2026-03-18 10:00", "jogos", 3_000)]
    sales = [sale(1, "2026-03-18 09:00", 400, items={1: 1, 2: 1})]
    assert shop.rows(revenue_by_category, sales, kind="dia", versions=versions) == [
        ("2026-03-18", "jogos", 1, 300),
        ("2026-03-18", "livros", 1, 100),
    ]


def test_an_unknown_product_makes_the_order_shared_by_quantity_alone(shop):
    sales = [sale(1, "2026-03-18 09:00", 400, items={2: 1, 99: 3})]
    assert shop.rows(revenue_by_category, sales, kind="dia", versions=CATALOGUE) == [
        ("2026-03-18", "desconhecido", 3, 300),
        ("2026-03-18", "livros", 1, 100),
    ]


def test_an_empty_catalogue_loses_no_revenue(shop):
    sales = [sale(1, "2026-03-18 09:00", 401, items={2: 1, 99: 1})]
    assert shop.rows(revenue_by_category, sales, kind="dia") == [("2026-03-18", "desconhecido", 2, 401)]


def test_cancelled_orders_sell_nothing(shop):
    sales = [
        sale(1, "2026-03-18 09:00", 400, items={1: 1}, cancelled=True),
        sale(2, "2026-03-18 09:00", 300, items={3: 1}),
    ]
    assert shop.rows(revenue_by_category, sales, kind="dia", versions=CATALOGUE) == [("2026-03-18", "jogos", 1, 300)]
    assert len(shop.rows(best_selling_products, sales, kind="dia", versions=CATALOGUE)) == 1


def test_a_category_without_sales_in_a_period_is_a_zero(shop):
    sales = [sale(1, "2026-03-17 09:00", 400, items={1: 1}), sale(2, "2026-03-18 09:00", 300, items={3: 1})]
    assert shop.rows(revenue_by_category, sales, kind="dia", versions=CATALOGUE) == [
        ("2026-03-17", "jogos", 0, 0),
        ("2026-03-17", "livros", 1, 400),
        ("2026-03-18", "jogos", 1, 300),
        ("2026-03-18", "livros", 0, 0),
    ]


def test_without_orders_there_are_no_products(shop):
    assert shop.rows(best_selling_products, [], versions=CATALOGUE) == []
    assert shop.rows(revenue_by_category, [], versions=CATALOGUE) == []
