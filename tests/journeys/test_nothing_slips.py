"""In a real browser, no note becomes public by a slip of the keyboard, and nothing is solved that was not meant."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import PATIENCE, mails_to, wait_for
from tests.journeys.sign_in import DANA, sign_in_once
from tests.journeys.waiting import (
    expect_draft_kept,
    expect_value,
    let_time_pass,
    press_until,
)

pytestmark = pytest.mark.journey
MS = 1000 * PATIENCE


def write_note(page, text: str) -> None:
    page.keyboard.press("n")
    expect(page.locator("#body-note")).to_be_focused(timeout=MS)
    page.keyboard.type(text)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(f"article[data-kind=note]:has-text('{text}')")


def test_typing_on_after_a_note_goes_into_the_next_note(open_ticket):
    page = open_ticket("Typing on")
    write_note(page, "The cache again.")
    expect(page.locator("#body-note")).to_be_focused(timeout=MS)
    let_time_pass(page, 1.2)
    page.keyboard.type("so it was the cache")
    let_time_pass(page, 0.7)
    expect(page.locator("#body-note")).to_have_value("so it was the cache")
    expect(page.locator("#ticket")).to_have_attribute("data-status", "open")


def test_words_typed_while_a_message_is_on_its_way_stay(open_ticket):
    page = open_ticket("On its way")
    held = []
    page.route("**/tickets/*/notes", lambda route: held.append(route))
    page.route("**/tickets/*/replies", lambda route: held.append(route))
    page.keyboard.press("n")
    page.keyboard.type("The cache again.")
    page.keyboard.press("Control+Enter")
    wait_for(lambda: page.evaluate("1") and held)
    page.keyboard.type(" They never paid")
    held[0].continue_()
    page.wait_for_selector("article[data-kind=note]:has-text('The cache again.')")
    expect(page.locator("#body-note")).to_have_value("They never paid", timeout=MS)
    page.keyboard.type(" anything.")
    expect(page.locator("#body-note")).to_have_value("They never paid anything.")
    expect(page.locator("article:has-text('never paid')")).to_have_count(0)


def test_n_pressed_while_a_reply_is_on_its_way_begins_a_note(open_ticket):
    page = open_ticket("A note too soon")
    held = []
    page.route("**/tickets/*/replies", lambda route: held.append(route))
    page.keyboard.press("r")
    page.keyboard.type("We look into it.")
    page.keyboard.press("Control+Enter")
    wait_for(lambda: page.evaluate("1") and held)
    page.keyboard.press("n")
    page.keyboard.type("They never paid")
    held[0].continue_()
    page.wait_for_selector("article[data-kind=reply]:has-text('We look into it.')")
    expect(page.locator("#body-note")).to_have_value("They never paid", timeout=MS)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("article[data-kind=note]:has-text('They never paid')")
    expect(page.locator("article[data-kind=reply]:has-text('never paid')")).to_have_count(0)


def test_n_pressed_while_a_reply_sent_by_its_button_is_on_its_way_begins_a_note(open_ticket):
    page = open_ticket("A note after a click")
    held = []
    page.route("**/tickets/*/replies", lambda route: held.append(route))
    page.fill("#body-reply", "We look into it.")
    page.click("[data-send=reply]")
    wait_for(lambda: page.evaluate("1") and held)
    page.keyboard.press("n")
    held[0].continue_()
    page.wait_for_selector("article[data-kind=reply]:has-text('We look into it.')")
    expect(page.locator("#body-note")).to_be_focused(timeout=MS)
    page.keyboard.type("They never paid")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("article[data-kind=note]:has-text('They never paid')")
    expect(page.locator("article[data-kind=reply]:has-text('never paid')")).to_have_count(0)


def test_n_pressed_as_soon_as_a_reply_is_answered_begins_a_note(open_ticket):
    """Before HTMX has settled the new composer, which has the focus already."""
    page = open_ticket("A note at once")
    page.evaluate(
        """() => document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
          if (target.id !== "composer") return;
          const press = new KeyboardEvent("keydown", { key: "n", code: "KeyN", bubbles: true, cancelable: true });
          window.wasTyped ??= document.activeElement.dispatchEvent(press);
        })"""
    )
    page.keyboard.press("r")
    page.keyboard.type("We look into it.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("article[data-kind=reply]:has-text('We look into it.')")
    expect_value(page, "() => window.wasTyped", False)
    expect(page.locator("#body-note")).to_be_focused(timeout=MS)


@pytest.mark.parametrize("is_emptied", [False, True])
def test_what_is_done_before_an_answer_has_settled_stays_done(open_ticket, is_emptied):
    """HTMX gives the new composer the focus at once and settles it some 20 ms later."""
    page = open_ticket(f"Selected at once {is_emptied}")
    page.type("#body-reply", "::screensh")
    page.wait_for_selector("#suggestions li:has-text('Ask for a screenshot')")
    expect_draft_kept(page, "::screensh")
    page.evaluate(
        """(isEmptied) => document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
          if (target.id !== "composer") return;
          document.addEventListener("htmx:afterSettle", () => window.isSettled = true);
          document.querySelector("#body-reply").select();
          if (isEmptied) document.execCommand("delete");
        })""",
        is_emptied,
    )
    page.keyboard.press("Enter")
    expect_value(page, "() => window.isSettled", True)
    page.keyboard.type("Thank you")
    expect(page.locator("#body-reply")).to_have_value("Thank you")


def test_n_after_a_reply_writes_a_note(open_ticket):
    page = open_ticket("A note after a reply")
    page.keyboard.press("r")
    page.keyboard.type("We look into it.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("article[data-kind=reply]:has-text('We look into it.')")
    expect(page.locator("#body-reply")).to_be_focused(timeout=MS)
    write_note(page, "They forgot to pay.")
    expect(page.locator("article[data-kind=reply]:has-text('They forgot')")).to_have_count(0)


def test_a_word_typed_into_nothing_does_nothing(open_ticket):
    page = open_ticket("Words into nothing")
    page.click("h1")
    let_time_pass(page, 1.2)
    page.keyboard.type("so nothing jumps", delay=60)
    let_time_pass(page, 1.5)
    expect(page.locator("#ticket")).to_have_attribute("data-status", "open")
    expect_value(page, "() => document.activeElement.matches('textarea, select, input')", False)
    assert re.search(r"/tickets/\d+", page.url)


def test_solving_by_key_can_be_undone_before_its_mail_leaves(open_ticket, live_portal):
    page = open_ticket("Solved by a slip")
    before = len(mails_to(live_portal, DANA))
    page.keyboard.press("s")
    page.wait_for_selector("#ticket-header[data-status=solved]")
    page.wait_for_selector("#undo-toast [data-undo]")
    press_until(page, "z", "#ticket-header[data-status=open]")
    let_time_pass(page, 11)
    assert not [mail for mail in mails_to(live_portal, DANA)[before:] if "olved" in mail["subject"]]


def test_a_reply_can_be_undone_and_its_words_come_back(open_ticket, live_portal):
    page = open_ticket("Taken back")
    page.keyboard.press("r")
    page.keyboard.type("Your password is swordfish.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("article:has-text('swordfish')")
    page.keyboard.press("Control+z")
    page.wait_for_selector("article:has-text('swordfish')", state="detached")
    expect(page.locator("#body-reply")).to_have_value("Your password is swordfish.")
    expect(page.locator("#ticket-header")).to_have_attribute("data-status", "open")
    let_time_pass(page, 11)
    assert not [mail for mail in mails_to(live_portal, DANA) if "swordfish" in mail["text"]]
    assert "swordfish" not in str(live_portal.slack("posted", channel="C0TRIAGE001"))


def test_what_began_as_a_note_is_sent_to_the_customer_only_after_a_question(open_ticket):
    page = open_ticket("A change of mind")
    page.keyboard.press("n")
    page.keyboard.type("Between us: they did not pay.")
    page.keyboard.press("Escape")
    let_time_pass(page, 1.1)
    page.keyboard.press("r")
    expect(page.locator("#body-note")).to_have_value("Between us: they did not pay.")
    page.click("label[for=compose-reply]")
    expect(page.locator("#body-reply")).to_have_value("Between us: they did not pay.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("dialog.confirm:has-text('internal note')")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog.confirm", state="detached")
    expect(page.locator("article:has-text('Between us')")).to_have_count(0)


def test_a_colleagues_newer_reply_is_shown_before_sending(open_ticket, live_portal, open_browser):
    page = open_ticket("Two at once")
    colleague = open_browser()
    sign_in_once(colleague, live_portal, "tomas@support.northwind.example")
    colleague.goto(page.url)
    colleague.fill("#body-reply", "I have restarted it.")
    page.fill("#body-reply", "Please restart it.")
    colleague.click("button:has-text('Send reply')")
    colleague.wait_for_selector("article:has-text('I have restarted it.')")
    page.click("button:has-text('Send reply')")
    page.wait_for_selector("#composer .notice:has-text('I have restarted it.')")
    expect(page.locator("article:has-text('Please restart it.')")).to_have_count(0)
    expect(page.locator("#body-reply")).to_have_value("Please restart it.")
    page.click("button:has-text('Send reply')")
    page.wait_for_selector("article:has-text('Please restart it.')")


def test_a_colleague_who_writes_is_seen_beside_the_composer(open_ticket, live_portal, open_browser):
    page = open_ticket("Who writes")
    colleague = open_browser()
    sign_in_once(colleague, live_portal, "tomas@support.northwind.example")
    colleague.goto(page.url)
    colleague.type("#body-reply", "I ")
    page.wait_for_selector("#present + #composer")
    page.wait_for_selector("#present:has-text('is writing')", timeout=15_000)  # asking again takes 20 seconds
