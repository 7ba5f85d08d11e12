"""Spark's DDL as Arrow's schema: the columns of what workers and the driver hand to Spark."""

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import pyarrow as pa


def arrow_schema(ddl: str) -> "pa.Schema":
    """The columns of ``ddl`` in the types that Spark takes from Arrow."""
    from pyspark.sql.pandas.types import to_arrow_schema
    from pyspark.sql.types import StructType

    return to_arrow_schema(cast("StructType", StructType.fromDDL(ddl)))
