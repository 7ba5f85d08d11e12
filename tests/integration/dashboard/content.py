"""What the pages get to show: a minute of the live shop, and a run of history."""

import datetime as dt
import time
import uuid
from zoneinfo import ZoneInfo

from contracts import database, dimensions
from contracts.panes import Dimension, Measures
from tests.dashboard import shop

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
COPO, VASO = "c" * 32, "d" * 32
# History ends here: a run's days are told from its instant, so that midnight may come while the tests run.
NOW = dt.datetime.now(dt.UTC)
TODAY = NOW.astimezone(SAO_PAULO).date()


def fill(redis_client, *, gross=123_456, now=None):
    """Ten orders in the minute ``now`` and eight 15 minutes before; all that a page shows follows.

    ``now`` is about two minutes ago, far from the windows' edges for the length of a test. It is
    returned, to be given when the same minute is filled again. All of it is there at once, as with a batch of the
    streaming job: a reader in between would see panes that are gone and come back.
    """
    now = now or int(time.time()) // 60 * 60 - 120
    before = now - 15 * 60
    client = redis_client.pipeline(transaction=True)
    shop.write_total(
        client,
        now,
        Measures(
            bruta=gross,
            pedidos=10,
            unidades=15,
            canceladas=3_456,
            pedidos_cancelados=1,
            pedidos_com_carrinho=8,
            eventos=500,
            carrinhos_criados=80,
        ),
    )
    shop.write_total(client, before, Measures(bruta=100_000, pedidos=8, pedidos_com_carrinho=8))
    shop.write_sketches(client, 10, now, {"compradores": "abcdefghi", "visitantes": "abcdefghijklmnop"})
    shop.write_pane(
        client,
        60,
        now,
        Dimension.PRODUCT,
        {COPO: Measures(bruta=90_000, unidades=9), VASO: Measures(bruta=33_456, unidades=6)},
    )
    shop.write_pane(client, 60, before, Dimension.PRODUCT, {VASO: Measures(bruta=9, unidades=9)})
    shop.write_pane(
        client,
        60,
        now,
        Dimension.PAYMENT,
        {"pix": Measures(bruta=100_000, pedidos=6), "boleto": Measures(bruta=23_456, pedidos=4)},
    )
    shop.write_pane(client, 60, now, Dimension.CATEGORY, {"Casa": Measures(bruta=123_456)})
    shop.write_pane(client, 60, now, Dimension.UF, {"SP": Measures(bruta=100_000), "RJ": Measures(bruta=23_456)})
    shop.write_pane(client, 60, now, Dimension.SEGMENT, {"VIP": Measures(bruta=123_456)})
    shop.write_pane(
        client,
        60,
        now,
        Dimension.EVENT_TYPE,
        {"visualizacao_produto": Measures(eventos=400), "adicionar_carrinho": Measures(eventos=100)},
    )
    shop.write_products(client, {COPO: "Copo <img src=x onerror=alert(1)>", VASO: "Vaso"})
    client.zadd(dimensions.STOCK, {VASO: 2})
    shop.write_status(client, newest_event=time.time(), rejected=5, late=3, duplicates=12)
    client.execute()
    return now


def day(ago):
    return TODAY - dt.timedelta(days=ago)


MONTH = TODAY.replace(day=1)


def history_of(net_yesterday):
    """Fourteen days and today; the last complete one is ``net_yesterday``."""
    return [
        *(("dia", day(it), True, 100_000, 0, 10, 0) for it in range(14, 1, -1)),
        ("dia", day(1), True, net_yesterday + 500, 500, 4, 1),
        ("dia", TODAY, False, 7_000, 0, 2, 0),
    ]


def by_day(*rows, months=()):
    """Rows of yesterday and, with ``months``, of this month: (values after the three columns of a period)."""
    return [("dia", day(1), True, *it) for it in rows] + [("mes", MONTH, False, *it) for it in months]


# What the other metrics say of yesterday. A month's row says which keys there are.
OTHERS = {
    "vendas_por_uf": by_day(
        ("SP", 3, 100_500, 500, 100_000),
        ("RJ", 1, 23_456, 0, 23_456),
        months=[("RJ", 0, 0, 0, 0), ("SP", 0, 0, 0, 0)],
    ),
    "vendas_por_cidade": by_day(
        ("SP", "Campinas", 2, 60_000, 0, 60_000),
        ("SP", "Santos", 1, 40_500, 500, 40_000),
        ("RJ", "Niterói <i>", 1, 23_456, 0, 23_456),
    ),
    "vendas_por_pagamento": by_day(("pix", 4, 123_956, 500, 123_456), months=[("pix", 0, 0, 0, 0)]),
    "vendas_por_segmento": by_day(("VIP", 4, 123_956, 500, 123_456), months=[("VIP", 0, 0, 0, 0)]),
    "receita_por_categoria": by_day(("Casa", 5, 100_000), ("Moda", 2, 23_456), months=[("Casa", 0, 0), ("Moda", 0, 0)]),
    "produtos_mais_vendidos": by_day((uuid.UUID(COPO), 1, None, 5, 100_000), (uuid.UUID(VASO), 2, None, 2, 23_456)),
    "mapa_semana_hora": [("mes", day(1).replace(day=1), False, 1, 9, 2, 4, 123_456)],
    "vendas_diarias": [
        (day(1), "SP", "pix", "VIP", 3, 1, 100_500, 500),
        (day(1), "RJ", "pix", "VIP", 1, 0, 23_456, 0),
    ],
    "vendas_diarias_por_categoria": [
        (day(1), "Casa", "SP", "pix", "VIP", 3, 4, 80_500, 500),
        (day(1), "Moda", "SP", "pix", "VIP", 1, 1, 20_000, 0),
        (day(1), "Casa", "RJ", "pix", "VIP", 1, 1, 20_000, 0),
        (day(1), "Moda", "RJ", "pix", "VIP", 1, 1, 3_456, 0),
    ],
    "crescimento_receita": by_day((123_456, 100_000, None)),
    "variacao_ticket_medio": by_day((123_456, 4, 100_000, 10, None, None)),
    "receita_media_usuario": by_day((123_456, 4, 40, 30_864, 3_086)),
    "pedidos_por_cliente": [*by_day((4, 4)), ("total", day(14), False, 134, 67)],
    "distribuicao_pedidos": [("total", day(14), False, 1, 40), ("total", day(14), False, 2, 27)],
    "retencao_mensal": [("mes", MONTH, False, 0, 67, 67)],
    "rfm": [("total", day(14), False, 5, 5, 5, "campeoes", 67, 134, 1_423_456, 67)],
    "conversao_carrinho": [("dia", day(8), True, True, 100, 10, 20, 30, 30)],
    "abandono_carrinho": [("dia", day(8), True, 100, 4, 0, 66, 30, 6)],
    "funil": [
        ("dia", day(1), True, at, step, 1_000 // (at + 1))
        for at, step in enumerate(
            ("visita", "visualizacao_produto", "adicionar_carrinho", "checkout_iniciado", "checkout_concluido")
        )
    ],
    "previsao_receita": [("dia", TODAY + dt.timedelta(days=it), False, 100_000, 80_000, 130_000) for it in range(30)],
    "erro_previsao": [
        ("dia", day(14), True, "ets", 6, 180, 1_000_000, 170_000, 148),
        ("dia", day(14), True, "semana_anterior", 6, 180, 1_000_000, 200_000, None),
    ],
}


def write_history(configuration, net_yesterday=123_456):
    """A run with something on every page, through a connection of its own."""
    opened = database.connect(configuration, application="test")
    shop.write_run(opened, NOW, history_of(net_yesterday), OTHERS)
    opened.close()
