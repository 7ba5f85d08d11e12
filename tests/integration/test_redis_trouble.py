"""The streaming job while Redis is full, cannot save, dies and comes back: it waits, and nothing is counted twice."""

import datetime as dt
import os
import signal

import pytest

from contracts import live
from contracts.panes import Dimension, Measures
from local.servers import StartedServers
from tests.integration.conftest import Job, Shop, eventually
from tests.integration.known_set import message, order, web_event
from tests.redis_states import unable_to_save

pytestmark = pytest.mark.timeout(400)


def totals(shop: Shop, seconds: int) -> Measures:
    result = Measures()
    for key in shop.redis.scan_iter(f"{live.PREFIX}pane:{seconds}:*:{Dimension.TOTAL}"):
        result += live.decode_measures(shop.redis.hgetall(key)[b""])
    return result


def rows(shop: Shop) -> int:
    status = live.read_status(shop.redis)
    return status.rows if status else 0


def publish(shop: Shop, base: dt.datetime, numbers: range) -> None:
    """A sale of as many centavos as its number and a web event each, the sales twice."""
    sales = [message(order(it, base + dt.timedelta(seconds=it), valor_total_compra=it / 100)) for it in numbers]
    shop.publisher.publish("transacoes_vendas", [*sales, *sales])
    shop.publisher.publish(
        "eventos_web", [message(web_event(it, "login", base + dt.timedelta(seconds=it))) for it in numbers]
    )


def sold(count: int) -> Measures:
    """What the sales 1 to ``count`` and as many web events add up to."""
    return Measures(
        bruta=count * (count + 1) // 2,
        pedidos=count,
        unidades=count,
        pedidos_com_carrinho=count,
        eventos=count,
    )


def waits(job: Job) -> int:
    """How often it has said that it waits."""
    return job.output.count("the live store does not take panes, waiting")


def says(job: Job, text: str) -> None:
    eventually(lambda: job.output, lambda it: text in it)


def test_a_redis_that_is_full_cannot_save_or_is_killed_is_waited_for_and_nothing_is_counted_twice(
    shop: Shop, servers: StartedServers
) -> None:
    base = dt.datetime.now(dt.UTC).replace(second=0, microsecond=0) - dt.timedelta(minutes=4)
    job = shop.start("jobs.streaming", "run")
    publish(shop, base, range(1, 41))
    eventually(lambda: rows(shop), lambda it: it == 80, seconds=150)

    shop.redis.config_set("maxmemory", "1")
    publish(shop, base, range(41, 81))
    says(job, "the live store does not take panes, waiting")
    assert "OOM" in job.output or "maxmemory" in job.output
    assert totals(shop, 60) == sold(40)
    shop.redis.config_set("maxmemory", "0")
    eventually(lambda: rows(shop), lambda it: it == 160)
    says(job, "the live store takes panes again")
    assert [totals(shop, seconds) for seconds in (10, 60, 3600)] == [sold(80)] * 3

    with unable_to_save(shop.redis):
        publish(shop, base, range(81, 121))
        eventually(lambda: waits(job), lambda it: it == 2)
        assert "MISCONF" in job.output
        assert totals(shop, 60) == sold(80)
    eventually(lambda: rows(shop), lambda it: it == 240)
    assert [totals(shop, seconds) for seconds in (10, 60, 3600)] == [sold(120)] * 3

    server = servers["redis"]
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    eventually(server.is_alive, lambda it: not it)
    publish(shop, base, range(121, 161))
    eventually(lambda: waits(job), lambda it: it == 3)
    server.start()
    server.ready(30)
    eventually(lambda: rows(shop), lambda it: it == 320)
    assert [totals(shop, seconds) for seconds in (10, 60, 3600)] == [sold(160)] * 3
    assert job.process.poll() is None
    # What was written before the kill is still there: no reason to think that anything was lost.
    assert "has lost panes" not in job.output
    assert job.stop() == 0
