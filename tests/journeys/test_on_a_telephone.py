"""The portal on a telephone: installable, notches, pulling to load anew, lists that keep their place, taps beside."""

import pytest
from playwright.sync_api import expect

from tests.journeys.sign_in import DANA, PRIYA, sign_in_once
from tests.journeys.waiting import expect_value, read_now

pytestmark = pytest.mark.journey
PLACE, LAYOUT = 300, 4  # pixels; the browser holds the rows while what is above them is laid out
REFRESH = 'document.querySelectorAll("[data-live]").forEach((each) => htmx.trigger(each, "live:changed"))'
PRESS_A_ROW = """() => {
  const rows = [...document.querySelectorAll("a[data-row]")];
  rows.find((row) => row.getBoundingClientRect().top > 100).click();
}"""
IS_LEFT_TO_THE_BROWSER = """() => {
  const pull = new Event("touchmove", { bubbles: true, cancelable: true });
  document.querySelector("main").dispatchEvent(pull);
  const { documentElement: root, body } = document;
  return !pull.defaultPrevented && document.scrollingElement === root
    && [root, body].every((each) => getComputedStyle(each).overscrollBehaviorY === "auto");
}"""
PADDING = "(selector) => parseFloat(getComputedStyle(document.querySelector(selector)).paddingTop)"
# As iOS tells a tap on bare page or beside a dialog: without a click.
TAP_BESIDE = """() => {
  const target = document.querySelector("dialog[open]") || document.querySelector("main h1");
  target.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, clientX: 1, clientY: 1, pointerType: "touch" }));
}"""
IS_AN_IPHONE = """
  Object.defineProperty(navigator, "userAgentData", { value: undefined });
  Object.defineProperty(navigator, "platform", { value: "iPhone" });
"""


def test_the_list_keeps_its_place_and_can_be_pulled(live_portal, open_browser):
    page = open_browser(width=360, height=740)
    sign_in_once(page, live_portal, DANA)
    page.goto(f"{live_portal.portal}/tickets")
    protocol = page.context.new_cdp_session(page)
    assert protocol.send("Page.getAppManifest")["errors"] == []
    refused = protocol.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [each["errorId"] for each in refused] in ([], ["in-incognito"])
    expect_value(page, IS_LEFT_TO_THE_BROWSER, True)
    before = read_now(page, PADDING, ".site-header")
    protocol.send("Emulation.setSafeAreaInsetsOverride", {"insets": {"top": 40, "bottom": 34}})
    expect_value(page, PADDING, before + 40, ".site-header")
    page.evaluate(f"scrollTo({{ top: {PLACE}, behavior: 'instant' }})")
    with page.expect_response("**/tickets/list**"):
        page.evaluate(REFRESH)
    expect_value(page, "scrollY", PLACE)
    page.evaluate(PRESS_A_ROW)
    page.wait_for_url("**/tickets/*")
    page.go_back()
    expect_value(page, f"() => Math.abs(scrollY - {PLACE}) <= {LAYOUT}", True)


def test_a_tap_beside_closes_menus_and_dialogs_and_keys_are_those_of_the_device(live_portal, open_browser):
    page = open_browser(width=360, height=740)
    page.add_init_script(IS_AN_IPHONE)
    sign_in_once(page, live_portal, PRIYA)
    page.goto(f"{live_portal.portal}/desk?view=all")
    page.click(".site-header details[data-menu] summary")
    page.wait_for_selector("details[data-menu][open]")
    page.evaluate(TAP_BESIDE)
    page.wait_for_selector("details[data-menu][open]", state="detached")
    page.evaluate("document.querySelector('#shortcuts').showModal()")
    page.evaluate(TAP_BESIDE)
    page.wait_for_selector("dialog[open]", state="detached")
    page.goto(live_portal.portal + page.get_attribute("[data-row] >> nth=0", "href"))
    expect(page.locator("[data-markdown=bold]")).to_have_attribute("title", "Bold (⌘B)")
    expect(page.locator("#composer [data-platform-key]").first).to_have_text("⌘")
    expect(page.locator("#composer .keyboard-only").first).to_be_hidden()
