"""In a real browser: selects act when chosen, nothing typed or attached is lost in silence, back."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import PATIENCE, wait_for
from tests.journeys.sign_in import DANA, PRIYA, sign_in_once

pytestmark = pytest.mark.journey
MS = 1000 * PATIENCE
# WebKit, HTMLInputElement::resumeFromDocumentSuspension: fields with autocomplete="off" are reset after "back".
AS_SAFARI_EMPTIES_A_KEPT_PAGE = """
  dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
  document.querySelector("[name=subject]").value = "";
"""


def open_form(page, live):
    page.goto(f"{live.portal}/tickets/new")
    if page.query_selector(".form-choices"):
        page.click(".form-choices a >> nth=0")
    page.wait_for_selector("#ticket-form")


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
    page.wait_for_timeout(800)
    assert page.locator(".event").count() == events
    expect(page.locator("form.control:has(#set-priority) [data-set]")).to_be_visible(timeout=MS)
    page.keyboard.press("Enter")
    page.wait_for_selector(".event:has-text('changed the priority')")
    # What Firefox fills in again after a reload says that it is not set.
    assert not page.is_visible("form.control:has(#set-priority) [data-set]")
    page.evaluate(
        """() => {
          const select = document.querySelector("#set-priority");
          select.selectedIndex = select.selectedIndex ? 0 : 1;
          dispatchEvent(new PageTransitionEvent("pageshow"));
        }"""
    )
    assert page.is_visible("form.control:has(#set-priority) [data-set]")


def test_a_draft_keeps_selects_ticks_and_text_typed_at_the_last_moment(live_portal, open_browser):
    page = open_browser()
    sign_in_once(page, live_portal, DANA)
    open_form(page, live_portal)
    select = page.query_selector("#ticket-form select")
    if select:
        select.evaluate(
            "select => { select.selectedIndex = 1; select.dispatchEvent(new Event('change', {bubbles: true})) }"
        )
    page.fill("[name=subject]", "Half a thought")
    page.type("[name=body]", "to the last word")
    page.goto(f"{live_portal.portal}/tickets")  # at once: nothing waits for a timer
    open_form(page, live_portal)
    assert page.input_value("[name=subject]") == "Half a thought"
    assert page.input_value("[name=body]") == "to the last word"
    if select:
        assert page.evaluate("document.querySelector('#ticket-form select').selectedIndex") == 1
    page.evaluate(AS_SAFARI_EMPTIES_A_KEPT_PAGE)
    wait_for(lambda: page.input_value("[name=subject]") == "Half a thought")


def test_what_one_tab_sent_is_cleared_in_the_other(live_portal, open_browser):
    page = open_browser()
    sign_in_once(page, live_portal, PRIYA)
    page.goto(f"{live_portal.portal}/desk?view=unassigned")
    address = live_portal.portal + page.get_attribute("[data-row] >> nth=0", "href")
    page.goto(address)
    page.fill("#body-reply", "Only once, please.")
    page.wait_for_timeout(500)
    other = page.context.new_page()
    other.goto(address)
    assert other.input_value("#body-reply") == "Only once, please."
    page.click("button:has-text('Send reply')")
    page.wait_for_selector("article:has-text('Only once, please.')")
    wait_for(lambda: other.input_value("#body-reply") == "")


def test_a_note_goes_on_on_another_device_and_stays_a_note(live_portal, open_browser):
    page, phone = open_browser(), open_browser(width=360)
    sign_in_once(page, live_portal, PRIYA)
    page.goto(f"{live_portal.portal}/desk?view=unassigned")
    address = live_portal.portal + page.get_attribute("[data-row] >> nth=0", "href")
    page.goto(address)
    page.click("label[for=compose-note]")
    page.type("#body-note", "Between us")
    sign_in_once(phone, live_portal, PRIYA)
    wait_for(lambda: page.input_value("#composer [name=draft]"))  # saved on the server
    phone.goto(address)
    wait_for(lambda: phone.input_value("#composer textarea") == "Between us")
    assert phone.is_checked("#compose-note")
    phone.click("button:has-text('Add note')")
    phone.wait_for_selector("article.message-note:has-text('Between us')")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    wait_for(lambda: page.input_value("#composer textarea") == "")
    assert page.is_checked("#compose-note")
    emptied = page.input_value("#composer [name=draft]")
    page.type("#body-note", "Mine")
    wait_for(lambda: page.input_value("#composer [name=draft]") != emptied)
    phone.type("#composer textarea", "Other")
    phone.wait_for_selector(".other-draft:has-text('Mine')")
    assert phone.input_value("#composer textarea") == "Other"
    phone.click("button:has-text('Use that text')")
    assert phone.input_value("#body-note") == "Mine"
    page.fill("#body-note", "")


def test_a_file_that_is_too_large_is_refused_in_words(live_portal, open_browser):
    page = open_browser(width=360)
    sign_in_once(page, live_portal, DANA)
    open_form(page, live_portal)
    name = "a very long name of a picture " * 4 + ".png"
    page.set_input_files("#field-files", {"name": name, "mimeType": "image/png", "buffer": b"x" * 100})
    page.wait_for_selector("[data-files] li")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box = page.locator("[data-files] .button").bounding_box()
    assert box["x"] + box["width"] <= 360
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
    assert page.locator("[data-files] li").count() == 1


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
    assert page.input_value("[name=subject]") == "long " * 100  # a browser would have cut it in silence
    page.wait_for_selector(".field-error:has-text('this is 499')")
    page.fill("[name=subject]", "Short")
    assert page.get_attribute("[name=subject]", "aria-describedby") == described


RETURN = "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"


def test_back_shows_nothing_to_somebody_else_or_after_the_session_ended(live_portal, open_browser):
    """What a browser does that kept the page; Chromium keeps none with no-store."""
    page = open_browser()
    sign_in_once(page, live_portal, DANA)
    for loss in ("localStorage.setItem('signed-in-as', '999')", None):
        page.goto(f"{live_portal.portal}/tickets")
        page.evaluate(f"window.stays = true; {RETURN}")
        wait_for(lambda: not page.evaluate("document.documentElement.style.visibility"))
        assert page.evaluate("window.stays")
        if loss:
            page.evaluate(loss)
        else:
            page.context.clear_cookies()
        with page.expect_navigation(timeout=MS):
            page.evaluate(RETURN)
    page.wait_for_url("**/sign-in**")


def test_the_palette_and_the_canned_replies_are_searched_by_keys(live_portal, open_browser):
    page = open_browser()
    sign_in_once(page, live_portal, PRIYA)
    page.goto(f"{live_portal.portal}/desk?view=all")
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
    wait_for(lambda: page.input_value("#set-priority") == other)
    page.fill("#body-reply", "")
    page.type("#body-reply", "::screensh")
    page.wait_for_selector("#suggestions li:has-text('Ask for a screenshot')")
    page.keyboard.press("Enter")
    wait_for(lambda: "could you send a screenshot" in page.input_value("#body-reply"))
    assert "::" not in page.input_value("#body-reply")
    page.fill("#body-reply", "")
    page.type("#body-reply", "@")  # whom a customer would read
    page.type("#body-reply", " Done :tada")
    page.wait_for_selector("#suggestions li:has-text('tada')")
    page.keyboard.press("Enter")
    assert page.input_value("#body-reply") == "@ Done 🎉 "
    page.fill("#body-reply", "")
    page.click("label[for=compose-note]")
    for typed, chosen in (("@pri", "@Priya"), ("#3", "#3 ")):
        page.type("#body-note", typed)
        page.wait_for_selector("#suggestions li")
        page.keyboard.press("Enter")
        assert chosen in page.input_value("#body-note")
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
