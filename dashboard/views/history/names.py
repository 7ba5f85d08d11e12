"""What the data's keys are called on screen."""

from dashboard.data import states
from dashboard.texts import Texts
from dashboard.texts.history import HistoryTexts

UNKNOWN = "desconhecido"


def state(uf: str, texts: Texts) -> str:
    """A federative unit by its code."""
    return texts.state_unknown if uf == UNKNOWN else states.names().get(uf, uf)


def category(key: str, texts: Texts) -> str:
    """A category of the catalogue."""
    return texts.category_unknown if key == UNKNOWN else key


def payment(key: str, texts: Texts) -> str:
    """A method of payment."""
    return texts.payment_names.get(key, key)


def segment(key: str, texts: Texts) -> str:
    """A customer segment."""
    return texts.segment_names.get(key, key)


def filter_value(name: str, key: str, texts: Texts, words: HistoryTexts) -> str:
    """A value of a filter, by the filter's name in a link."""
    if name == "uf":
        return words.common.unknown if key == UNKNOWN else f"{key} · {state(key, texts)}"
    return {"categoria": category, "pagamento": payment, "segmento": segment}[name](key, texts)
