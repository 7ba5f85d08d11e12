"""The shop that Vitrine watches: customers, catalogue, shoppers, orders, and their truth.

From the bottom up: ``identity`` (ids and chance from a seed), ``behaviour`` (the documented rates),
``catalogue``, ``customers``, ``orders`` and ``sessions`` (pure models), ``shard`` and ``shop`` (the
live stream of events), ``ledger`` (what was really done), ``publishing`` and ``run`` (the edge), and
``history`` (the same shop's past).
"""
