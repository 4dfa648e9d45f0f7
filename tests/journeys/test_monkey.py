"""In a real browser, no note becomes public whatever is pressed at random, and nothing is solved that was not meant."""

import os
import random

import pytest
from playwright.sync_api import Error, expect

from tests.journeys.conftest import mails_to
from tests.journeys.sign_in import DANA
from tests.journeys.waiting import FOCUSED, RESTING_SECONDS, let_time_pass, read_now, wait_for_scripts

pytestmark = pytest.mark.journey
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
