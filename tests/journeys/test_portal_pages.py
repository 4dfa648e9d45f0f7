"""Every portal page on a phone and a desktop, light and dark: accessible, readable, without overflow."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.journeys.sign_in import MAYA, sign_in_once

PAGES = (
    "/tickets",
    "/tickets?q=label&status=active",
    "/tickets?q=nothing-has-this-word",
    "/tickets/new",
    "/tickets/new?form=default",
)


def look(page, address: str, width: int):
    page.goto(address)
    page.wait_for_load_state("networkidle") if "/live" in address else page.wait_for_timeout(150)
    found = Axe().run(page).response["violations"]
    violations = [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]
    assert violations == [], f"{address} at {width}"
    assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{address} scrolls sideways at {width}"
    assert len(page.query_selector_all("h1")) == 1


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
    assert Axe().run(page).response["violations"] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_form_builder_is_accessible(live_portal, open_browser, scheme):
    page = open_browser(scheme=scheme)
    sign_in_once(page, live_portal, MAYA)
    page.goto(live_portal.portal + "/settings/forms")
    form = page.get_attribute("table a[href^='/settings/forms/'] >> nth=0", "href")
    for path in ("/settings/forms", form, f"{form}/preview", f"{form}/fields/new"):
        look(page, live_portal.portal + path, 1280)
