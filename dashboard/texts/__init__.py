"""What a person reads, one catalogue per language. A text that one language lacks is a type error."""

from dashboard.formats import Language
from dashboard.texts.catalogue import Texts
from dashboard.texts.en import EN
from dashboard.texts.pt import PT

__all__ = ["CATALOGUES", "Texts"]

CATALOGUES: dict[Language, Texts] = {"pt": PT, "en": EN}
