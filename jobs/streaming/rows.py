"""The live row as segments hold it and Spark reads it."""

from typing import Any

import pyarrow as pa

from contracts.live_rows import COLUMNS, to_batch

__all__ = ["COLUMNS", "IDENTITY", "SEGMENT", "SPARK_SCHEMA", "RowColumns"]

# Beside what Spark reads, what tells a duplicate: the row's kind and its event's id.
IDENTITY = pa.field("identidade", pa.binary(17))
SEGMENT = COLUMNS.append(IDENTITY)

# The same for Spark, type by type.
SPARK_SCHEMA = (
    "kind TINYINT, instante TIMESTAMP, metodo_pagamento STRING, uf STRING, segmento STRING, tipo_evento STRING, "
    "centavos BIGINT, unidades BIGINT, carrinho BIGINT, pessoa BIGINT, "
    "itens ARRAY<STRUCT<produto: STRING, categoria: STRING, centavos: BIGINT, unidades: BIGINT>>"
)


class RowColumns:
    """Collects rows; ``to_batch`` makes the Arrow batch."""

    def __init__(self) -> None:
        self._rows: list[tuple[Any, ...]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def append(self, row: tuple[Any, ...]) -> None:
        """Add one row: the values of ``SEGMENT``'s fields, ``instante`` in epoch microseconds."""
        self._rows.append(row)

    def to_batch(self) -> pa.RecordBatch:
        """All rows, in the order they came."""
        return to_batch(self._rows, SEGMENT)
