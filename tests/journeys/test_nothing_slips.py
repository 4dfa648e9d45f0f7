"""In a real browser, no note becomes public by a slip of the keyboard, and nothing is solved that was not meant."""

import os
import random
import re

import pytest
from playwright.sync_api import Error, expect

from tests.journeys.conftest import PATIENCE, mails_to, wait_for
from tests.journeys.sign_in import DANA, sign_in_once
from tests.journeys.waiting import (
    FOCUSED,
    RESTING_SECONDS,
    expect_value,
    let_time_pass,
    press_until,
    read_now,
    wait_for_scripts,
)

pytestmark = pytest.mark.journey
MS = 1000 * PATIENCE
SEEDS = [int(seed) for seed in os.environ.get("MONKEY_SEEDS", "1 2").split()]
STEPS = int(os.environ.get("MONKEY_STEPS", "150"))  # of each monkey
CUSTOMERS_CHANNEL = "C0GLOBEX001"
STATE = """() => ({
  ticket: document.querySelector("#ticket")?.dataset.number,
  isDialogOpen: Boolean(document.querySelector("dialog[open]")),
  public: [...document.querySelectorAll("article[data-kind=reply]")].map((reply) => reply.innerText)
    .filter((text) => text.includes("NOTE")),
  writing: document.querySelector("form[data-composer]")?.className,
  text: document.querySelector("form[data-composer] [name=body]")?.value,
})"""
PURPOSE_EVERY = 50  # steps, after which they write a note and a reply on purpose


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


@pytest.mark.parametrize("seed", SEEDS)
def test_no_note_becomes_public_whatever_a_monkey_presses(open_ticket, live_portal, seed):
    """Seeded keystrokes and clicks of an agent who writes notes and replies, and slips.

    They press "n" for a note wherever they are, but where the cursor stands in a reply that they did not just send.
    Now and then they write a note and a reply on purpose, so that there is always something that could slip.
    """
    page = open_ticket(f"Monkey {seed}")
    number = page.get_attribute("#ticket", "data-number")
    address, chance = f"{live_portal.portal}/tickets/{number}", random.Random(seed)
    has_just_sent = False
    for step in range(STEPS):
        if step % PURPOSE_EVERY == PURPOSE_EVERY - 1:
            write_on_purpose(page, address, step)
            has_just_sent = True
        has_just_sent = press_something(page, chance, step, has_just_sent, address)
        state = read_now(page, STATE)
        print(step, state)  # shown where it fails
        assert state["public"] == []
        if state["isDialogOpen"]:
            page.keyboard.press("Escape")
        if state["ticket"] != number:
            page.goto(address)
    write_on_purpose(page, address, STEPS)
    show_everything(page, address)
    for kind in ("note", "reply"):
        expect(page.locator(f"article[data-kind={kind}]").nth(STEPS // PURPOSE_EVERY // 4)).to_be_attached()
    expect(page.locator("article[data-kind=reply]:has-text('NOTE')")).to_have_count(0)
    expect(page.locator(".event:has-text('solved this ticket')")).to_have_count(0)
    expect(page.locator("#ticket")).not_to_have_attribute("data-status", "solved")
    assert "NOTE" not in str(mails_to(live_portal, DANA))
    assert "NOTE" not in str(live_portal.slack("posted", channel=CUSTOMERS_CHANNEL))


def write_on_purpose(page, address: str, step: int) -> None:
    """Open the ticket again, add a note and send a reply, whatever was begun there before."""
    page.goto(address)
    wait_for_scripts(page)
    for kind, text in (("note", f"NOTE on purpose {step}"), ("reply", f"reply on purpose {step}")):
        fill_as(page, kind, text)
        page.keyboard.press("Control+Enter")
        page.wait_for_selector(f"article[data-kind={kind}]:has-text('{text}')")


def fill_as(page, kind: str, text: str) -> None:
    """Write ``text`` as a note or a reply, again where a draft from the server comes and is of the other kind."""
    for _ in range(20):
        page.locator(f"label[for=compose-{kind}]").click()
        try:
            page.fill(f"#body-{kind}", text, timeout=1000 * RESTING_SECONDS)
            return
        except Error as error:
            if "Timeout" not in str(error):
                raise
    raise AssertionError(f"the composer did not stay a {kind}")


def show_everything(page, address: str) -> None:
    """Open the ticket with all its messages on the page, the folded and the earlier ones, too."""
    page.goto(address)
    wait_for_scripts(page)
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("#earlier-messages [id^=earlier-] > a")).to_have_count(0)


def press_something(page, chance: random.Random, step: int, has_just_sent: bool, address: str) -> bool:
    """Do one thing; whether the last that was done is sending."""
    action = chance.randrange(12)
    print(step, "action", action, "focus", read_now(page, FOCUSED), "has just sent" if has_just_sent else "")
    match action:
        case 0 | 1:
            is_reply = read_now(page, FOCUSED) == "body-reply" and not has_just_sent
            page.keyboard.press("n")
            page.keyboard.type(f"{'reply' if is_reply else 'NOTE'}{step} so it seems")
            return False
        case 2:
            page.keyboard.press("r")
            if read_now(page, FOCUSED) == "body-reply":
                page.keyboard.type(f"reply {step} ")
            return False
        case 3 | 4:
            is_sent = str(read_now(page, FOCUSED)).startswith("body-")
            page.keyboard.press("Control+Enter")
            return is_sent
        case 5:
            page.keyboard.press("Escape")
        case 6:
            key = chance.choice(["Tab", "Shift+Tab", "Enter", "ArrowDown", "z", "a", "p", "?"])
            leaves = key == "Enter" and read_now(page, "() => Boolean(document.activeElement?.matches('a[href]'))")
            page.keyboard.press(key)
            if leaves:  # before the next key, which would go to whichever page is there by then
                page.goto(address)
            return has_just_sent and len(key) > 1
        case 7:
            page.keyboard.type(chance.choice(["so ", "mess ", "as soon as ", "yes, solved "]), delay=20)
            return False
        case 8:
            page.locator("label[for=compose-note]").click()
        case 9 if "NOTE" not in page.input_value("#composer textarea"):
            page.locator("label[for=compose-reply]").click()
            return False
        case 10:
            page.locator("h1").click()
        case _:
            let_time_pass(page, chance.choice([0.05, 0.4, 1.2]))
    return has_just_sent


def test_a_colleague_who_writes_is_seen_beside_the_composer(open_ticket, live_portal, open_browser):
    page = open_ticket("Who writes")
    colleague = open_browser()
    sign_in_once(colleague, live_portal, "tomas@support.northwind.example")
    colleague.goto(page.url)
    colleague.type("#body-reply", "I ")
    page.wait_for_selector("#present + #composer")
    page.wait_for_selector("#present:has-text('is writing')", timeout=15_000)  # asking again takes 20 seconds
