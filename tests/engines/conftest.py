"""The other engines, beside Chromium: Debian's firefox-esr, and webkit2gtk-driver with xvfb.

Where one is missing, its tests are skipped with a warning; with BROWSERS=all (``make test-browsers``) they fail.
"""

import os

import pytest

from tests.engines import firefox, webkit
from tests.journeys.conftest import live_portal  # noqa: F401 (a fixture)

IS_COMPLETE = os.environ.get("BROWSERS") == "all"
ENGINES = {
    "firefox": (firefox.Firefox, firefox.PROGRAM, "firefox-esr"),
    "webkit": (webkit.WebKit, webkit.DRIVER and webkit.SCREEN, "webkit2gtk-driver and xvfb"),
}


@pytest.fixture(scope="module", params=ENGINES)
def engine(request):
    """A browser of each engine, ended afterwards; what it complained of fails the test that uses it."""
    make, is_there, packages = ENGINES[request.param]
    if not is_there:
        sentence = f"WARNING: {packages} not installed, so pages are NOT tried in {request.param}."
        pytest.fail(sentence) if IS_COMPLETE else pytest.skip(sentence)
    browser = make()
    yield browser
    browser.close()
