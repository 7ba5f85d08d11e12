"""The reconciliation: closed live panes against Postgres and against the simulators' ledger.

``run``, ``looking``, ``persisted``, ``books`` and ``record`` read and write; the rest computes from values.
"""
