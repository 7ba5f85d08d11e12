"""What each product sold, day by day: orders shared among their items."""

from typing import TYPE_CHECKING

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.batch import sharing, workers

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

_PRODUCT_ITEMS = "id_produto binary, categoria string, unidades bigint, receita_centavos bigint, dia date"


def product_days(sales: DataFrame, history: sharing.PriceHistory) -> DataFrame:
    """Units and revenue of each product and day; a product that changed category has a row for each."""
    valid = sales.where("not cancelado").select(
        "id_produto", "quantidade_produto", "total_centavos", "data_compra", "dia"
    )

    def share(batches: "Iterable[pa.RecordBatch]") -> "Iterable[pa.RecordBatch]":
        workers.settle()
        for batch in batches:
            yield _shared_items(batch, history)

    return (
        valid.mapInArrow(share, _PRODUCT_ITEMS)
        .groupBy("dia", "id_produto", "categoria")
        .agg(F.sum("unidades").alias("unidades"), F.sum("receita_centavos").alias("receita_centavos"))
    )


def _shared_items(orders: "pa.RecordBatch", history: sharing.PriceHistory) -> "pa.RecordBatch":
    """Orders → their items summed by product, category and day within the batch."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    offsets = orders["id_produto"].offsets.to_numpy()
    first_items = (offsets[:-1] - offsets[0]).astype(np.int64)
    counts = np.diff(offsets)
    products = orders["id_produto"].flatten()
    quantities = orders["quantidade_produto"].flatten().to_numpy().astype(np.int64)
    rows = pa.array(np.repeat(np.arange(orders.num_rows), counts))
    prices, categories = history.at(products, orders["data_compra"].take(rows))
    revenue = sharing.share_totals(orders["total_centavos"].to_numpy(), first_items, prices, quantities)
    items = pa.table(
        {
            "id_produto": products,
            "categoria": pa.array(categories, pa.int64()),
            "unidades": quantities,
            "receita_centavos": revenue,
            "dia": orders["dia"].take(rows),
        }
    )
    summed = items.group_by(["dia", "id_produto", "categoria"]).aggregate(
        [("unidades", "sum"), ("receita_centavos", "sum")]
    )
    return pa.RecordBatch.from_arrays(
        [
            summed["id_produto"].combine_chunks(),
            pc.take(pa.array(history.categories), summed["categoria"].combine_chunks()),
            summed["unidades_sum"].combine_chunks(),
            summed["receita_centavos_sum"].combine_chunks(),
            summed["dia"].combine_chunks(),
        ],
        names=["id_produto", "categoria", "unidades", "receita_centavos", "dia"],
    )
