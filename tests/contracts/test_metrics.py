from pathlib import Path

from contracts.metrics import METRICS
from contracts.metrics.page import markdown

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"


def test_the_page_of_metrics_is_current():
    assert PAGE.read_text("utf-8") == markdown(), "run: python -m contracts.metrics"


def test_the_twelve_metrics_of_the_sources_are_there_in_order():
    assert [it.number for it in METRICS if it.number is not None] == list(range(1, 13))


def test_every_metric_has_its_own_id_and_is_found_somewhere():
    assert len({it.id for it in METRICS}) == len(METRICS)
    assert [it.id for it in METRICS if it.live is None and it.historical is None] == []


def test_every_text_is_there_in_both_languages():
    texts = [
        text
        for it in METRICS
        for text in (it.name, it.live, it.historical and it.historical.definition)
        if text is not None
    ]
    assert [it for it in texts if not it.pt.strip() or not it.en.strip() or it.pt == it.en] == []
