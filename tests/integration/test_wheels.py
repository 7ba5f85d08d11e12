"""The jobs on the servers and the Java of the wheels, as on a machine where only Python is found."""

from decimal import Decimal
from pathlib import Path

import pytest

from contracts import live
from local.servers import start_all
from tests.integration import known_set
from tests.integration.conftest import Shop, eventually
from tests.integration.known_set import message, order
from tests.integration.test_local_servers import only_python_is_found

pytestmark = pytest.mark.timeout(400)


def test_the_whole_path_runs_where_only_python_is_found(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Spark does not start on the wheel's Java as it is: a machine with a Java of its own never shows it."""
    folder = tmp_path_factory.mktemp("wheels")
    with start_all(folder, machine=only_python_is_found()) as servers:
        assert Path(servers.environment["JAVA_HOME"]).is_relative_to(folder)
        shop = Shop(servers, tmp_path_factory.mktemp("shop"))
        try:
            shop.start("jobs.ingest", "run")
            shop.start("jobs.streaming", "run")
            now = shop.rows("select clock_timestamp()")[0][0]
            shop.publisher.publish("catalogo_produtos", [message(it, known_set.LONG_AGO) for it in known_set.CATALOGUE])
            shop.publisher.publish("transacoes_vendas", [message(order(1, now, valor_total_compra=12.34))])
            eventually(lambda: live.read_status(shop.redis), lambda it: it is not None and it.rows == 1, seconds=150)
            eventually(lambda: shop.rows("select count(*) from transacoes_vendas"), lambda it: it == [(1,)])
            batch = shop.run("jobs.batch", "run")
            assert batch.process.returncode == 0, batch.output
            assert shop.rows("select sum(liquida) from metricas.vendas_totais where periodo = 'dia'") == [
                (Decimal("12.34"),)
            ]
        finally:
            shop.close()
