import datetime as dt
import io
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from pyarrow import parquet

from dashboard.data.history.spans import covering, whole_months
from dashboard.formats import Formats
from dashboard.selection import Days
from dashboard.texts import CATALOGUES
from dashboard.views.history.tables import Field, ShownCell, Table, bars, shown, to_csv, to_parquet

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
PT, EN = Formats("pt", SAO_PAULO), Formats("en", SAO_PAULO)
NB = "\N{NO-BREAK SPACE}"
NEVER = Days(dt.date(9999, 1, 2), dt.date(9999, 1, 1))
TABLE = Table(
    fields=[
        Field("inicio", "Período", "period"),
        Field("nome", "Nome", "text"),
        Field("liquida", "Líquida", "money"),
        Field("pedidos", "Pedidos", "integer"),
        Field("taxa", "Taxa", "ratio"),
        Field("variacao", "Variação", "change"),
        Field("media", "Média", "decimal"),
        Field("completo", "Completo", "flag"),
    ],
    rows=[
        (dt.date(2026, 11, 22), "Casa; mesa", 123_456, 1_000, 0.25, -0.125, 1.5, True),
        (dt.date(2026, 11, 23), "=1+1", -5, 0, None, None, None, False),
    ],
    labels=["22/11/2026", "23/11/2026 (em curso)"],
)


def test_values_are_shown_in_the_language_with_what_is_missing_as_a_dash():
    table = shown(TABLE, PT, CATALOGUES["pt"])
    assert table.columns == ["Período", "Nome", "Líquida", "Pedidos", "Taxa", "Variação", "Média", "Completo"]
    assert table.texts == [True, True, False, False, False, False, False, False]
    assert [it.text for it in table.rows[0]] == [
        "22/11/2026",
        "Casa; mesa",
        f"R${NB}1.234,56",
        "1.000",
        f"25,0{NB}%",
        f"▼ 12,5{NB}%",
        "1,50",
        "sim",
    ]
    assert table.rows[0][5] == ShownCell(f"▼ 12,5{NB}%", "down")
    assert [it.text for it in table.rows[1]] == [
        "23/11/2026 (em curso)", "=1+1", f"-R${NB}0,05", "0", "–", "–", "–", "não"
    ]  # fmt: skip


def test_csv_is_what_spreadsheets_of_the_language_read():
    assert to_csv(TABLE, PT, CATALOGUES["pt"]).decode("utf-8-sig").split("\r\n") == [
        "Período;Nome;Líquida;Pedidos;Taxa;Variação;Média;Completo",
        '2026-11-22;"Casa; mesa";1234,56;1000;0,25;-0,125;1,5;sim',
        "2026-11-23;'=1+1;-0,05;0;;;;não",
        "",
    ]
    assert b"\r\n2026-11-22,Casa; mesa,1234.56,1000,0.25,-0.125,1.5,yes\r\n" in to_csv(TABLE, EN, CATALOGUES["en"])


def test_parquet_keeps_types_and_names_of_its_own():
    table = parquet.read_table(io.BytesIO(to_parquet(TABLE)))
    assert {it.name: str(it.type) for it in table.schema} == {
        "inicio": "date32[day]",
        "nome": "string",
        "liquida": "decimal128(20, 2)",
        "pedidos": "int64",
        "taxa": "double",
        "variacao": "double",
        "media": "double",
        "completo": "bool",
    }
    assert table.to_pylist()[0]["liquida"] == Decimal("1234.56")
    assert table.to_pylist()[1]["nome"] == "=1+1"


def test_a_table_without_rows_is_a_file_without_rows():
    empty = Table(fields=TABLE.fields, rows=[])
    assert parquet.read_table(io.BytesIO(to_parquet(empty))).num_rows == 0
    assert to_csv(empty, PT, CATALOGUES["pt"]).count(b"\r\n") == 1


def test_bars_are_parts_of_the_longest():
    assert bars([50, 200, -10]) == [0.25, 1.0, 0.0]
    assert bars([0, 0]) == [0.0, 0.0]


def days(first, last):
    return Days(dt.date.fromisoformat(first), dt.date.fromisoformat(last))


@pytest.mark.parametrize(
    ("asked", "head", "months", "tail"),
    [
        (("2026-01-15", "2026-03-01"), ("2026-01-15", "2026-01-31"), ("2026-02-01", "2026-02-28"), ("2026-03-01",) * 2),
        (("2026-01-01", "2026-03-31"), None, ("2026-01-01", "2026-03-31"), None),
        (("2026-12-01", "2027-01-02"), None, ("2026-12-01", "2026-12-31"), ("2027-01-01", "2027-01-02")),
        (("2026-01-15", "2026-02-10"), ("2026-01-15", "2026-02-10"), None, None),
        (("2026-01-01", "2026-01-30"), ("2026-01-01", "2026-01-30"), None, None),
        (("2026-01-02", "2026-01-31"), ("2026-01-02", "2026-01-31"), None, None),
    ],
)  # fmt: skip
def test_days_are_covered_by_whole_months_and_the_days_around_them(asked, head, months, tail):
    assert whole_months(days(*asked)) == tuple(NEVER if it is None else days(*it) for it in (head, months, tail))


def test_the_longest_range_reads_no_more_days_than_a_short_one():
    _, arguments = covering("vendas_por_uf", days("2016-01-02", "2026-11-23"))
    assert [str(it) for it in arguments] == [
        "2016-02-01", "2026-10-31", "2016-01-02", "2016-01-31", "2026-11-01", "2026-11-23"
    ]  # fmt: skip
