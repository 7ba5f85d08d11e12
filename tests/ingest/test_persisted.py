from jobs.ingest.persisted import PersistedUntil


def test_nothing_is_claimed_before_what_a_dead_process_held_was_delivered_again() -> None:
    it = PersistedUntil(20, started_at=1_000.0)
    it.is_empty(1_039.0)
    it.wrote(1_030.0, 1_039.9)
    assert it.until == 0.0
    it.is_empty(1_040.0)
    assert it.until == 1_000.0


def test_an_empty_subscription_claims_up_to_now_less_two_acknowledgement_deadlines() -> None:
    it = PersistedUntil(20, started_at=0.0)
    it.is_empty(5_000.0)
    assert it.until == 4_960.0


def test_a_backlog_claims_up_to_its_oldest_message_and_an_older_one_takes_the_claim_back() -> None:
    it = PersistedUntil(20, started_at=0.0)
    it.wrote(3_000.0, 5_000.0)
    assert it.until == 2_960.0
    it.is_empty(5_001.0)
    it.wrote(4_000.0, 5_002.0)
    assert it.until == 3_960.0
