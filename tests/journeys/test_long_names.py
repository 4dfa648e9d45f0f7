"""A name of one very long word, which anybody may give themselves, makes no page wider than a phone."""

import pytest

from tests.journeys.sign_in import DANA, MAYA, sign_in_once
from tests.journeys.waiting import expect_no_overflow, wait_for_scripts

# Names stand in elements of their own, whatever their direction (tests/web/test_text_direction.py).
RENAME_ALL = """() => {
  for (const each of document.querySelectorAll("main bdi")) each.textContent = "Donaudampfschifffahrt".repeat(8);
}"""
PAGES = {
    DANA: ("/tickets", "/tickets/new", "/tickets/9", "/articles", "/account"),
    MAYA: (
        "/desk?view=all",
        "/tickets/9",
        "/tickets/9/requester",
        "/desk/people",
        "/settings/people",
        "/settings/team",
    ),
}


@pytest.mark.parametrize("person", PAGES)
def test_a_long_name_pushes_nothing_aside(live_portal, open_browser, person):
    page = open_browser(width=320)
    sign_in_once(page, live_portal, person)
    for path in PAGES[person]:
        page.goto(live_portal.portal + path)
        wait_for_scripts(page)
        page.evaluate(RENAME_ALL)
        expect_no_overflow(page)
