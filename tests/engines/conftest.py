"""The engines: Debian's firefox-esr, webkit2gtk-driver with xvfb, and Chromium, which tests/journeys use in the suite.

Where one is missing, its tests are skipped with a warning; with BROWSERS=all (``make test-browsers``) they fail.
"""

import os
import sqlite3
from contextlib import closing

import pytest

from tests.engines import firefox, webkit
from tests.engines.chromium import Chromium
from tests.journeys.conftest import CHROMIUM, PATIENCE, delete_drafts, live_portal  # noqa: F401 (a fixture)

IS_COMPLETE = os.environ.get("BROWSERS") == "all"
ENGINES = {
    "firefox": (firefox.Firefox, firefox.PROGRAM, "firefox-esr"),
    "chromium": (Chromium, CHROMIUM, "chromium"),
    "webkit": (webkit.WebKit, webkit.DRIVER and webkit.SCREEN, "webkit2gtk-driver and xvfb"),
}


@pytest.fixture(scope="module", params=ENGINES if IS_COMPLETE else ["firefox", "webkit"])
def engine(request):
    """A browser of each engine, ended afterwards; what it complained of fails the test that uses it."""
    make, is_there, packages = ENGINES[request.param]
    if not is_there:
        sentence = f"WARNING: {packages} not installed, so pages are NOT tried in {request.param}."
        pytest.fail(sentence) if IS_COMPLETE else pytest.skip(sentence)
    browser = make()
    yield browser
    browser.close()


@pytest.fixture(autouse=True)
def leave_no_traces(live_portal, request):  # noqa: F811
    """Delete what a test left half written and complained of, and let the limit of mailed links begin anew."""
    yield
    if "engine" in request.fixturenames:
        request.getfixturevalue("engine").complaints.clear()
    delete_drafts(live_portal)
    with closing(sqlite3.connect(live_portal.var / "helpdesk.db", timeout=PATIENCE)) as database, database:
        database.execute("UPDATE sign_in_links SET created_at = '2001-01-01 00:00:00.000000'")
