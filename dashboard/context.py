"""What the pages of one server share."""

from functools import cache

from contracts import settings
from contracts.settings import Settings
from dashboard.data.history import HistoryStore
from dashboard.formats import Formats, Language


@cache
def configuration() -> Settings:
    """The settings, from the environment, once."""
    return settings.load()


@cache
def history() -> HistoryStore:
    """The one reader of historical metrics."""
    return HistoryStore(configuration())


def formats(language: Language) -> Formats:
    """The formats of a language in the shop's time zone."""
    return Formats(language, configuration().zone)
