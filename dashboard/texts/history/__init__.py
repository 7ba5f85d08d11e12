"""What a person reads on the pages of history, one catalogue per language."""

from dashboard.formats import Language
from dashboard.texts.history.catalogue import HistoryTexts
from dashboard.texts.history.en import EN
from dashboard.texts.history.pt import PT

__all__ = ["HISTORY", "HistoryTexts"]

HISTORY: dict[Language, HistoryTexts] = {"pt": PT, "en": EN}
