"""Numbers, money, dates and durations as Brazilians read them."""

import datetime as dt

NO_BREAK = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
WEEKDAYS = ("seg", "ter", "qua", "qui", "sex", "sáb", "dom")
MONTHS = ("jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez")
_SIZES = ((1e9, "bi"), (1e6, "mi"), (1e3, "mil"))
_DURATIONS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def number(value: float, places: int = 0) -> str:
    """A number with ``places`` decimals: ``1.234,5``."""
    text = f"{abs(value):,.{places}f}"
    negative = value < 0 and text.strip("0.,") != ""
    return (MINUS if negative else "") + text.translate(str.maketrans(",.", ".,"))


def short(value: float) -> str:
    """A number for an axis or a headline: ``1,5 mil``."""
    for size, name in _SIZES:
        if abs(value) >= size:
            return f"{trimmed(value / size)}{NO_BREAK}{name}"
    return trimmed(value)


def trimmed(value: float) -> str:
    """A number with at most two decimals, as few as possible."""
    places = next(it for it in range(3) if it == 2 or abs(value - round(value, it)) < 1e-9)
    return number(value, places)


def percent(ratio: float, places: int = 1) -> str:
    """A ratio: 0.123 is ``12,3 %``."""
    return f"{number(100 * ratio, places)}{NO_BREAK}%"


def money(reais: float, places: int = 2) -> str:
    """Reais: ``R$ 1.234,56``."""
    return f"R${NO_BREAK}{number(reais, places)}"


def money_short(reais: float) -> str:
    """Reais for an axis or a headline: ``R$ 1,5 mil``."""
    return f"R${NO_BREAK}{short(reais)}"


def signed(text: str, value: float) -> str:
    """The text of a number with its sign, a plus included; nothing before a zero."""
    return f"+{text}" if value > 0 and any(it in "123456789" for it in text) else text


def date(day: dt.date) -> str:
    """A day: ``23/11/2026``."""
    return f"{day:%d/%m/%Y}"


def day(day: dt.date) -> str:
    """A day with its weekday: ``seg 23/11/2026``."""
    return f"{WEEKDAYS[day.weekday()]} {day:%d/%m/%Y}"


def month(day: dt.date) -> str:
    """The month of a day on an axis: ``nov``, and ``jan 27`` where a year begins."""
    return MONTHS[day.month - 1] + (f" {day:%y}" if day.month == 1 else "")


def duration(seconds: float) -> str:
    """Seconds in the largest unit that fits: ``10 min``, ``2,5 d``."""
    size, unit = next((it for it in _DURATIONS if seconds >= it[0]), _DURATIONS[-1])
    return f"{trimmed(round(seconds / size, 1))}{NO_BREAK}{unit}"
