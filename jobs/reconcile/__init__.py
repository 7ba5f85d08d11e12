"""The reconciliation: closed live panes against Postgres and against the simulators' ledger.

Everything but the files ``run``, ``persisted``, ``books`` and ``record`` computes from values.
"""
