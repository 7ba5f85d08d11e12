"""The pages of history as plain values: a module per question, all of the same shape (``page``)."""
