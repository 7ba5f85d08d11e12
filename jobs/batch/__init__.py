"""The historical path: all of Postgres in one snapshot, through Spark, into the ``metricas`` schema."""
