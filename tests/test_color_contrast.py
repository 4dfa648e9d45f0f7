"""The accent colour is always readable."""

import pytest

from helpdesk import color_contrast


def test_contrast_ratio_is_that_of_wcag():
    assert color_contrast.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert color_contrast.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("accent", ["#ffee00", "#000000", "#ffffff", "#2f5fd0", "#00ff00", "#ff00aa"])
@pytest.mark.parametrize("ground", [color_contrast.LIGHT_GROUND, color_contrast.DARK_GROUND])
def test_any_accent_becomes_readable_in_both_schemes(accent, ground):
    assert color_contrast.contrast(color_contrast.readable(accent, ground), ground) >= color_contrast.MIN_TEXT_CONTRAST


def test_an_accent_that_can_be_read_stays_as_it_is():
    assert color_contrast.readable("#2f5fd0", "#ffffff") == "#2f5fd0"


def test_the_theme_names_both_schemes():
    assert color_contrast.theme("#2f5fd0").startswith(":root{--accent:light-dark(#2f5fd0,")
