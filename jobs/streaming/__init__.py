"""From Pub/Sub to live panes in Redis, each event counted once.

Data flows ``source`` (Spark's data source; in its own process ``pulling`` feeds the ``sealer``, which
turns messages into final ``rows`` with ``dimensions`` and drops what it has ``seen``) -> ``spool``
(numbered ``segments``) -> ``aggregation`` (Spark: rows to contributions to panes) -> ``writer``
(Redis, fenced by the ``generation``).
"""
