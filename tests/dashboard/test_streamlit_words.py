"""Streamlit's own words: each that we say otherwise is one that the installed Streamlit says."""

from importlib import resources

import pytest

from dashboard.texts.streamlit import STREAMLIT

SCRIPTS = "".join(
    it.read_text("utf-8")
    for it in resources.files("streamlit").joinpath("static", "static", "js").iterdir()
    if it.name.endswith(".js")
)
SAID = {
    (selector, theirs, ours)
    for places in STREAMLIT.values()
    for selector, it in places.items()
    for theirs, ours in it.items()
}


@pytest.mark.parametrize(("selector", "theirs", "ours"), sorted(SAID))
def test_streamlit_has_the_words_that_are_said_otherwise(selector, theirs, ours):
    assert all(part in SCRIPTS for part in theirs.split("{}"))
    assert ours.count("{}") <= theirs.count("{}")


def test_what_is_said_otherwise_in_english_is_so_in_portuguese():
    for selector, words in STREAMLIT["en"].items():
        assert words.keys() <= STREAMLIT["pt"][selector].keys()
