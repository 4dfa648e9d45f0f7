"""The accent colour is always readable."""

import pytest

from helpdesk import color_contrast


def test_contrast_ratio_is_that_of_wcag():
    assert color_contrast.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert color_contrast.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("accent", ["#ffee00", "#000000", "#ffffff", "#2f5fd0", "#00ff00", "#ff00aa"])
@pytest.mark.parametrize("ground", [*color_contrast.LIGHT_GROUNDS, *color_contrast.DARK_GROUNDS])
def test_any_accent_becomes_readable_in_both_schemes(accent, ground):
    assert color_contrast.contrast(color_contrast.readable(accent, ground), ground) >= color_contrast.MIN_TEXT_CONTRAST


def test_an_accent_that_can_be_read_stays_as_it_is():
    assert color_contrast.readable("#2f5fd0", "#ffffff") == "#2f5fd0"


def test_the_theme_names_both_schemes():
    assert ":root{--accent:light-dark(#2f5fd0," in color_contrast.theme("#2f5fd0")


def test_browsers_without_light_dark_get_the_light_accent():
    assert color_contrast.theme("#2f5fd0").startswith(":root{--accent:#2f5fd0;--on-accent:#ffffff}")


@pytest.mark.parametrize("accent", ["#000000", "#ff3b30", "#ffee00", "#2f5fd0", "#34c759", "#777777"])
def test_an_accent_is_readable_on_every_ground_of_a_page(accent):
    for grounds in (color_contrast.LIGHT_GROUNDS, color_contrast.DARK_GROUNDS):
        color = color_contrast.readable_on_pages(accent, grounds)
        assert all(color_contrast.contrast(color, ground) >= 4.5 for ground in grounds)
