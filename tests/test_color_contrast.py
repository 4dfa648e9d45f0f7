"""The accent can always be read."""

import pytest

from helpdesk import colours


def test_contrast_is_wcags():
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colours.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("accent", ["#ffee00", "#000000", "#ffffff", "#2f5fd0", "#00ff00", "#ff00aa"])
@pytest.mark.parametrize("ground", [colours.LIGHT_GROUND, colours.DARK_GROUND])
def test_any_accent_ends_readable_on_both_grounds(accent, ground):
    assert colours.contrast(colours.readable(accent, ground), ground) >= colours.ENOUGH


def test_an_accent_that_can_be_read_stays_as_it_is():
    assert colours.readable("#2f5fd0", "#ffffff") == "#2f5fd0"


def test_the_theme_names_both_schemes():
    assert colours.theme("#2f5fd0").startswith(":root{--accent:light-dark(#2f5fd0,")
