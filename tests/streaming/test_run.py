"""What a query that ended is told as."""

import pytest

from jobs.streaming.checkpoint import open_checkpoint
from jobs.streaming.run import _explained

LOST = "batch 3 comes after batch 5 was written: the checkpoint is older than the live store. Way out: remove the"


@pytest.mark.parametrize("location", ["/data/streaming", "gs://shop/live"])
def test_our_own_words_on_the_checkpoint_say_which_one_is_to_be_removed(location: str) -> None:
    checkpoint = open_checkpoint(location, "http://127.0.0.1:9")
    raised = f"py4j: contracts.errors.TerminalError: {LOST} checkpoint\n  at line 7"
    assert (
        str(_explained(Exception(raised), checkpoint)) == f"{LOST} checkpoint. The checkpoint is {location}/checkpoint"
    )
    # And not twice.
    raised = f"contracts.errors.TerminalError: remove {location}/checkpoint"
    assert str(_explained(Exception(raised), checkpoint)) == f"remove {location}/checkpoint"


def test_our_own_words_on_something_else_stay_as_they_are() -> None:
    raised = "contracts.errors.BrokerRefused: pulling from eventos_web-tempo-real: not found"
    explained = _explained(Exception(raised), open_checkpoint("/data/streaming"))
    assert str(explained) == "pulling from eventos_web-tempo-real: not found"


def test_a_failure_of_spark_on_its_checkpoint_says_where_that_is() -> None:
    explained = _explained(Exception("Failed to read the checkpoint's offsets"), open_checkpoint("/data/streaming"))
    assert "If its checkpoint (/data/streaming/checkpoint) cannot be read, remove it" in str(explained)


def test_a_process_that_began_too_late_is_no_matter_of_the_checkpoint() -> None:
    raised = "[STREAM_FAILED] Query [id = 1] terminated with exception: Python worker failed to connect back. XXKST"
    explained = str(_explained(Exception(raised), open_checkpoint("/data/streaming")))
    assert explained.startswith("a Python process of Spark's took more than 10 s to begin")
    assert "checkpoint" not in explained
