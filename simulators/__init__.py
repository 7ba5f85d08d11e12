"""The shop that Vitrine watches: customers, catalogue, shoppers, orders, and their truth.

From the bottom up: ``identity`` (ids and chance from a seed), ``behaviour`` (the documented rates),
``seasons`` and ``scenarios`` (what makes a moment busy or strange), ``catalogue``, ``customers``,
``clientele``, ``orders`` and ``sessions`` (pure models), ``world`` (all of them together), ``visits``,
``visitors``, ``stream``, ``till`` and ``shard`` (one shard's events), ``pace`` and ``shop`` (all shards of
a process, on time), ``ledger`` (what was really done), ``publishing``, ``watching``, ``session`` and ``run``
(the edge), ``past`` and ``history`` (the same shop's past), and ``report`` (a picture of it all).
"""
