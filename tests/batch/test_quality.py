import pytest

from contracts.errors import TerminalError
from jobs.batch import quality
from tests.batch.conftest import NOW, customer, event, sale, version


def findings(shop, *sales, **given):
    return quality.findings(shop.frames(sales, **given), instant=NOW)


def test_sound_data_has_no_findings(shop):
    assert findings(shop) == {}
    assert (
        findings(
            shop,
            sale(1, "2026-03-18 10:00", 100, cart=1),
            versions=[version(1, "2026-01-01 00:00", "livros", 100)],
            people=[customer(1, "2026-01-01 00:00", "novo", "SP", "São Paulo")],
            events=[event(1, "2026-03-18 09:59", "adicionar", cart=1)],
        )
        == {}
    )


def test_what_is_odd_is_counted_by_kind(shop):
    assert findings(
        shop,
        sale(1, "2026-03-14 10:00", 0, cart=7),
        sale(2, "2026-03-16 10:00", 100_000_001, items={9: 3}),
        sale(2, "2026-03-16 11:00", 100),
        versions=[version(1, "2026-01-01 00:00", "livros", 100)],
        events=[event(1, "2026-03-17 14:00")],
    ) == {
        "vendas_sem_valor": 1,
        "vendas_absurdas": 1,
        "vendas_sem_cliente": 3,
        "vendas_repetidas": 2,
        "unidades_sem_produto": 3,
        "carrinhos_nao_vistos": 1,
        # Sunday and Tuesday; Saturday to Monday. Today is not over.
        "dias_sem_vendas": 2,
        "dias_sem_visitas": 3,
        # The last sale on Monday, the last visit on Tuesday at 14:00; it is Wednesday, 15:00.
        "vendas_paradas": 1,
        "visitas_paradas": 1,
    }


def test_tables_that_lost_rows_are_not_published():
    before = {"transacoes_vendas": 1_000, "eventos_web": 5_000}
    quality.require_as_much({"transacoes_vendas": 990, "eventos_web": 5_001, "novo": 0}, before)
    quality.require_as_much({"transacoes_vendas": 0}, {})
    with pytest.raises(TerminalError, match=r"transacoes_vendas has 989 rows, 1,000 in the run before.*--accept-loss"):
        quality.require_as_much({"transacoes_vendas": 989, "eventos_web": 5_000}, before)
