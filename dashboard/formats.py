"""Numbers, money and dates as people read them, in each language.

Money comes in centavos and is turned into text here and nowhere else. ``None`` is an en dash: there
is no value, which is not zero.
"""

import datetime as dt
import math
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

Language = Literal["pt", "en"]
LANGUAGES: tuple[Language, ...] = ("pt", "en")

NONE = "–"
_NO_BREAK = "\N{NO-BREAK SPACE}"
_MONTHS: dict[Language, tuple[str, ...]] = {
    "pt": ("jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}
_SHORT: dict[Language, tuple[tuple[float, str], ...]] = {
    "pt": ((1e9, _NO_BREAK + "bi"), (1e6, _NO_BREAK + "mi"), (1e3, _NO_BREAK + "mil")),
    "en": ((1e9, "B"), (1e6, "M"), (1e3, "K")),
}
# A relative change from which on it is told in times: ten times as much.
_IN_TIMES = 9.0


class Formats(Struct, frozen=True):
    """The formats of one language; times are shown in ``zone``."""

    language: Language
    zone: ZoneInfo

    @property
    def _currency(self) -> str:
        return "R$" + (_NO_BREAK if self.language == "pt" else "")

    def decimal(self, value: float | None, places: int) -> str:
        """A number with exactly ``places`` decimals, halves away from zero."""
        if value is None:
            return NONE
        scaled = _round_half_up(abs(value) * 10**places)
        whole, fraction = divmod(scaled, 10**places)
        text = f"{whole:,}" + (f".{fraction:0{places}d}" if places else "")
        if self.language == "pt":
            text = text.translate(str.maketrans(",.", ".,"))
        return ("-" if value < 0 and scaled else "") + text

    def integer(self, value: float | None) -> str:
        """A count."""
        return self.decimal(value, 0)

    def money(self, centavos: float | None) -> str:
        """Centavos as reais: ``R$ 1.234,56``."""
        if centavos is None:
            return NONE
        # Integer arithmetic: a float of reais would be off by a centavo from 90 trillion on.
        rounded = _round_half_up(abs(centavos))
        reais, cents = divmod(rounded, 100)
        separator = "," if self.language == "pt" else "."
        return (
            "-" if centavos < 0 and rounded else ""
        ) + f"{self._currency}{self.decimal(reais, 0)}{separator}{cents:02d}"

    def money_short(self, centavos: float) -> str:
        """Centavos for an axis: ``R$ 1,5 mil``, with as few decimals as possible."""
        return ("-" if centavos < 0 else "") + self._currency + self.short(abs(centavos) / 100)

    def short(self, value: float) -> str:
        """A number for an axis: ``1,5 mil``."""
        for size, suffix in _SHORT[self.language]:
            if abs(value) >= size:
                return self._trimmed(value / size) + suffix
        return self._trimmed(value)

    def compact(self, value: float) -> str:
        """A number where there is little room: ``1,5 mil``, ``24 mil``, ``310``: two figures, or whole ones."""
        # What would round up to the next unit already is one.
        for size, suffix in _SHORT[self.language]:
            if abs(value) >= 0.9995 * size:
                return self.decimal(value / size, 1 if abs(value) < 9.95 * size else 0) + suffix
        return self.decimal(value, 0)

    def _trimmed(self, value: float) -> str:
        places = next(it for it in range(3) if it == 2 or math.isclose(value, round(value, it), abs_tol=1e-9))
        return self.decimal(value, places)

    def percent(self, ratio: float | None, places: int = 1) -> str:
        """A ratio as a percentage: 0.123 is ``12,3 %`` in Portuguese and ``12.3%`` in English."""
        if ratio is None:
            return NONE
        return self.decimal(ratio * 100, places) + ("%" if self.language == "en" else f"{_NO_BREAK}%")

    def change(self, ratio: float) -> str:
        """A relative change as a percentage; from ten times as much on as ``28×``: more digits would only blur it."""
        if ratio >= _IN_TIMES:
            return self.integer(1 + ratio) + "×"
        return self.percent(ratio)

    def time(self, moment: dt.datetime | float) -> str:
        """Time of day with seconds."""
        return self._local(moment).strftime("%H:%M:%S")

    def minute(self, moment: dt.datetime | float) -> str:
        """Time of day without seconds."""
        return self._local(moment).strftime("%H:%M")

    def day_and_minute(self, moment: dt.datetime | float) -> str:
        """Day and time of day, without the year: ``23/11 14:35``."""
        return f"{self.day_short(self._local(moment).date())} {self.minute(moment)}"

    def date(self, day: dt.date) -> str:
        """A day: ``23/11/2026`` or ``Nov 23, 2026``."""
        if self.language == "pt":
            return f"{day:%d/%m/%Y}"
        return f"{_MONTHS['en'][day.month - 1]} {day.day}, {day.year}"

    def day_short(self, day: dt.date) -> str:
        """A day on an axis: ``23/11`` or ``Nov 23``."""
        return f"{day:%d/%m}" if self.language == "pt" else f"{_MONTHS['en'][day.month - 1]} {day.day}"

    def month(self, day: dt.date) -> str:
        """The month of a day: ``nov/2026`` or ``Nov 2026``."""
        return f"{_MONTHS[self.language][day.month - 1]}{'/' if self.language == 'pt' else ' '}{day.year}"

    def moment(self, moment: dt.datetime) -> str:
        """Day and time: ``23/11/2026 14:35``."""
        local = self._local(moment)
        return f"{self.date(local.date())} {local:%H:%M}"

    def seconds(self, value: float) -> str:
        """A latency: ``0,8 s``; from ten seconds on without decimals."""
        return f"{self.decimal(value, 1 if value < 10 else 0)}{_NO_BREAK}s"

    def age(self, value: float) -> str:
        """How long ago, in the largest fitting units: ``12 s``, ``3 min``, ``2 h 05 min``, ``4 d``."""
        seconds = max(0, int(value))
        if seconds < 60:
            return f"{seconds}{_NO_BREAK}s"
        minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
        if not hours:
            return f"{minutes}{_NO_BREAK}min"
        if not days:
            return f"{hours}{_NO_BREAK}h{_NO_BREAK}{minutes % 60:02d}{_NO_BREAK}min"
        return f"{days}{_NO_BREAK}d"

    def _local(self, moment: dt.datetime | float) -> dt.datetime:
        if isinstance(moment, dt.datetime):
            return moment.astimezone(self.zone)
        return dt.datetime.fromtimestamp(moment, self.zone)


def _round_half_up(value: float) -> int:
    """The nearest integer of a value that is not negative; ints stay exact."""
    return value if isinstance(value, int) else math.floor(value + 0.5)
