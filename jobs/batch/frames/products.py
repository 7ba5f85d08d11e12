"""Orders shared among their items where they are read; what is sold by product and by category."""

import datetime as dt
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.batch import periods, sharing
from jobs.batch.frames.days import has_bit
from jobs.batch.frames.sums import MONEY
from jobs.batch.periods import Kind
from jobs.batch.schemas import arrow_schema
from jobs.batch.source import Through

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    Ints = npt.NDArray[np.int64]

_SALE = ["id_pedido", "id_usuario", "total_centavos", "data_compra", "cancelado", "metodo_pagamento", "id_carrinho"]
# What is read of sales: two kinds of rows, null in each other's columns. A sale is all of a transaction but
# its items, which are summed by category. The others, without id_pedido, are what one batch of valid sales
# sold of a product on a day.
SHARED = (
    "id_pedido binary, id_usuario binary, total_centavos bigint, data_compra timestamp, cancelado boolean, "
    "metodo_pagamento string, id_carrinho binary, "
    "categorias array<struct<categoria: string, unidades: bigint, centavos: bigint>>, "
    "dia date, id_produto binary, categoria string, unidades bigint, receita_centavos bigint"
)
_PRODUCT = ("dia", "id_produto", "categoria")


def shared(history: sharing.PriceHistory, zone: ZoneInfo) -> Through:
    """The function that turns batches of ``tables.sales`` into batches of ``SHARED``."""
    schema = arrow_schema(SHARED)

    def share(batches: "Iterable[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
        for batch in batches:
            if batch.num_rows:
                yield from _shared(batch, history, schema, zone)

    return share


def sales_of(read: DataFrame) -> DataFrame:
    """The sales among rows of ``SHARED`` that were given dia and hora."""
    return read.where("id_pedido is not null").select(*_SALE, "categorias", "dia", "hora")


def product_days(read: DataFrame) -> DataFrame:
    """Units and revenue of each product and day; a product that changed category has a row for each."""
    sums = (F.sum(it).alias(it) for it in ("unidades", "receita_centavos"))
    return read.where("id_pedido is null").groupBy(*_PRODUCT).agg(*sums)


def category_days(bought: DataFrame) -> DataFrame:
    """By dia, categoria, uf, metodo_pagamento and segmento_cliente: pedidos, unidades, ``MONEY``.

    An order counts for each category that its transaction of the day has that counts for it. Units are
    those of valid sales.
    """
    keys = ("dia", "categoria", "uf", "metodo_pagamento", "segmento_cliente")
    valid = ~F.col("cancelado")
    items = bought.select(
        "dia", "uf", "metodo_pagamento", "segmento_cliente", "cancelado", "conta", F.inline("categorias")
    )
    return items.groupBy(*keys).agg(
        F.count_if(valid & has_bit("conta", Kind.DAY)).alias("pedidos"),
        _sum_where(valid, "unidades").alias("unidades"),
        F.sum("centavos").alias(MONEY[0]),
        _sum_where(~valid, "centavos").alias(MONEY[1]),
    )


def _sum_where(condition: Column, column: str) -> Column:
    return F.sum(F.when(condition, F.col(column)).otherwise(0))


def _shared(
    sales: "pa.RecordBatch", history: sharing.PriceHistory, schema: "pa.Schema", zone: ZoneInfo
) -> "Iterator[pa.RecordBatch]":
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    offsets = sales["id_produto"].offsets.to_numpy()
    owners = np.repeat(np.arange(sales.num_rows), np.diff(offsets))
    products = sales["id_produto"].flatten()
    units = sales["quantidade_produto"].flatten().to_numpy().astype(np.int64)
    prices, categories = history.at(products, sales["data_compra"].take(pa.array(owners)))
    first_items = (offsets[:-1] - offsets[0]).astype(np.int64)
    revenue = sharing.share_totals(sales["total_centavos"].to_numpy(), first_items, prices, units)
    names = pa.array(history.categories)
    lists = _by_category(owners, categories, units, revenue, names, schema.field("categorias").type)
    yield _filled(schema, sales.num_rows, {**{it: sales[it] for it in _SALE}, "categorias": lists})

    valid = ~sales["cancelado"].to_numpy(zero_copy_only=False)[owners]
    items = pa.table(
        {
            "dia": _shop_days(sales["data_compra"], zone)[owners[valid]],
            "id_produto": products.filter(pa.array(valid)),
            "categoria": categories[valid],
            "unidades": units[valid],
            "receita_centavos": revenue[valid],
        }
    )
    sold = items.group_by(list(_PRODUCT)).aggregate([("unidades", "sum"), ("receita_centavos", "sum")])
    columns = {it.removesuffix("_sum"): sold[it].combine_chunks() for it in sold.column_names}
    columns["categoria"] = pc.take(names, columns["categoria"])
    columns["dia"] = columns["dia"].cast(pa.int32()).cast(pa.date32())
    yield _filled(schema, sold.num_rows, columns)


def _by_category(
    owners: "Ints", categories: "Ints", units: "Ints", revenue: "Ints", names: "pa.Array", kind: "pa.ListType"
) -> "pa.ListArray":
    """For each order a list of its categories with units and share of the total; every order has an item."""
    import numpy as np
    import pyarrow as pa

    keys = owners * len(names) + categories
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    found = keys[starts]
    entries = pa.StructArray.from_arrays(
        [
            names.take(pa.array(found % len(names))),
            pa.array(np.add.reduceat(units[order], starts)),
            pa.array(np.add.reduceat(revenue[order], starts)),
        ],
        fields=list(kind.value_type),
    )
    offsets = np.searchsorted(found // len(names), np.arange(owners[-1] + 2)).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), entries, type=kind)


def _shop_days(moments: "pa.Array", zone: ZoneInfo) -> Any:
    """The shop's days of moments, as days since 1970."""
    import numpy as np

    microseconds = sharing.microseconds(moments)
    local = [
        dt.datetime.fromtimestamp(int(it) / 1_000_000, zone).date() for it in (microseconds.min(), microseconds.max())
    ]
    first = local[0] - dt.timedelta(days=1)
    # Whatever clocks did, a day is from its midnight to the next one's.
    midnights = [
        int(periods.midnight(first + dt.timedelta(days=it), zone).timestamp()) * 1_000_000
        for it in range((local[1] - first).days + 2)
    ]
    epoch = dt.date(1970, 1, 1)
    return np.searchsorted(np.array(midnights), microseconds, side="right") - 1 + (first - epoch).days


def _filled(schema: "pa.Schema", rows: int, columns: "dict[str, pa.Array]") -> "pa.RecordBatch":
    """A batch of ``schema``, null where there is no column."""
    import pyarrow as pa

    return pa.RecordBatch.from_arrays(
        [columns[it.name].cast(it.type) if it.name in columns else pa.nulls(rows, it.type) for it in schema],
        schema=schema,
    )
