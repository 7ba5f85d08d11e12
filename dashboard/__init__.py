"""The shop window: a live page pushed to the browser once a second, pages of history, a page of health.

``data`` reads, ``views`` turns what was read into plain values, ``texts`` and ``formats`` say it in a
language, ``screens`` and ``assets`` draw it, ``stream`` carries the live page's frames.
"""
