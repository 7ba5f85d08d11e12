"""Our own elements: view models in, drawn by the scripts in ``assets``.

A script is sent once per page and cached by the browser; nothing is fetched from anywhere else.
"""

from functools import cache
from importlib import resources
from typing import Any

import streamlit as st


@cache
def _asset(name: str) -> str:
    return resources.files("dashboard").joinpath("assets", name).read_text("utf-8")


@cache
def _component(name: str) -> Any:
    return st.components.v2.component(
        f"vitrine_{name}", js=_asset("charts.js") + _asset(f"{name}.js"), css=_asset("vitrine.css")
    )


def live_page(data: dict[str, Any]) -> None:
    """The live page; it fetches its frames from the stream that ``data`` names."""
    _component("live")(key="live_page", data=data)


def history_page(data: dict[str, Any]) -> None:
    """The history page of one ``HistoryView``."""
    _component("history")(key="history_page", data=data)
