"""Every portal page on a phone and a desktop, light and dark: accessible, readable, without overflow."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.journeys.sign_in import MAYA, sign_in_once
from tests.journeys.waiting import expect_value, what_stays

PAGES = (
    "/tickets",
    "/tickets?q=label&status=active",
    "/tickets?q=nothing-has-this-word",
    "/tickets/new",
    "/tickets/new?form=default",
)


def look(page, address: str, width: int):
    page.goto(address)
    expect_accessible(page)
    expect_value(page, "(width) => document.documentElement.scrollWidth <= width", True, width)
    expect(page.locator("h1")).to_have_count(1)


def expect_accessible(page) -> None:
    def violations() -> list[str]:
        found = Axe().run(page).response["violations"]
        return [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]

    assert what_stays(violations) == [], page.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_pages_are_accessible_and_fit(live_portal, open_browser, width, scheme):
    page = open_browser(width=width, scheme=scheme)
    sign_in_once(page, live_portal)
    for path in PAGES:
        look(page, live_portal.portal + path, width)
    page.goto(live_portal.portal + "/tickets")
    first = page.get_attribute("#ticket-list a[data-row] >> nth=0", "href")
    look(page, live_portal.portal + first, width)
    page.goto(live_portal.portal + "/tickets/new?form=default")
    page.click("button:has-text('File ticket')")
    page.wait_for_selector("[data-error-summary]")
    expect_accessible(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_form_builder_is_accessible(live_portal, open_browser, scheme):
    page = open_browser(scheme=scheme)
    sign_in_once(page, live_portal, MAYA)
    page.goto(live_portal.portal + "/settings/forms")
    form = page.get_attribute("table a[href^='/settings/forms/'] >> nth=0", "href")
    for path in ("/settings/forms", form, f"{form}/preview", f"{form}/fields/new"):
        look(page, live_portal.portal + path, 1280)
