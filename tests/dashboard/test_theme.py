import re

import msgspec
import pytest
from streamlit import config

from dashboard import static, theme
from dashboard.views.history.page import HEAT_LEVELS

CSS = static.read("vitrine.css").decode()


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
@pytest.mark.parametrize("name", ["main", "second", "third", "fourth", "fifth", "muted"])
def test_marks_in_charts_have_the_contrast_of_wcag_aa(palette, name):
    assert contrast(msgspec.structs.asdict(palette)[name], palette.background) >= 3


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_figures_can_be_read_on_the_darkest_shade_of_a_heat_map(palette):
    shades = re.findall(r"\.level-\d \{ background: color-mix\(in srgb, var\(--main\) (\d+)%, var\(--ground\)\)", CSS)
    assert len(shades) == HEAT_LEVELS

    def mixed(at):
        main, ground = (int(it[at : at + 2], 16) for it in (palette.main, palette.background))
        return round(ground + (main - ground) * int(shades[-1]) / 100)

    darkest = "#" + "".join(f"{mixed(at):02x}" for at in (1, 3, 5))
    assert contrast(palette.text, darkest) >= 4.5


def test_every_option_is_one_that_streamlit_knows():
    assert set(theme.options()) <= set(config.get_config_options())
