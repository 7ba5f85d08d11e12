"""The texts of the health page that every language must have."""

from msgspec import Struct


class HealthTexts(Struct, frozen=True, kw_only=True):
    """All texts of one language; every field is required. Words in braces are filled in by the views."""

    page: str
    unexpected: str

    # The verdict
    verdict_good: str
    verdict_warn: str
    verdict_bad: str
    verdict_waiting: str
    verdict_good_note: str
    looked_at: str
    why_postgres_away: str
    why_redis_away: str
    why_part_silent: str
    why_part_absent: str
    why_no_producer: str
    why_backlog: str
    why_starting: str
    why_no_events: str
    why_stale: str
    why_slow: str
    why_waiting_rows: str
    why_batch_failed: str
    why_batch_none: str
    why_batch_old: str
    why_batch_long: str
    why_diverges: str
    why_heal_failed: str
    why_schema: str
    why_releases: str
    why_redis_full: str
    why_rejected: str

    # What an old or missing panel says
    trouble_away: str
    trouble_failed: str
    waiting: str

    # The stages of the flow
    stage_published: str
    stage_queue: str
    stage_persisted: str
    stage_live: str
    stage_redis: str
    stage_postgres: str
    per_second: str
    queue_value: str
    queue_note: str
    queue_empty: str
    published_note: str
    paused: str
    persisted_note: str
    persisted_unknown: str
    live_note: str
    live_off: str
    redis_note: str
    redis_bound: str
    redis_unbound: str
    postgres_note: str

    # Queues
    queues_title: str
    queues_note: str
    subscription: str
    in_queue: str
    published_rate: str
    received_rate: str
    persisted_until: str

    # Latency
    latency_title: str
    latency_note: str
    latency_stage: str
    latency_now: str
    latency_event_to_redis: str
    latency_batch: str
    latency_newest: str
    latency_rows: str
    latency_persisted: str
    latency_persisted_note: str

    # Where the time goes
    stages_title: str
    stages_note: str
    stages_none: str
    stages_time: str
    stages_share: str
    stages_meaning: str
    stage_names: dict[str, str]
    stage_meanings: dict[str, str]
    stages_total: str
    stages_total_meaning: str

    # Parts
    parts_title: str
    part: str
    part_names: dict[str, str]
    processes: str
    state: str
    rate: str
    in_hand: str
    rejected: str
    code: str
    part_works: str
    part_silent: str
    part_absent: str

    # Batch runs
    runs_title: str
    run: str
    run_states: dict[str, str]
    run_shown: str
    run_instant: str
    run_duration: str
    run_findings: str
    run_reason: str
    runs_none: str

    # Reconciliation
    reconciled_title: str
    reconciled_note: str
    reconciled_none: str
    reconciled_states: dict[str, str]
    hour: str
    orders: str
    gross: str
    compared: str
    explained: str
    unexplained: str
    missing: str
    differences_title: str
    differences_none: str
    difference_where: str
    difference_what: str
    difference_expected: str
    difference_found: str
    difference_why: str
    sources: dict[str, str]
    reasons: dict[str, str]
    finding_states: dict[str, str]
    pane_seconds: dict[str, str]

    # Recomputations
    healings_title: str
    healings_none: str
    heal_reasons: dict[str, str]
    heal_states: dict[str, str]
    heal_started: str
    heal_hours: str
    heal_replaced: str
    heal_filled: str
    heal_failure: str

    # Sizes and versions
    live_state_title: str
    database_title: str
    database_note: str
    what: str
    size: str
    rows: str
    database_total: str
    spool: str
    spool_pending: str
    identities: str
    redis_memory: str
    redis_keys: str
    redis_hashes: str
    versions_title: str
    version: str
    schema: str
    schema_current: str
    schema_other: str

    # Rejected events
    rejected_title: str
    reasons_title: str
    reasons_none: str
    count: str
    rejected_topic: str
    rejected_reason: str
    every_topic: str
    every_reason: str
    topic_names: dict[str, str]
    code_names: dict[str, str]
    code_details: dict[str, str]
    show_personal: str
    show_personal_help: str
    newer: str
    older: str
    rejected_none: str
    rejected_away: str
    rejected_failed: str
    rejected_held: str
    field_and_value: str
    rule: str
    payload: str
    payload_cut: str
    payload_empty: str
    payload_masked: str
    attributes: str
    message_id: str
    published_at: str
    replayed_at: str
    replay: str
    replay_as_it_came: str
    replay_mended: str
    copy: str
    copied: str
