"""A picture that is pasted stands in the text, is there on another device, goes nowhere but into its note, and opens
large on the page.
"""

import os

import pytest
from playwright.sync_api import expect

from tests.journeys.sign_in import PRIYA, sign_in_once

pytestmark = pytest.mark.journey
SHOTS = os.environ.get("SHOTS")
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
TRANSFER = """([png, kind]) => {
  const data = new DataTransfer();
  const bytes = Uint8Array.from(atob(png), (sign) => sign.charCodeAt(0));
  data.items.add(new File([bytes], "image.png", { type: "image/png" }));
  const set = { clipboardData: data, dataTransfer: data, bubbles: true, cancelable: true };
  const made = kind === "paste" ? new ClipboardEvent(kind, set) : new DragEvent(kind, set);
  document.querySelector("textarea[name=body]").dispatchEvent(made);
}"""
UPLOADED = "[data-files] input[name=uploads]"


def shoot(page, name):
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def test_pasted_pictures_stand_in_a_note_on_both_devices(live_portal, open_browser):
    agent, other = open_browser(), open_browser()
    for page in (agent, other):
        sign_in_once(page, live_portal, PRIYA)
    agent.goto(f"{live_portal.portal}/tickets/14")
    agent.click("label[for=compose-note]")
    body = agent.locator("#body-note")
    body.fill("Before  after")
    agent.evaluate("document.querySelector('#body-note').setSelectionRange(7, 7)")
    with agent.expect_response(
        lambda answer: "/drafts/" in answer.url and "image-2" in (answer.request.post_data or "")
    ):
        agent.evaluate(TRANSFER, [PNG, "paste"])
        agent.evaluate(TRANSFER, [PNG, "drop"])
        expect(agent.locator(UPLOADED)).to_have_count(2)
    first, second = "![image.png](attachment:image.png)", "![image-2.png](attachment:image-2.png)"
    expect(body).to_have_value(f"Before {first}{second} after")
    agent.click(".composer-tools button:has-text('Preview')")
    expect(agent.locator("#preview .placed-picture img")).to_have_count(2)
    shoot(agent, "pictures")
    other.goto(f"{live_portal.portal}/tickets/14")
    expect(other.locator(UPLOADED)).to_have_count(2)
    other.locator("[data-files] li:has-text('image-2.png') button").click()
    expect(other.locator("#body-note")).to_have_value(f"Before {first} after")
    expect(other.locator(UPLOADED)).to_have_count(1)
    other.click("[data-send=note]")
    expect(other.locator(".message-note .placed-picture img")).to_have_count(1)
    other.click(".message-note [data-react]")
    other.click(".message-note .reaction-choices button:has-text('🎉')")
    expect(other.locator(".message-note .reactions [aria-pressed=true]")).to_contain_text("🎉 1")
    shoot(other, "pictures-note")
    look_at_pictures(other)


def look_at_pictures(page):
    """The viewer goes round by keys, is closed by Escape, and gives the focus back."""
    page.click(".message-note .placed-picture")
    viewer = page.locator("dialog.pictures")
    expect(viewer.locator("img")).to_have_attribute("alt", "image.png")
    expect(viewer.locator("a[download='image.png']")).to_be_visible()
    expect(viewer.locator("button[aria-label=Close]")).to_be_focused()
    shoot(page, "pictures-large")
    page.keyboard.press("s")  # no key of the ticket acts behind it
    page.keyboard.press("Escape")
    expect(viewer).to_have_count(0)
    expect(page.locator(".message-note .placed-picture")).to_be_focused()


def test_the_keys_of_the_toolbar_write_marks_around_what_is_selected(live_portal, open_browser):
    agent = open_browser()
    sign_in_once(agent, live_portal, PRIYA)
    agent.goto(f"{live_portal.portal}/tickets/14")
    body = agent.locator("textarea[name=body]")
    for key, written in (
        ("Control+b", "**word**"),
        ("Control+i", "*word*"),
        ("Control+e", "`word`"),
        ("Control+Shift+u", "[word](https://)"),
        ("Control+Shift+8", "- word"),
        ("Control+Shift+9", "> word"),
    ):
        body.fill("word")
        body.select_text()
        body.press(key)
        expect(body).to_have_value(written)
        body.press("Control+z")
        expect(body).to_have_value("word")
    body.press("Control+k")  # the palette, and nothing in the text
    expect(agent.locator("dialog[open] input[type=search]")).to_be_focused()
    agent.keyboard.press("Escape")
    expect(body).to_be_focused()
    body.select_text()
    agent.locator("[data-markdown=bold]").focus()
    agent.keyboard.press("ArrowRight")
    expect(agent.locator("[data-markdown=italic]")).to_be_focused()
    agent.keyboard.press("Enter")
    expect(body).to_have_value("*word*")
    body.fill("")
