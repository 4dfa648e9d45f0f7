"""Code, logs and paths that are pasted stay as they are; other text is pasted as text. In a real browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import wait_for
from tests.journeys.paste_samples import CODE, TEXT
from tests.journeys.sign_in import sign_in_once
from tests.journeys.test_portal_filing import open_form

PASTE = """(texts) => {
  const field = document.querySelector("#ticket-form [name=body]");
  const paste = (text) => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    field.focus();
    const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
    if (field.dispatchEvent(event)) document.execCommand("insertText", false, text);
  };
  if (texts.length === 1) return paste(texts[0]);
  return texts.map((text) => {
    field.value = "";
    paste(text);
    return field.value;
  });
}"""

# The module that detects code was asked for, and has run with what it imports itself.
IS_READY = """async () => {
  const module = performance.getEntriesByType("resource").find((each) => each.name.endsWith("code_detection.js"));
  return Boolean(module && (await import(module.name)));
}"""


@pytest.fixture
def page(live_portal, open_browser):
    page = open_browser()
    sign_in_once(page, live_portal)
    return begin_to_write(open_form(page, live_portal))


def begin_to_write(page):
    """Focus the text; what detects code is loaded then."""
    page.focus("#ticket-form [name=body]")
    wait_for(lambda: page.evaluate(IS_READY))
    return page


def test_pasted_code_is_a_block_that_can_be_text_again_and_undone(page):
    body = page.locator("#ticket-form [name=body]")
    pasted = [*CODE, *TEXT]
    taken = dict(zip(pasted, page.evaluate(PASTE, pasted), strict=True))
    assert [text for text in CODE if not re.match("````?\n", taken[text])] == []
    assert {text: taken[text] for text in TEXT if taken[text] != text} == {}
    body.fill("")  # no draft comes back
    page.reload()  # nothing else to undo
    begin_to_write(page)
    page.evaluate(PASTE, [CODE[0]])
    expect(body).to_have_value(f"```\n{CODE[0]}\n```\n\n")
    body.press("Control+z")
    expect(body).to_have_value("")
    page.evaluate(PASTE, [CODE[0]])
    page.click("text=Paste as text")
    expect(body).to_have_value(CODE[0])
    expect(page.locator("[data-paste-notice]")).to_have_count(0)


def test_what_is_pasted_into_a_line_is_code_in_the_line_and_nothing_changes_inside_a_block(page):
    body = page.locator("#ticket-form [name=body]")
    body.fill("It says ")
    page.evaluate(PASTE, ["2*3*4"])
    expect(body).to_have_value("It says `2*3*4`")
    body.fill("```\n")
    page.evaluate(PASTE, ["2*3*4"])
    expect(body).to_have_value("```\n2*3*4")
    body.fill("")
    body.press("Control+Shift+v")
    page.evaluate(PASTE, ["2*3*4"])
    expect(body).to_have_value("2*3*4")


def test_the_preview_shows_what_each_channel_will_show(page):
    page.fill("#ticket-form [name=body]", "# Title\n\n| a | b |\n|---|---|\n| 1 | **2** |")
    page.click("#ticket-form button:has-text('Preview')")
    page.wait_for_selector("#preview table")
    page.click("#preview summary:has-text('In Slack')")
    in_slack = re.compile(r"^\s*a\s+b\s+1\s+2\s*$")
    expect(page.locator("#preview details pre:not(.plain-preview)")).to_have_text(in_slack, use_inner_text=True)
    page.click("#preview summary:has-text('read as text')")
    expect(page.locator("#preview .plain-preview")).to_have_text(re.compile(r"^Title\n"), use_inner_text=True)
