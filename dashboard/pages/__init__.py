"""The pages: what Streamlit draws around our own elements."""

# The live page is at the root as well: it is the first one.
LIVE_PATH, HISTORY_PATH = "ao-vivo", "historico"
PAGE_PATHS = (LIVE_PATH, HISTORY_PATH)
