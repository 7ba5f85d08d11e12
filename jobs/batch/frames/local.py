"""Frames of rows that the driver has."""

from collections.abc import Iterable, Sequence
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from jobs.batch.schemas import arrow_schema


def local_frame(session: SparkSession, rows: Iterable[Sequence[Any]], schema: str) -> DataFrame:
    """The rows (tuples in the order of ``schema``, Spark's DDL) as a frame whose size Spark knows.

    By way of Arrow: Spark would send lists of rows through a Python process, and plan with them as
    if they were huge.
    """
    import pyarrow as pa

    columns = arrow_schema(schema)
    named = [dict(zip(columns.names, row, strict=True)) for row in rows]
    return session.createDataFrame(pa.Table.from_pylist(named, schema=columns))
