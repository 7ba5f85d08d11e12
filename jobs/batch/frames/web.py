"""Web events put together: what each visit and each cart came to.

Events are many and visits and carts short: what a batch of events says of each is put together where
it is read, and only that reaches Spark.
"""

import datetime as dt
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from contracts.windows import FUNNEL
from jobs.batch import workers
from jobs.batch.frames.days import shop_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    Ints = npt.NDArray[np.int64]

# Of a visit (sessao) or a cart, by one batch: how many events, the first one, the steps of the funnel that
# were reached as bits; of a cart also when something was first put into it, and when all its events were.
# Moments are epoch microseconds.
SUMMARIES = (
    "sessao boolean, id binary, eventos bigint, inicio bigint, passos int, adicionado bigint, momentos array<bigint>"
)
STEPS = ("visita", *(step.value for step in FUNNEL))
_ADDING = 1 << next(bit for bit, step in enumerate(FUNNEL) if step.value == "adicionar_carrinho")
_NEVER = 2**62


def summarised(batches: "Iterable[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
    """Batches of ``tables.web_events`` as ``SUMMARIES``."""
    import pyarrow as pa

    for batch in batches:
        moments = batch["timestamp_evento"].cast(pa.timestamp("us", "UTC")).cast(pa.int64())
        events = pa.record_batch(
            [batch["id_sessao"], batch["id_carrinho"], batch["passo"], moments],
            names=["sessao", "carrinho", "bit", "t"],
        )
        for is_visit in (True, False):
            column = "sessao" if is_visit else "carrinho"
            known = events.filter(events[column].is_valid())
            if known.num_rows:
                yield _summaries(known[column], known["bit"].to_numpy(), known["t"].to_numpy(), is_visit=is_visit)


def _summaries(ids: "pa.Array", bits: "Ints", moments: "Ints", *, is_visit: bool) -> "pa.RecordBatch":
    import numpy as np
    import pyarrow as pa

    coded = ids.dictionary_encode()
    codes = coded.indices.to_numpy()
    order = np.lexsort((moments, codes))
    codes, moments, bits = codes[order], moments[order], bits[order]
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    count = len(starts)
    if is_visit:
        added, lists = pa.nulls(count, pa.int64()), pa.nulls(count, pa.list_(pa.int64()))
    else:
        first = np.minimum.reduceat(np.where(bits & _ADDING, moments, _NEVER), starts)
        added = pa.array(first, mask=first == _NEVER)
        lists = pa.ListArray.from_arrays(np.append(starts, len(codes)).astype(np.int32), pa.array(moments))
    return pa.RecordBatch.from_arrays(
        [
            pa.array(np.full(count, is_visit)),
            coded.dictionary.take(pa.array(codes[starts])),
            pa.array(np.diff(starts, append=len(codes))),
            pa.array(moments[starts]),
            pa.array(np.bitwise_or.reduceat(bits, starts).astype(np.int32)),
            added,
            lists,
        ],
        names=["sessao", "id", "eventos", "inicio", "passos", "adicionado", "momentos"],
    )


def visit_days(summaries: DataFrame, zone: ZoneInfo) -> DataFrame:
    """By the day of a visit's first event: how many visits there were, and how many reached each step.

    Beside them eventos, and when the last visit began (ultima, epoch microseconds).
    """
    visits = (
        summaries.where("sessao")
        .groupBy("id")
        .agg(F.sum("eventos").alias("eventos"), F.min("inicio").alias("inicio"), F.bit_or("passos").alias("passos"))
    )
    reached = [F.count_if(F.col("passos").bitwiseAND(1 << bit) != 0) for bit in range(len(FUNNEL))]
    return visits.groupBy(_day("inicio", zone)).agg(
        F.sum("eventos").alias("eventos"),
        F.max("inicio").alias("ultima"),
        *(count.alias(step) for count, step in zip((F.count(F.lit(1)), *reached), STEPS, strict=True)),
    )


def cart_days(
    summaries: DataFrame, sales: DataFrame, *, instant: dt.datetime, idle: dt.timedelta, zone: ZoneInfo
) -> DataFrame:
    """By the day of a cart's first event how many carts there are and what became of them by ``instant``.

    Carts that are known from their orders alone are no carts that were created: they are the row
    without a day.

    Columns: carrinhos = vazios + abertos + abandonados + convertidos; recuperados among the convertidos;
    of them convertidos_1h, convertidos_1d, convertidos_7d: with the first order so soon after the cart's
    first event. A cart has an order whatever became of it.
    """
    orders = (
        sales.where("id_carrinho is not null")
        .groupBy(F.col("id_carrinho").alias("id"))
        .agg(F.min(F.unix_micros("data_compra")).alias("pedido"))
    )
    carts = (
        summaries.where("not sessao")
        .select("id", "inicio", "adicionado", "momentos", F.lit(None).cast("bigint").alias("pedido"))
        .unionByName(orders, allowMissingColumns=True)
        .groupBy("id")
        .agg(
            F.min("inicio").alias("inicio"),
            F.min("adicionado").alias("adicionado"),
            F.flatten(F.collect_list("momentos")).alias("momentos"),
            F.min("pedido").alias("pedido"),
        )
        .drop("id")
    )
    now, patience = int(instant.timestamp() * 1_000_000), int(idle.total_seconds() * 1_000_000)

    def judge(batches: "Iterable[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
        workers.settle()
        for batch in batches:
            yield _judged(batch, now, patience)

    judged = carts.mapInArrow(judge, "inicio bigint, estado string, recuperado boolean, espera bigint")
    converted = F.col("estado") == "convertido"
    hour = 3_600_000_000
    within = {"1h": hour, "1d": 24 * hour, "7d": 7 * 24 * hour}
    return judged.groupBy(_day("inicio", zone)).agg(
        F.count(F.lit(1)).alias("carrinhos"),
        *(F.count_if(F.col("estado") == it).alias(f"{it}s") for it in ("vazio", "aberto", "abandonado", "convertido")),
        F.count_if("recuperado").alias("recuperados"),
        *(
            F.count_if(converted & (F.col("espera") <= longest)).alias(f"convertidos_{name}")
            for name, longest in within.items()
        ),
    )


CART_COUNTS = (
    "carrinhos",
    "vazios",
    "abertos",
    "abandonados",
    "convertidos",
    "recuperados",
    "convertidos_1h",
    "convertidos_1d",
    "convertidos_7d",
)


def _judged(carts: "pa.RecordBatch", now: int, patience: int) -> "pa.RecordBatch":
    """What became of each cart: vazio, aberto, abandonado or convertido, and whether it was lost before."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    def filled(name: str) -> "Ints":
        return np.asarray(pc.fill_null(carts[name], _NEVER), np.int64)

    first, added, ordered = filled("inicio"), filled("adicionado"), filled("pedido")
    lists = carts["momentos"]
    counts = np.diff(lists.offsets.to_numpy())
    cart = np.repeat(np.arange(carts.num_rows), counts)
    moments = lists.flatten().to_numpy().astype(np.int64)
    last = np.full(carts.num_rows, -_NEVER)
    np.maximum.at(last, cart, moments)
    is_bought, is_filled, is_idle = ordered < _NEVER, added < _NEVER, now - last > patience
    state = np.select([is_bought, ~is_idle, is_filled], ["convertido", "aberto", "abandonado"], default="vazio").astype(
        object
    )
    recovered = is_bought & (_longest_rest(cart, moments, added, ordered) > patience)
    return pa.RecordBatch.from_arrays(
        [
            carts["inicio"],
            pa.array(state, pa.string()),
            pa.array(recovered),
            pa.array(np.where(is_bought, ordered - first, 0), mask=~is_bought),
        ],
        names=["inicio", "estado", "recuperado", "espera"],
    )


def _longest_rest(cart: "Ints", moments: "Ints", added: "Ints", ordered: "Ints") -> Any:
    """The longest time without an event of each cart, from its first item to its order; 0 without either."""
    import numpy as np

    between = (moments >= added[cart]) & (moments <= ordered[cart]) & (ordered[cart] < _NEVER)
    bought = np.flatnonzero((ordered < _NEVER) & (added <= ordered))
    owner = np.concatenate([cart[between], bought])
    times = np.concatenate([moments[between], ordered[bought]])
    order = np.lexsort((times, owner))
    owner, times = owner[order], times[order]
    rests = np.where(np.diff(owner) == 0, np.diff(times), 0)
    longest = np.zeros(len(added), np.int64)
    np.maximum.at(longest, owner[1:], rests)
    return longest


def _day(column: str, zone: ZoneInfo) -> Any:
    return shop_day(F.timestamp_micros(column), zone).alias("dia")
