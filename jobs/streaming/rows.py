"""The live row: typed, narrow and final. What segments hold and Spark reads."""

from typing import Any

import pyarrow as pa

ITEM = pa.struct(
    [
        pa.field("produto", pa.string()),
        pa.field("categoria", pa.string()),
        pa.field("centavos", pa.int64()),
        pa.field("unidades", pa.int64()),
    ]
)

# What Spark reads. `pessoa` is whom the sketches count: the buyer of a sale, the session of a web event;
# `carrinho` is 1 for a sale from a cart and for the event that made one.
COLUMNS = pa.schema(
    [
        pa.field("kind", pa.int8()),
        pa.field("instante", pa.timestamp("us", tz="UTC")),
        pa.field("metodo_pagamento", pa.string()),
        pa.field("uf", pa.string()),
        pa.field("segmento", pa.string()),
        pa.field("tipo_evento", pa.string()),
        pa.field("centavos", pa.int64()),
        pa.field("unidades", pa.int64()),
        pa.field("carrinho", pa.int64()),
        pa.field("pessoa", pa.int64()),
        pa.field("itens", pa.list_(ITEM)),
    ]
)

# Beside them, what tells a duplicate: the row's kind and its event's id.
IDENTITY = pa.field("identidade", pa.binary(17))
SEGMENT = COLUMNS.append(IDENTITY)

# The same for Spark, type by type.
SPARK_SCHEMA = (
    "kind TINYINT, instante TIMESTAMP, metodo_pagamento STRING, uf STRING, segmento STRING, tipo_evento STRING, "
    "centavos BIGINT, unidades BIGINT, carrinho BIGINT, pessoa BIGINT, "
    "itens ARRAY<STRUCT<produto: STRING, categoria: STRING, centavos: BIGINT, unidades: BIGINT>>"
)


class RowColumns:
    """Collects rows column by column; ``to_batch`` makes the Arrow batch."""

    def __init__(self) -> None:
        self._rows: list[tuple[Any, ...]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def append(self, row: tuple[Any, ...]) -> None:
        """Add one row: the values of ``SEGMENT``'s fields, ``instante`` in epoch microseconds."""
        self._rows.append(row)

    def to_batch(self) -> pa.RecordBatch:
        """All rows, in the order they came."""
        columns = list(zip(*self._rows, strict=True)) or [()] * len(SEGMENT)
        arrays = [
            pa.array(column, type=pa.int64()).cast(field.type)
            if field.name == "instante"
            else pa.array(column, type=field.type)
            for field, column in zip(SEGMENT, columns, strict=True)
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=SEGMENT)
