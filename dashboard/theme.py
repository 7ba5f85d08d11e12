"""Colours and type, light and dark, for Streamlit's own elements and for ours.

Ours read them as the CSS variables that Streamlit makes of its theme, so they follow the viewer's
choice. Every text colour has a contrast of at least 4.5 : 1 on both backgrounds of its theme.
"""

from typing import Any

from msgspec import Struct


class Palette(Struct, frozen=True, kw_only=True):
    """The colours of one theme, by what they are for."""

    background: str
    surface: str
    text: str
    quiet_text: str
    border: str
    # Actions and the main series of charts.
    main: str
    # The second series, those after it, and what the others are compared with.
    second: str
    third: str
    fourth: str
    fifth: str
    muted: str
    good: str
    bad: str
    warning: str


LIGHT = Palette(
    background="#FFFFFF",
    surface="#F6F7F9",
    text="#18212D",
    quiet_text="#566273",
    border="#E2E6EB",
    main="#0B6B72",
    second="#B4532A",
    third="#6E56A8",
    fourth="#A67C00",
    fifth="#2F6FB7",
    muted="#8792A2",
    good="#166B3A",
    bad="#B3261E",
    warning="#8A5300",
)
DARK = Palette(
    background="#10151C",
    surface="#171E27",
    text="#E8ECF1",
    quiet_text="#9BA8B8",
    border="#293442",
    main="#3DB8B2",
    second="#E58A5B",
    third="#AF97E8",
    fourth="#D9B44A",
    fifth="#6FA8E8",
    muted="#7A8798",
    good="#58C08A",
    bad="#FF8A80",
    warning="#E8B45A",
)


def options() -> dict[str, Any]:
    """The theme as Streamlit's configuration options."""
    shared = {
        "theme.baseFontSize": 15,
        "theme.baseRadius": "8px",
        "theme.showWidgetBorder": True,
        "theme.paddingTop": "0.75rem",
        "theme.paddingBottom": "2rem",
    }
    return shared | _palette_options("light", LIGHT) | _palette_options("dark", DARK)


def _palette_options(name: str, palette: Palette) -> dict[str, Any]:
    return {
        f"theme.{name}.{option}": value
        for option, value in {
            "primaryColor": palette.main,
            "backgroundColor": palette.background,
            "secondaryBackgroundColor": palette.surface,
            "textColor": palette.text,
            "borderColor": palette.border,
            "linkColor": palette.main,
            "grayColor": palette.muted,
            "blueColor": palette.second,
            # Streamlit's own elements use none of these three.
            "violetColor": palette.third,
            "orangeColor": palette.fourth,
            "greenColor": palette.fifth,
            "grayTextColor": palette.quiet_text,
            "greenTextColor": palette.good,
            "redTextColor": palette.bad,
            "yellowTextColor": palette.warning,
            "chartCategoricalColors": [
                palette.main,
                palette.second,
                palette.third,
                palette.fourth,
                palette.fifth,
                palette.muted,
            ],
        }.items()
    }
