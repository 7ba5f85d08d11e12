"""From Pub/Sub to Postgres: every event once, by upserts that bear any order and any repetition.

Data flows ``consumer`` (takes batches, acknowledges after the commit) -> ``decoding`` (events and
rejections) -> ``upserts`` (one transaction) -> ``dimension_hashes`` (Redis) -> acknowledgement.
Rejections also go to ``rejections`` (table and topic).
"""
