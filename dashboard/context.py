"""What the pages of one server share."""

from functools import cache

from contracts import settings
from contracts.settings import Settings
from dashboard.data.health import HealthWatch
from dashboard.data.health.rejected import RejectedStore
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


@cache
def health() -> HealthWatch:
    """The one watch over the health of all parts."""
    return HealthWatch(configuration())


@cache
def rejected() -> RejectedStore:
    """The one reader of rejected events."""
    return RejectedStore(configuration())


def formats(language: Language) -> Formats:
    """The formats of a language in the shop's time zone."""
    return Formats(language, configuration().zone)
