from jobs.batch.metrics.daily import daily_sales, daily_sales_by_category
from tests.batch.conftest import customer, sale, version

PEOPLE = [
    customer(1, "2026-01-01 00:00", "novo", "SP", "São Paulo"),
    customer(2, "2026-01-01 00:00", "VIP", "RJ", "Niterói"),
]
CATALOGUE = [
    version(1, "2026-01-01 00:00", "livros", 1_000),
    version(2, "2026-01-01 00:00", "livros", 3_000),
    version(3, "2026-01-01 00:00", "jogos", 1_000),
]


def daily(shop, *sales):
    """inicio, uf, metodo_pagamento, segmento, pedidos, cancelados, bruta, canceladas"""
    return shop.rows(daily_sales, sales, people=PEOPLE, versions=CATALOGUE, drop=())


def by_category(shop, *sales):
    """inicio, categoria, uf, metodo_pagamento, segmento, pedidos, unidades, bruta, canceladas"""
    return shop.rows(daily_sales_by_category, sales, people=PEOPLE, versions=CATALOGUE, drop=())


def test_only_combinations_that_occur_have_a_row(shop):
    sales = [
        sale(1, "2026-03-17 10:00", 100, user=1),
        sale(2, "2026-03-17 11:00", 30, user=1),
        sale(3, "2026-03-17 12:00", 7, user=1, payment="boleto", cancelled=True),
        sale(4, "2026-03-18 10:00", 250, user=2),
    ]
    assert daily(shop, *sales) == [
        ("2026-03-17", "SP", "boleto", "novo", 0, 1, 7, 7),
        ("2026-03-17", "SP", "pix", "novo", 2, 0, 130, 0),
        ("2026-03-18", "RJ", "pix", "VIP", 1, 0, 250, 0),
    ]


def test_an_order_of_two_categories_counts_in_both_and_its_total_is_shared(shop):
    # Weights 1000 × 1, 3000 × 2 and 1000 × 1 of 10,001: 1250.1, 7500.7 and 1250.1.
    order = sale(1, "2026-03-18 01:00", 10_001, items={1: 1, 2: 2, 3: 1})
    assert daily(shop, order) == [("2026-03-18", "SP", "pix", "novo", 1, 0, 10_001, 0)]
    assert by_category(shop, order) == [
        ("2026-03-18", "jogos", "SP", "pix", "novo", 1, 1, 1_250, 0),
        ("2026-03-18", "livros", "SP", "pix", "novo", 1, 3, 8_751, 0),
    ]


def test_categories_come_together_again_whatever_order_they_are_of(shop):
    sales = [
        sale(1, "2026-03-18 01:00", 400, items={3: 1, 1: 3}),
        sale(2, "2026-03-18 02:00", 101, items={1: 1, 3: 1}),
        sale(3, "2026-03-18 03:00", 50, items={3: 2}),
    ]
    assert by_category(shop, *sales) == [
        ("2026-03-18", "jogos", "SP", "pix", "novo", 3, 4, 100 + 50 + 50, 0),
        ("2026-03-18", "livros", "SP", "pix", "novo", 2, 4, 300 + 51, 0),
    ]


def test_whom_and_what_nobody_knows_is_called_so(shop):
    order = sale(1, "2026-03-18 10:00", 400, user=9, items={2: 1, 99: 3})
    assert daily(shop, order) == [("2026-03-18", "desconhecido", "pix", "desconhecido", 1, 0, 400, 0)]
    assert by_category(shop, order) == [
        ("2026-03-18", "desconhecido", "desconhecido", "pix", "desconhecido", 1, 3, 300, 0),
        ("2026-03-18", "livros", "desconhecido", "pix", "desconhecido", 1, 1, 100, 0),
    ]


def test_where_all_is_cancelled_there_is_gross_but_no_order(shop):
    sales = [
        sale(1, "2026-03-18 10:00", 400, items={1: 1, 3: 3}, cancelled=True),
        sale(2, "2026-03-18 11:00", 60, cancelled=True),
    ]
    assert daily(shop, *sales) == [("2026-03-18", "SP", "pix", "novo", 0, 2, 460, 460)]
    assert by_category(shop, *sales) == [
        ("2026-03-18", "jogos", "SP", "pix", "novo", 0, 0, 300, 300),
        ("2026-03-18", "livros", "SP", "pix", "novo", 0, 0, 160, 160),
    ]


def test_a_day_ends_at_midnight_in_sao_paulo(shop):
    # 23:59:59.999999 there is the next day's 02:59:59.999999 in UTC.
    sales = [sale(1, "2026-03-16 23:59:59.999999", 1), sale(2, "2026-03-17 00:00", 20)]
    assert [(row[0], row[-2]) for row in daily(shop, *sales)] == [("2026-03-16", 1), ("2026-03-17", 20)]
    assert [(row[0], row[-2]) for row in by_category(shop, *sales)] == [("2026-03-16", 1), ("2026-03-17", 20)]


def test_of_several_transactions_of_an_order_the_first_valid_one_of_the_day_counts(shop):
    sales = [
        sale(1, "2026-03-17 09:00", 10, payment="boleto", cancelled=True),
        sale(1, "2026-03-17 10:00", 20, payment="cartao_credito"),
        sale(1, "2026-03-17 11:00", 30, items={3: 2}),
        sale(1, "2026-03-18 09:00", 40),
    ]
    assert daily(shop, *sales) == [
        ("2026-03-17", "SP", "boleto", "novo", 0, 0, 10, 10),
        ("2026-03-17", "SP", "cartao_credito", "novo", 1, 0, 20, 0),
        ("2026-03-17", "SP", "pix", "novo", 0, 0, 30, 0),
        ("2026-03-18", "SP", "pix", "novo", 1, 0, 40, 0),
    ]
    assert by_category(shop, *sales) == [
        ("2026-03-17", "jogos", "SP", "pix", "novo", 0, 2, 30, 0),
        ("2026-03-17", "livros", "SP", "boleto", "novo", 0, 0, 10, 10),
        ("2026-03-17", "livros", "SP", "cartao_credito", "novo", 1, 1, 20, 0),
        ("2026-03-18", "livros", "SP", "pix", "novo", 1, 1, 40, 0),
    ]


def test_without_orders_there_are_no_daily_sales(shop):
    assert daily(shop) == []
    assert by_category(shop) == []
