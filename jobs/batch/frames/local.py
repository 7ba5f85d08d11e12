"""Frames of rows that the driver has."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from pyspark.sql import DataFrame, SparkSession


def local_frame(session: SparkSession, rows: Iterable[Sequence[Any]], schema: str) -> DataFrame:
    """The rows (tuples in the order of ``schema``, Spark's DDL) as a frame whose size Spark knows.

    By way of Arrow: Spark would send lists of rows through a Python process, and plan with them as
    if they were huge.
    """
    import pyarrow as pa
    from pyspark.sql.pandas.types import to_arrow_schema
    from pyspark.sql.types import StructType

    columns = to_arrow_schema(cast("StructType", StructType.fromDDL(schema)))
    named = [dict(zip(columns.names, row, strict=True)) for row in rows]
    return session.createDataFrame(pa.Table.from_pylist(named, schema=columns))
