"""The pages: what Streamlit draws around our own elements.

Not called ``pages``: Streamlit takes a folder of that name beside the script for pages of its own, and
then greets the first visitor of ``/historico`` with "Page not found".
"""

# The live page is at the root.
HISTORY_PATH = "historico"
HEALTH_PATH = "saude"
