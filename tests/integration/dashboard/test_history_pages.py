"""The pages of history in a real browser."""

import csv
import io
import re
import urllib.request
from decimal import Decimal

import pytest
from playwright.sync_api import expect
from pyarrow import parquet

from contracts import database
from dashboard.questions import BY_PATH
from tests.integration.dashboard.conftest import stopped
from tests.integration.dashboard.content import day, write_history
from tests.integration.dashboard.locators import NB, open_fold, rows_of, tile


def saved(page, block, kind, folder):
    """The file that a card's link gives."""
    with page.expect_download() as download:
        page.locator(f"[data-block={block}]").get_by_role("link", name=kind, exact=False).first.click()
    download.value.save_as(folder / download.value.suggested_filename)
    return folder / download.value.suggested_filename


def test_history_shows_the_current_run_and_the_next_one_by_itself(configuration, connection, open_page, tmp_path):
    write_history(configuration)
    page = open_page("/vendas?intervalo=7d")
    # Six complete days beside the same six of the week before: 5 × 1,000.00 + 1,234.56 against 6,000.00.
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}6.234,56")
    expect(tile(page, "net_sales").locator(".delta b")).to_have_text(f"▲ 3,9{NB}%")
    expect(tile(page, "orders").locator(".value")).to_have_text("54")
    open_fold(page, "periodos")
    rows = rows_of(page, "periodos")
    expect(rows).to_have_count(7)
    expect(rows.nth(0)).to_contain_text("(em curso)")
    expect(rows.nth(1).locator("td")).to_have_text(
        [f"R${NB}1.234,56", f"R${NB}1.239,56", f"R${NB}5,00", "4", "1", f"R${NB}308,64", f"R${NB}1.000,00", "sim"]
    )
    expect(rows_of(page, "ufs").nth(1)).to_have_text(f"Rio de JaneiroR${NB}234,5619,0{NB}%–1")
    expect(page.locator("[data-block=semana-hora] .level-5")).to_have_text("617")
    # The exact value without pointing at it.
    page.get_by_role("button", name="Tabela: Vendas por dia da semana e hora").click()
    expect(rows_of(page, "semana-hora").locator("td")).to_have_text(["9", "2", "4", f"R${NB}1.234,56", f"R${NB}617,28"])
    page.get_by_role("button", name="Gráfico: Vendas por dia da semana e hora").click()
    expect(page.locator("[data-block=semana-hora] .level-5")).to_have_text("617")
    expect(page.locator("[data-block=vendas] canvas")).to_be_visible()
    page.get_by_text("1 tipo de achado de qualidade").click()
    expect(page.locator(".provenance li").nth(0)).to_have_text("Vendas de valor zero: 2")

    lines = saved(page, "periodos", "CSV", tmp_path).read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("Período;Líquida;Bruta;Canceladas;Pedidos válidos;Cancelados;Ticket médio;")
    assert f"{day(1)};1234,56;1239,56;5,00;4;1;308,64;1000,00;sim" in lines
    taken = parquet.read_table(saved(page, "periodos", "Parquet", tmp_path)).to_pylist()
    in_postgres = database.rows(
        connection, "select inicio, liquida from metricas.vendas_totais where periodo = 'dia' order by 1 desc limit 7"
    )
    connection.rollback()
    assert [(it["inicio"], it["liquida"]) for it in taken] == in_postgres

    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("radio", name="Semana").click()
    expect(page).to_have_url(re.compile(r"periodo=semana"))
    expect(rows).not_to_have_count(7)
    page.get_by_role("radio", name="Dia", exact=True).click()
    expect(rows).to_have_count(7)
    write_history(configuration, net_yesterday=222_222)
    expect(rows.nth(1).locator("td").nth(0)).to_have_text(f"R${NB}2.222,22", timeout=20_000)


def test_filters_and_comparison_are_in_the_link_and_in_the_numbers(configuration, connection, open_page, tmp_path):
    write_history(configuration)
    page = open_page("/geografia?intervalo=7d&comparar=nada")
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}1.234,56")
    expect(rows_of(page, "cidades")).to_have_count(3)
    # What data says is text, never markup.
    expect(rows_of(page, "cidades").nth(2)).to_contain_text("Niterói <i>")
    expect(page.locator("[data-block=mapa] canvas")).to_be_visible()
    page.get_by_role("button", name="Filtros").click()
    page.get_by_role("combobox", name="UF").click()
    page.get_by_role("option", name="RJ · Rio de Janeiro").click()
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}234,56")
    expect(rows_of(page, "cidades")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"uf=RJ"))
    expect(page.get_by_role("dialog", name="Filtros · 1")).to_be_visible()
    # The file is what the page shows.
    expect(page.locator("[data-block=cidades] a.file").first).to_have_attribute("href", re.compile("uf=RJ"))
    file = page.locator("[data-block=cidades] a.file").first.evaluate("it => it.href")
    with urllib.request.urlopen(file) as answer:
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="vitrine-geografia-cidades-')
        lines = answer.read().decode("utf-8-sig").splitlines()
    assert lines[1:] == ["Niterói <i>;RJ;234,56;;1;234,56;0,00"]
    page.reload()
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}234,56")
    page.get_by_role("link", name="Produtos").click()
    expect(page).to_have_url(re.compile(r"/produtos\?.*comparar=nada"))
    expect(tile(page, "units").locator(".value")).to_have_text("7")


def test_sales_are_filtered_by_everything_at_once(configuration, connection, open_page):
    write_history(configuration)
    page = open_page("/vendas?intervalo=7d&comparar=nada&uf=SP&pagamento=pix")
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}1.000,00")
    expect(tile(page, "orders").locator(".value")).to_have_text("3")
    expect(tile(page, "ticket").locator(".value")).to_have_text(f"R${NB}333,33")
    expect(rows_of(page, "categorias").nth(0)).to_have_text(f"CasaR${NB}800,0080,0{NB}%" + "34")
    expect(page.locator("[data-block=semana-hora]")).to_contain_text("tire os filtros para ver")
    in_postgres = database.rows(
        connection,
        "select sum(liquida), sum(pedidos)::int from metricas.vendas_diarias "
        "where uf = 'SP' and metodo_pagamento = 'pix'",
    )
    connection.rollback()
    assert in_postgres == [(Decimal("1000.00"), 3)]
    page.get_by_role("button", name="Filtros · 2").click()
    page.get_by_role("combobox", name="Categoria").click()
    page.get_by_role("option", name="Casa").click()
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}800,00")
    expect(tile(page, "orders").locator(".value")).to_have_text("3")
    expect(tile(page, "units").locator(".value")).to_have_text("4")
    page.get_by_role("option", name="Moda").click()
    # An order may hold both: it would be counted twice.
    expect(tile(page, "orders").locator(".value")).to_have_text("–")
    expect(tile(page, "orders").locator(".note")).to_contain_text("contaria mais de uma vez")
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}1.000,00")
    expect(tile(page, "units").locator(".value")).to_have_text("5")
    expect(page).to_have_url(re.compile(r"categoria=Casa&categoria=Moda"))
    page.reload()
    expect(tile(page, "units").locator(".value")).to_have_text("5")


@pytest.mark.parametrize("path", BY_PATH)
def test_every_table_of_a_page_is_had_as_csv_and_as_parquet(configuration, open_page, path):
    write_history(configuration)
    page = open_page(f"/{path}")
    expect(page.locator(".blocks > *").last).to_be_visible()
    cards = page.locator(".blocks > .card")
    files = page.locator(".blocks a.file").evaluate_all("all => all.map(it => it.href)")
    with_files = cards.filter(has=page.locator("a.file"))
    assert len(files) == 2 * with_files.count() > 0
    # A card without them says why it has nothing.
    assert all(it.locator("p").inner_text() for it in cards.filter(has_not=page.locator("a.file")).all())
    for in_csv, in_parquet in zip(files[::2], files[1::2], strict=True):
        with urllib.request.urlopen(in_csv) as answer:
            rows = list(csv.reader(io.StringIO(answer.read().decode("utf-8-sig")), delimiter=";"))
        with urllib.request.urlopen(in_parquet) as answer:
            table = parquet.read_table(io.BytesIO(answer.read()))
        assert len(rows[0]) == table.num_columns
        assert len(rows) - 1 == table.num_rows > 0, in_csv


def test_a_link_to_the_old_page_of_history_leads_to_that_of_sales(configuration, open_page):
    write_history(configuration)
    page = open_page("/historico?intervalo=7d&idioma=en")
    expect(page).to_have_url(re.compile(r"/vendas\?intervalo=7d&idioma=en"))
    expect(tile(page, "orders").locator("h2")).to_have_text("Valid orders")


def test_a_stopped_postgres_is_said_and_history_recovers_by_itself(servers, configuration, open_page):
    write_history(configuration)
    page = open_page("/vendas?intervalo=7d")
    value = tile(page, "net_sales").locator(".value")
    expect(value).to_have_text(f"R${NB}6.234,56")
    with stopped(servers["postgres"]):
        # Looked at at once, not only when the page would look again.
        page.get_by_role("radio", name="Semana").click()
        expect(page.get_by_text("O banco de dados não responde.")).to_be_visible(timeout=30_000)
    expect(value).to_have_text(f"R${NB}6.234,56", timeout=30_000)
