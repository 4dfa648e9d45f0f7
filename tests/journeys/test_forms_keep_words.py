"""In a real browser: selects act when chosen, nothing typed or attached is lost in silence, back."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import PATIENCE, wait_for
from tests.journeys.filing import open_form
from tests.journeys.sign_in import DANA, PRIYA, sign_in_once
from tests.journeys.waiting import (
    expect_focus,
    expect_no_overflow,
    expect_value,
    expect_values,
    let_time_pass,
)

pytestmark = pytest.mark.journey
MS = 1000 * PATIENCE
IS_BUTTON_WHOLE = "() => document.querySelector('[data-files] .button')?.getBoundingClientRect().right <= 360"


def test_a_select_acts_on_enter_not_on_arrow_keys(live_portal, open_browser):
    page = open_browser(width=1440)
    sign_in_once(page, live_portal, PRIYA)
    page.goto(f"{live_portal.portal}/desk?view=unassigned")
    page.click("[data-row] >> nth=0")
    page.wait_for_selector("#ticket")
    events = page.locator(".event").count()
    page.focus("#set-priority")
    step = "ArrowUp" if page.input_value("#set-priority") == "urgent" else "ArrowDown"
    page.keyboard.press(step)
    expect(page.locator("form.control:has(#set-priority) [data-set]")).to_be_visible(timeout=MS)
    let_time_pass(page, 0.8)
    expect(page.locator(".event")).to_have_count(events)
    page.keyboard.press("Enter")
    page.wait_for_selector(".event:has-text('changed the priority')")
    # What Firefox fills in again after a reload says that it is not set.
    expect(page.locator("form.control:has(#set-priority) [data-set]")).to_be_hidden()
    page.evaluate(
        """() => {
          const select = document.querySelector("#set-priority");
          select.selectedIndex = select.selectedIndex ? 0 : 1;
          dispatchEvent(new PageTransitionEvent("pageshow"));
        }"""
    )
    expect(page.locator("form.control:has(#set-priority) [data-set]")).to_be_visible()


def test_a_file_that_is_too_large_is_refused_in_words(live_portal, open_browser):
    page = open_browser(width=360)
    sign_in_once(page, live_portal, DANA)
    open_form(page, live_portal)
    name = "a very long name of a picture " * 4 + ".png"
    page.set_input_files("#field-files", {"name": name, "mimeType": "image/png", "buffer": b"x" * 100})
    page.wait_for_selector("[data-files] li")
    expect_no_overflow(page)
    expect_value(page, IS_BUTTON_WHOLE, True)
    page.evaluate(
        """() => {
          const input = document.querySelector("#field-files");
          input.dataset.maxSize = "1000";
          const transfer = new DataTransfer();
          transfer.items.add(new File(["x".repeat(2000)], "film.mov"));
          input.files = transfer.files;
          input.dispatchEvent(new Event("change", { bubbles: true }));
        }"""
    )
    page.wait_for_selector("[data-file-error]:has-text('film.mov is 2 KB. A file may have at most 1 KB.')")
    expect(page.locator("[data-files] li")).to_have_count(1)


def test_an_incomplete_date_is_said_beside_the_field(live_portal, open_browser):
    page = open_browser()
    sign_in_once(page, live_portal, DANA)
    open_form(page, live_portal)
    page.evaluate(
        """() => document.querySelector("[name=subject]").closest(".field").insertAdjacentHTML(
          "afterend", '<div class="field"><input type="date" id="when" name="field-when"></div>')"""
    )
    described = page.get_attribute("[name=subject]", "aria-describedby")
    page.fill("[name=subject]", "long " * 100)
    page.focus("#when")
    page.keyboard.type("31")
    page.click("button:has-text('File ticket')")
    page.wait_for_selector(".field-error:has-text('Enter the whole date')")
    expect_values(page, subject="long " * 100)  # a browser would have cut it in silence
    page.wait_for_selector(".field-error:has-text('this is 499')")
    page.fill("[name=subject]", "Short")
    expect_value(page, "() => document.querySelector('[name=subject]').getAttribute('aria-describedby')", described)


RETURN = "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"


def test_back_shows_nothing_to_somebody_else_or_after_the_session_ended(live_portal, open_browser):
    """What a browser does that kept the page; Chromium keeps none with no-store."""
    page = open_browser()
    sign_in_once(page, live_portal, DANA)
    for loss in ("localStorage.setItem('signed-in-as', '999')", None):
        page.goto(f"{live_portal.portal}/tickets")
        page.evaluate(f"window.stays = true; {RETURN}")
        expect_value(page, "() => [document.documentElement.style.visibility, window.stays]", ["", True])
        if loss:
            page.evaluate(loss)
        else:
            page.context.clear_cookies()
        page.evaluate(RETURN)
        expect_value(page, "() => window.stays === undefined", True)
    page.wait_for_url("**/sign-in**")


def test_the_palette_and_the_canned_replies_are_searched_by_keys(live_portal, open_browser):
    page = open_browser()
    sign_in_once(page, live_portal, PRIYA)
    page.goto(f"{live_portal.portal}/desk?view=all")
    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette-results [role=option]")
    page.keyboard.type("nothing like it")
    expect(page.locator("#palette-search")).to_have_value("nothing like it")
    page.keyboard.press("Escape")  # once, though the field has a text
    page.wait_for_selector("#palette:not([open])", state="attached")
    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette-results [role=option]")
    page.keyboard.type("#3")
    page.wait_for_selector("#palette-results a[href='/tickets/3']")
    page.keyboard.press("Enter")
    page.wait_for_selector("#ticket[data-number='3']")
    page.goto(f"{live_portal.portal}/desk?view=unassigned")
    page.click("[data-row] >> nth=0")
    page.wait_for_selector("#ticket")
    other = "low" if page.input_value("#set-priority") != "low" else "high"
    page.keyboard.press("Control+k")
    page.keyboard.type(f"priority {other}")
    page.wait_for_selector(f"#palette-results button[aria-selected=true]:has-text('{other.title()}')")
    page.keyboard.press("Enter")
    page.wait_for_selector("#palette:not([open])", state="attached")
    expect(page.locator("#set-priority")).to_have_value(other)
    page.fill("#body-reply", "")
    page.type("#body-reply", "::screensh")
    page.wait_for_selector("#suggestions li:has-text('Ask for a screenshot')")
    page.keyboard.press("Enter")
    expect(page.locator("#body-reply")).to_have_value(re.compile("^[^:]*could you send a screenshot(?!.*::)"))
    page.fill("#body-reply", "")
    page.type("#body-reply", "@")  # whom a customer would read
    page.type("#body-reply", " Done :tada")
    page.wait_for_selector("#suggestions li:has-text('tada')")
    page.keyboard.press("Enter")
    expect(page.locator("#body-reply")).to_have_value("@ Done 🎉 ")
    page.click("#conversation a:has-text('Quote') >> nth=0")
    expect(page.locator("#body-reply")).to_have_value(re.compile("^> ", re.MULTILINE))
    expect_focus(page, "body-reply")  # one writes on there
    page.fill("#body-reply", "")
    page.click("label[for=compose-note]")
    for typed, chosen in (("@pri", "@Priya"), ("@tomas", "@Tomás"), ("#3", "#3 ")):
        page.type("#body-note", typed)
        page.wait_for_selector("#suggestions li")
        page.keyboard.press("Enter")
        expect(page.locator("#body-note")).to_have_value(re.compile(re.escape(chosen)))
    page.fill("#body-note", "")


def test_the_focus_stays_at_a_message_that_was_deleted(live_portal, open_browser):
    page = open_browser()
    sign_in_once(page, live_portal, DANA)
    page.goto(f"{live_portal.portal}/tickets")
    page.click("[data-row] >> nth=0")
    page.wait_for_selector("#ticket")
    page.fill("#body-reply", "Said too much.")
    page.click("button:has-text('Send')")
    article = page.locator("article:has-text('Said too much.')")
    article.wait_for()
    name = article.get_attribute("id")
    page.click(f"#{name} button:has-text('Delete')")
    page.click("dialog.confirm button:has-text('Delete')")
    page.wait_for_selector(f"#{name} .message-deleted")
    wait_for(lambda: page.evaluate("document.activeElement.closest('article')?.id") == name)
