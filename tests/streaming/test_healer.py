import threading
from pathlib import Path

import pytest

from contracts import settings
from contracts.errors import StorageUnavailable
from contracts.settings import Settings
from jobs.streaming.checkpoint import Checkpoint, open_checkpoint
from jobs.streaming.healer import Command, Healer, Reason, next_due
from jobs.streaming.healing import hours

NOON = 1_780_315_200


class Tried:
    """Stands in for the process that recomputes, and keeps what was asked of it."""

    def __init__(self, *, ends_well: bool) -> None:
        self.ends_well = ends_well
        self.begun = threading.Event()
        self.asked: list[tuple[Command, Reason]] = []

    def __call__(self, command: Command, reason: Reason) -> bool:
        self.asked.append((command, reason))
        self.begun.set()
        return self.ends_well


@pytest.fixture
def configuration(tmp_path: Path) -> Settings:
    return settings.load({"VITRINE_STREAMING_FOLDER": str(tmp_path / "streaming")})


def checkpoint_of(configuration: Settings) -> Checkpoint:
    return open_checkpoint(configuration.checkpoint_location)


def healer_that(tried: Tried, configuration: Settings, monkeypatch: pytest.MonkeyPatch) -> Healer:
    it = Healer(configuration, checkpoint_of(configuration))
    monkeypatch.setattr(it, "_done", tried)
    return it


@pytest.mark.parametrize("died", ["before it began", "in the middle"])
def test_what_was_asked_of_a_job_that_died_is_done_by_the_next_one(
    configuration: Settings, monkeypatch: pytest.MonkeyPatch, died: str
) -> None:
    if died == "before it began":
        Healer(configuration, checkpoint_of(configuration)).ask("rebuild", "redis_perdeu_dados")
    else:
        first = Tried(ends_well=False)
        with healer_that(first, configuration, monkeypatch) as it:
            it.ask("rebuild", "redis_perdeu_dados")
            assert first.begun.wait(30)
    tried = Tried(ends_well=True)
    with healer_that(tried, configuration, monkeypatch):
        assert tried.begun.wait(30)
    assert tried.asked == [("rebuild", "redis_perdeu_dados")]


def test_what_was_done_is_not_done_again_by_the_next_job(
    configuration: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = Tried(ends_well=True)
    with healer_that(tried, configuration, monkeypatch) as it:
        it.ask("rebuild", "novo_checkpoint")
        assert tried.begun.wait(30)
        # What is done next shows that the first is over.
        tried.begun.clear()
        it.ask("heal", "a_cada_hora")
        assert tried.begun.wait(30)
    assert ("rebuild", "novo_checkpoint") not in Healer(configuration, checkpoint_of(configuration))._asked.items()


def test_a_note_that_cannot_be_written_is_told_to_who_asks_and_ends_nothing(
    configuration: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A batch whose loss is not noted must not be committed; what was asked for is done all the same."""
    in_the_way = tmp_path / "streaming" / "recompute.tmp"
    in_the_way.mkdir(parents=True)
    tried = Tried(ends_well=True)
    with healer_that(tried, configuration, monkeypatch) as it:
        for command, reason in (("rebuild", "redis_perdeu_dados"), ("heal", "parada_longa")):
            tried.begun.clear()
            with pytest.raises(StorageUnavailable, match=r"writing recompute\.json in .*/streaming"):
                it.ask(command, reason)
            assert tried.begun.wait(30)
    assert tried.asked == [("rebuild", "redis_perdeu_dados"), ("heal", "parada_longa")]


def test_a_heal_is_due_once_an_hour_when_the_hour_before_has_closed() -> None:
    # A delay of 600 s: 31 minutes past the hour.
    assert next_due(NOON, 1_860) == NOON + 1_860
    assert next_due(NOON + 1_859.5, 1_860) == NOON + 1_860
    assert next_due(NOON + 1_860, 1_860) == NOON + 3_600 + 1_860


def test_a_delay_of_more_than_an_hour_is_due_once_an_hour_too() -> None:
    assert next_due(NOON, 3 * 3_600 + 60) == NOON + 60


def test_the_hours_of_all_kept_panes_are_worked_on_newest_first() -> None:
    found = hours(NOON + 1_800.0, 60)
    assert (found[0], found[-1], len(found)) == (NOON, NOON - 50 * 3_600, 51)
    # Events may lie a minute ahead of now.
    assert hours(NOON - 30.0, 60)[0] == NOON
