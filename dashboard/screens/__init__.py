"""The pages: what Streamlit draws around our own elements.

Not called ``pages``: Streamlit takes a folder of that name beside the script for pages of its own, and
then greets the first visitor of ``/vendas`` with "Page not found".
"""

# Where the history was before it had pages of its own; links to it still work.
HISTORY_PATH = "historico"
HEALTH_PATH = "saude"
# The language's name in a link.
LANGUAGE = "idioma"
