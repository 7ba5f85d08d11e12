"""Reading: the live store and the metrics. Nothing here knows Streamlit, languages or drawing."""
