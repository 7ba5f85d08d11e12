"""Hypothesis for shared machines: a slow example says nothing of the code."""

from hypothesis import settings

settings.register_profile("without deadlines", deadline=None)
settings.load_profile("without deadlines")
