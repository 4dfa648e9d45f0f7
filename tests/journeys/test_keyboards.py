"""Keyboards on a screen and of the world: what they cover, and single keys on other layouts."""

import pytest
from playwright.sync_api import expect

from tests.journeys.sign_in import DANA, PRIYA, sign_in_once
from tests.journeys.waiting import expect_value, wait_for_scripts, what_stays

pytestmark = pytest.mark.journey
KEYBOARD = "() => document.documentElement.style.getPropertyValue('--keyboard')"
IS_ABOVE_THE_KEYBOARD = """() => {
  const button = document.querySelector("#composer [data-send=reply]");
  return button.getBoundingClientRect().bottom <= 420;
}"""


def test_a_keyboard_on_the_screen_covers_no_send_button(live_portal, open_browser):
    page = open_browser(width=360, height=740)
    page.add_init_script(
        """{
          const viewport = Object.assign(new EventTarget(), { width: 360, height: 740, offsetTop: 0, scale: 1 });
          Object.defineProperty(window, "visualViewport", { value: viewport });
        }"""
    )
    sign_in_once(page, live_portal, DANA)
    page.goto(f"{live_portal.portal}/tickets")
    page.goto(live_portal.portal + page.get_attribute("a[data-row] >> nth=0", "href"))
    page.focus("#body-reply")
    page.evaluate("document.querySelector('#body-reply').scrollIntoView({ block: 'end', behavior: 'instant' })")
    page.evaluate("Object.assign(visualViewport, { height: 420 }).dispatchEvent(new Event('resize'))")
    expect_value(page, KEYBOARD, "320px")
    expect_value(page, IS_ABOVE_THE_KEYBOARD, True)
    page.evaluate("Object.assign(visualViewport, { height: 740 }).dispatchEvent(new Event('resize'))")
    expect_value(page, KEYBOARD, "0px")


LAYOUTS = [
    {"key": "т", "code": "KeyN"},  # Russian
    {"key": "ν", "code": "KeyN"},  # Greek
    {"key": "ى", "code": "KeyN"},  # Arabic
    {"key": "מ", "code": "KeyN"},  # Hebrew
    {"key": "ल", "code": "KeyN"},  # Hindi
    {"key": "N", "code": "KeyN", "modifierCapsLock": True},
]
NOT_KEYS = [
    {"key": "т", "code": "KeyN", "isComposing": True},
    {"key": "Process", "code": "KeyN", "keyCode": 229},
    {"key": "ń", "code": "KeyN", "modifierAltGraph": True},  # Polish
    {"code": "KeyN"},  # what filling in by the browser sends
]


def test_single_keys_on_the_layouts_of_the_world(live_portal, open_browser):
    page = open_browser()
    sign_in_once(page, live_portal, PRIYA)
    page.goto(f"{live_portal.portal}/desk?view=all")
    page.goto(live_portal.portal + page.get_attribute("[data-row] >> nth=0", "href"))
    wait_for_scripts(page)

    def focused_after(event: dict) -> str:
        return page.evaluate(
            """(event) => {
              document.activeElement.blur();
              document.body.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, ...event }));
              return document.activeElement.id;
            }""",
            event,
        )

    assert what_stays(lambda: [event["key"] for event in LAYOUTS if focused_after(event) != "body-note"]) == []
    page.click("label[for=compose-reply]")
    acted = [event for event in NOT_KEYS if focused_after(event) in ("body-note", "body-reply")]
    assert acted == []
    page.fill("#body-reply", "bold")
    page.evaluate(
        """() => {
          const field = document.querySelector("#body-reply");
          field.select();
          const event = { key: "и", code: "KeyB", ctrlKey: true, bubbles: true, cancelable: true };
          field.dispatchEvent(new KeyboardEvent("keydown", event));
        }"""
    )
    expect(page.locator("#body-reply")).to_have_value("**bold**")
    for is_composing in (True, False):  # Escape ends what the input method suggests, then it leaves the field
        page.focus("#body-reply")
        page.evaluate(
            """(isComposing) => document.activeElement.dispatchEvent(
              new KeyboardEvent("keydown", { key: "Escape", bubbles: true, isComposing }))""",
            is_composing,
        )
        expect_value(page, "() => document.activeElement.id === 'body-reply'", is_composing)
    page.fill("#body-reply", "")
    page.evaluate("document.activeElement.blur(); document.querySelector('#shortcuts').showModal()")
    page.uncheck("#single-keys")
    page.keyboard.press("Escape")
    focused = focused_after(LAYOUTS[0])
    assert focused != "body-note"
