"""What a person reads, one catalogue per language. A text that one language lacks is a type error."""

from dashboard.formats import Language
from dashboard.texts.catalogue import Texts
from dashboard.texts.en import EN
from dashboard.texts.health import HealthTexts
from dashboard.texts.health_en import EN as HEALTH_EN
from dashboard.texts.health_pt import PT as HEALTH_PT
from dashboard.texts.pt import PT

__all__ = ["CATALOGUES", "HEALTH", "HealthTexts", "Texts"]

CATALOGUES: dict[Language, Texts] = {"pt": PT, "en": EN}
HEALTH: dict[Language, HealthTexts] = {"pt": HEALTH_PT, "en": HEALTH_EN}
