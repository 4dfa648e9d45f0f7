"""In a real browser, no note becomes public by a slip of the keyboard, and nothing is solved that was not meant."""

import os
import random
import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import PATIENCE, mails_to, wait_for
from tests.journeys.sign_in import DANA, PRIYA, sign_in_once

pytestmark = pytest.mark.journey
MS = 1000 * PATIENCE
SEEDS = [int(seed) for seed in os.environ.get("MONKEY_SEEDS", "1 2").split()]
STEPS = int(os.environ.get("MONKEY_STEPS", "150"))  # of each monkey; `make test-browsers` takes 1,000


def file_ticket(page, live, subject: str) -> str:
    """The number of a new ticket, filed by Dana in a browser of her own."""
    page.goto(f"{live.portal}/tickets/new")
    if page.query_selector(".form-choices"):
        page.click(".form-choices a >> nth=0")
    page.fill("[name=subject]", subject)
    page.fill("[name=body]", "words")
    for field in page.query_selector_all("#ticket-form [required]:not([name=subject], [name=body])"):
        if field.evaluate("field => field.tagName") == "SELECT":
            field.evaluate("field => { field.selectedIndex = field.options.length - 1 }")
        elif not field.input_value():
            field.fill("words")
    page.click("button:has-text('File ticket')")
    page.wait_for_selector("#ticket")
    return page.get_attribute("#ticket", "data-number")


@pytest.fixture
def open_ticket(live_portal, open_browser):
    """``open_ticket(subject)``: an agent's page of a new ticket."""

    def open_ticket(subject: str):
        customer = open_browser()
        sign_in_once(customer, live_portal, DANA)
        number = file_ticket(customer, live_portal, subject)
        page = open_browser()
        sign_in_once(page, live_portal, PRIYA)
        page.goto(f"{live_portal.portal}/tickets/{number}")
        page.wait_for_timeout(300)
        return page

    return open_ticket


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
    page.wait_for_timeout(1200)
    page.keyboard.type("so it was the cache")
    page.wait_for_timeout(700)
    assert page.input_value("#body-note") == "so it was the cache"
    assert page.get_attribute("#ticket", "data-status") == "open"


def test_words_typed_while_a_message_is_on_its_way_stay(open_ticket):
    page = open_ticket("On its way")
    held = []
    page.route("**/tickets/*/notes", lambda route: held.append(route))
    page.route("**/tickets/*/replies", lambda route: held.append(route))
    page.keyboard.press("n")
    page.keyboard.type("The cache again.")
    page.keyboard.press("Control+Enter")
    while not held:
        page.wait_for_timeout(50)
    page.keyboard.type(" They never paid")
    held[0].continue_()
    page.wait_for_selector("article[data-kind=note]:has-text('The cache again.')")
    expect(page.locator("#body-note")).to_have_value("They never paid", timeout=MS)
    page.keyboard.type(" anything.")
    assert page.input_value("#body-note") == "They never paid anything."
    assert page.locator("article:has-text('never paid')").count() == 0


def test_n_pressed_while_a_reply_is_on_its_way_begins_a_note(open_ticket):
    page = open_ticket("A note too soon")
    held = []
    page.route("**/tickets/*/replies", lambda route: held.append(route))
    page.keyboard.press("r")
    page.keyboard.type("We look into it.")
    page.keyboard.press("Control+Enter")
    while not held:
        page.wait_for_timeout(50)
    page.keyboard.press("n")
    page.keyboard.type("They never paid")
    held[0].continue_()
    page.wait_for_selector("article[data-kind=reply]:has-text('We look into it.')")
    expect(page.locator("#body-note")).to_have_value("They never paid", timeout=MS)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("article[data-kind=note]:has-text('They never paid')")
    assert page.locator("article[data-kind=reply]:has-text('never paid')").count() == 0


def test_n_after_a_reply_writes_a_note(open_ticket):
    page = open_ticket("A note after a reply")
    page.keyboard.press("r")
    page.keyboard.type("We look into it.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("article[data-kind=reply]:has-text('We look into it.')")
    expect(page.locator("#body-reply")).to_be_focused(timeout=MS)
    write_note(page, "They forgot to pay.")
    assert page.locator("article[data-kind=reply]:has-text('They forgot')").count() == 0


def test_a_word_typed_into_nothing_does_nothing(open_ticket):
    page = open_ticket("Words into nothing")
    page.click("h1")
    page.wait_for_timeout(1200)
    page.keyboard.type("so nothing jumps", delay=60)
    page.wait_for_timeout(1500)
    assert page.get_attribute("#ticket", "data-status") == "open"
    assert page.evaluate("document.activeElement.tagName") not in ("TEXTAREA", "SELECT", "INPUT")
    assert re.search(r"/tickets/\d+", page.url)


def test_solving_by_key_can_be_undone_before_its_mail_leaves(open_ticket, live_portal):
    page = open_ticket("Solved by a slip")
    before = len(mails_to(live_portal, DANA))
    page.keyboard.press("s")
    page.wait_for_selector("#ticket-header[data-status=solved]")
    page.wait_for_selector("#undo-toast [data-undo]")
    page.wait_for_timeout(1100)
    page.keyboard.press("z")
    page.wait_for_selector("#ticket-header[data-status=open]")
    page.wait_for_timeout(11_000)
    assert not [mail for mail in mails_to(live_portal, DANA)[before:] if "olved" in mail["subject"]]


def test_a_reply_can_be_undone_and_its_words_come_back(open_ticket, live_portal):
    page = open_ticket("Taken back")
    page.keyboard.press("r")
    page.keyboard.type("Your password is swordfish.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("article:has-text('swordfish')")
    page.keyboard.press("Control+z")
    page.wait_for_selector("article:has-text('swordfish')", state="detached")
    assert page.input_value("#body-reply") == "Your password is swordfish."
    assert page.get_attribute("#ticket-header", "data-status") == "open"
    page.wait_for_timeout(11_000)
    assert not [mail for mail in mails_to(live_portal, DANA) if "swordfish" in mail["text"]]
    assert "swordfish" not in str(live_portal.slack("posted", channel="C0TRIAGE001"))


def test_what_began_as_a_note_is_sent_to_the_customer_only_after_a_question(open_ticket):
    page = open_ticket("A change of mind")
    page.keyboard.press("n")
    page.keyboard.type("Between us: they did not pay.")
    page.keyboard.press("Escape")
    page.wait_for_timeout(1100)
    page.keyboard.press("r")
    assert page.input_value("#body-note") == "Between us: they did not pay."
    page.click("label[for=compose-reply]")
    assert page.input_value("#body-reply") == "Between us: they did not pay."
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("dialog.confirm:has-text('internal note')")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog.confirm", state="detached")
    assert page.locator("article:has-text('Between us')").count() == 0


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
    assert page.locator("article:has-text('Please restart it.')").count() == 0
    assert page.input_value("#body-reply") == "Please restart it."
    page.click("button:has-text('Send reply')")
    page.wait_for_selector("article:has-text('Please restart it.')")


@pytest.mark.parametrize("seed", SEEDS)
def test_no_note_becomes_public_whatever_a_monkey_presses(open_ticket, live_portal, seed):
    """Seeded keystrokes and clicks of an agent who writes notes and replies, and slips.

    They press "n" for a note wherever they are, but where the cursor stands in a reply that they did not just send.
    """
    page = open_ticket(f"Monkey {seed}")
    number = page.get_attribute("#ticket", "data-number")
    chance = random.Random(seed)
    has_just_sent = False
    for step in range(STEPS):
        if page.get_attribute("#ticket", "data-number", timeout=MS) != number:
            page.goto(f"{live_portal.portal}/tickets/{number}")
        match chance.randrange(12):
            case 0 | 1:
                is_reply = page.evaluate("document.activeElement.id") == "body-reply" and not has_just_sent
                page.keyboard.press("n")
                page.keyboard.type(f"{'reply' if is_reply else 'NOTE'}{step} so it seems")
                has_just_sent = False
            case 2:
                page.keyboard.press("r")
                if page.evaluate("document.activeElement.id") == "body-reply":
                    page.keyboard.type(f"reply {step} ")
                has_just_sent = False
            case 3 | 4:
                page.keyboard.press("Control+Enter")
                has_just_sent = True
            case 5:
                page.keyboard.press("Escape")
            case 6:
                key = chance.choice(["Tab", "Shift+Tab", "Enter", "ArrowDown", "z", "a", "p", "?"])
                page.keyboard.press(key)
                has_just_sent = has_just_sent and len(key) > 1
            case 7:
                page.keyboard.type(chance.choice(["so ", "mess ", "as soon as ", "yes, solved "]), delay=20)
                has_just_sent = False
            case 8:
                page.locator("label[for=compose-note]").click()
            case 9 if "NOTE" not in (page.input_value("#composer textarea") or ""):
                page.locator("label[for=compose-reply]").click()
            case 10:
                page.locator("h1").click()
            case _:
                page.wait_for_timeout(chance.choice([50, 400, 1200]))
        page.wait_for_load_state()  # Enter on a link leaves the page
        if page.locator("dialog[open]").count():
            page.keyboard.press("Escape")
    page.goto(f"{live_portal.portal}/tickets/{number}")
    public = page.locator("article[data-kind=reply]").all_inner_texts()
    assert not [text for text in public if "NOTE" in text]
    assert page.locator("article[data-kind=note]").count() > 0, "the monkey wrote no note"
    assert page.locator(".event:has-text('solved this ticket')").count() == 0
    wait_for(lambda: page.get_attribute("#ticket", "data-status") != "solved")


def test_a_colleague_who_writes_is_seen_beside_the_composer(open_ticket, live_portal, open_browser):
    page = open_ticket("Who writes")
    colleague = open_browser()
    sign_in_once(colleague, live_portal, "tomas@support.northwind.example")
    colleague.goto(page.url)
    colleague.type("#body-reply", "I ")
    page.wait_for_selector("#present + #composer")
    page.wait_for_selector("#present:has-text('is writing')", timeout=15_000)  # asking again takes 20 seconds
