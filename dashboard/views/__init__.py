"""View models: what a page shows, as plain values and finished texts. Pure."""
