"""The live page as plain Streamlit makes it: a fragment that runs again every second, for each viewer.

The peer of ``bench_dashboard``: the same readings, tiles, charts and tables, each by Streamlit's own
element; the map is left out, which is to its advantage.
"""

import datetime as dt

import pandas as pd
import streamlit as st

from contracts import live_store, settings
from contracts.panes import Dimension
from dashboard.data.live import LiveSource
from dashboard.data.orders import Orders
from dashboard.formats import Formats
from dashboard.texts import CATALOGUES
from dashboard.views import live

TEXTS = CATALOGUES["pt"]


@st.cache_resource
def configuration() -> settings.Settings:
    """The settings, once."""
    return settings.load()


def source() -> LiveSource:
    """A reader for one session: it is for one thread at a time."""
    if "source" not in st.session_state:
        st.session_state.source = LiveSource(live_store.connect(configuration()), zone=configuration().zone)
    return st.session_state.source


@st.fragment(run_every=1)
def page() -> None:
    """All of the page."""
    now = dt.datetime.now(dt.UTC)
    status = source().status()
    assert status is not None, "the benchmark fills the store first"
    reading = source().read({"15min"}, status, now)["15min"]
    formats = Formats("pt", configuration().zone)
    body = live.frame(reading, live.shared(reading, None, Orders(latest=[]), None, formats, TEXTS), formats, TEXTS).body
    assert body is not None
    for column, tile in zip(st.columns(6), body.tiles, strict=True):
        known = [it for it in tile.spark if it is not None]
        column.metric(tile.label, tile.value, tile.delta.text, chart_data=known, border=True)
    sales = pd.DataFrame({it.name: it.values for it in body.sales.series}, index=[it.start for it in reading.series])
    st.area_chart(sales)
    left, right = st.columns(2)
    left.dataframe(pd.DataFrame([(it.rank, it.name, it.units, it.revenue, it.movement) for it in body.products]))
    right.dataframe(pd.DataFrame([(it.name, it.value, it.share_text) for it in body.states]))
    for column, dimension in zip(
        st.columns(4), (Dimension.CATEGORY, Dimension.PAYMENT, Dimension.SEGMENT, Dimension.EVENT_TYPE), strict=True
    ):
        measures = reading.window.dimensions[dimension]
        column.bar_chart(pd.Series({key: it.bruta + it.eventos for key, it in measures.items()}))
    st.dataframe(pd.DataFrame([(it.name, it.left) for it in body.low_stock]))


st.set_page_config(layout="wide")
page()
