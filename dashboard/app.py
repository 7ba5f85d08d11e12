"""The script that Streamlit runs for each viewer: which page, in which language."""

from functools import partial
from pathlib import Path

import streamlit as st

from dashboard import context
from dashboard.questions import QUESTIONS
from dashboard.screens import HEALTH_PATH, frame, health, history, live
from dashboard.texts import CATALOGUES, HEALTH
from dashboard.texts.history import HISTORY

_ASSETS = Path(__file__).with_name("assets")
# Parts of a page look again every few seconds: that is no work that anybody waits for, or could stop. That the
# server is gone is still said, but not how a developer starts one. And whoever has no mouse must see where the focus
# is: Streamlit does not show it on the links of the navigation, nor on what scrolls the page.
_STYLE = """<style>
[data-testid="stStatusWidget"]:has([data-testid^="stStatusWidgetRunning"], [data-testid="stStatusWidgetNewYearsIcon"]) {
  visibility: hidden;
}
[data-testid="stHeader"] a:focus-visible { outline: 2px solid currentColor; outline-offset: -2px; }
[role="dialog"] [data-testid="stCode"] { display: none; }
[data-testid="stMain"]:focus-visible { outline: 2px solid currentColor; outline-offset: -2px; }
</style>"""


def main() -> None:
    """Draw the chosen page."""
    language = frame.language()
    texts = CATALOGUES[language]
    formats = context.formats(language)
    names = HISTORY[language].common.page_names
    # Files of ours: a named icon would be fetched from another host.
    st.set_page_config(page_title="Vitrine", page_icon=str(_ASSETS / "icon.svg"), layout="wide")
    st.html(_STYLE)
    st.logo(str(_ASSETS / "logo.svg"), size="medium")
    page = st.navigation(
        [
            st.Page(
                lambda: live.render(language, formats),
                title=texts.live_page,
                icon=":material/sensors:",
                default=True,
            ),
            *(
                st.Page(
                    # A page is found by its path, so each needs a function of its own.
                    partial(history.render, it, language, formats),
                    title=names[it.path],
                    icon=f":material/{it.icon}:",
                    url_path=it.path,
                )
                for it in QUESTIONS
            ),
            st.Page(
                lambda: health.render(language, formats),
                title=HEALTH[language].page,
                icon=":material/monitor_heart:",
                url_path=HEALTH_PATH,
            ),
        ],
        position="top",
    )
    with frame.guarded(HEALTH[language].unexpected):
        page.run()


main()
