import msgspec
import pytest
from streamlit import config

from dashboard import theme


def luminance(colour):
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    r, g, b = (it / 12.92 if it <= 0.04045 else ((it + 0.055) / 1.055) ** 2.4 for it in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["text", "quiet_text", "main", "good", "bad", "warning"])
@pytest.mark.parametrize("ground", ["background", "surface"])
def test_text_has_the_contrast_of_wcag_aa(palette, name, ground):
    colours = msgspec.structs.asdict(palette)
    assert contrast(colours[name], colours[ground]) >= 4.5


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["main", "second", "muted"])
def test_marks_in_charts_have_the_contrast_of_wcag_aa(palette, name):
    assert contrast(msgspec.structs.asdict(palette)[name], palette.background) >= 3


def test_every_option_is_one_that_streamlit_knows():
    assert set(theme.options()) <= set(config.get_config_options())
