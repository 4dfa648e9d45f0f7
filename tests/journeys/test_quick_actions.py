"""Two things done on a ticket, the second while the first is on its way: both are kept, in their order."""

import itertools
import os
import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.journeys.conftest import wait_for
from tests.journeys.waiting import expect_value, wait_for_answers, wait_for_scripts

pytestmark = pytest.mark.journey

CHANGES = r"/tickets/\d+/(assignee|priority|status|solution|solution/delete|tags|notes|replies|canned)$"


class HeldRequests:
    """What a page sends to change a ticket, held until it is let go."""

    def __init__(self, page: Page):
        self.page = page
        self.routes = []
        self.is_open = False
        page.route(re.compile(CHANGES), self.take)

    def take(self, route: Route) -> None:
        if self.is_open:
            route.continue_()
        else:
            self.routes.append(route)

    def wait(self) -> None:
        """Wait until a request is held."""
        page = self.page
        wait_for(lambda: page.evaluate("1") and self.routes)

    def let_go(self) -> None:
        """Let all go, those that come later, too."""
        self.is_open = True
        for route in self.routes:
            route.continue_()
        self.routes = []


def choose(page: Page, name: str, value: str) -> None:
    page.select_option(f"#set-{name}", label=value)


def hold_assignment(page: Page) -> HeldRequests:
    """Assign the ticket to Tomás, and hold the request."""
    held = HeldRequests(page)
    choose(page, "assignee", "Tomás Herrera")
    held.wait()
    return held


def add_tag(page: Page, tag: str) -> None:
    page.fill("#add-tags", tag)
    page.keyboard.press("Enter")


def write(page: Page, kind: str, text: str) -> None:
    page.click(f"label[for=compose-{kind}]")
    page.focus(f"#body-{kind}")
    page.keyboard.press("Control+End")
    page.keyboard.type(text)
    page.keyboard.press("Control+Enter")


# By name: what does it, and what a page that is opened afterwards shows.
ACTIONS = {
    "assign": (lambda page, number: choose(page, "assignee", "Tomás Herrera"), {"assignee": "Tomás Herrera"}),
    "assign to nobody": (lambda page, number: choose(page, "assignee", "Nobody"), {"assignee": "Nobody"}),
    "take": (lambda page, number: page.click("[data-take]"), {"assignee": "Priya Raman"}),
    "priority": (lambda page, number: choose(page, "priority", "High"), {"priority": "High"}),
    "status": (lambda page, number: choose(page, "status", "On hold"), {"status": "On hold"}),
    "solve": (lambda page, number: page.click("[data-solve]"), {"status": "Solved"}),
    "tag": (lambda page, number: add_tag(page, f"tag{number}"), {}),
    "note": (lambda page, number: write(page, "note", f"For the team {number}."), {}),
    "reply": (lambda page, number: write(page, "reply", f"For everybody {number}."), {}),
}
SHOWN = {
    "tag": ".tags .tag:has-text('tag{}')",
    "note": "article[data-kind=note]:has-text('For the team {}.')",
    "reply": "article[data-kind=reply]:has-text('For everybody {}.')",
}
ALL_PAIRS = [pair for pair in itertools.product(ACTIONS, ACTIONS) if pair[0] != pair[1]]
PAIRS = [
    ("assign", "solve"),
    ("solve", "assign"),
    ("assign", "take"),
    ("assign", "assign to nobody"),
    ("tag", "priority"),
    ("status", "reply"),
    ("reply", "note"),
    ("note", "reply"),
]


def start_afresh(page: Page) -> None:
    """Open the ticket again, open and assigned to nobody."""
    page.goto(page.url)
    wait_for_scripts(page)
    for name, value in (("status", "Open"), ("assignee", "Nobody"), ("priority", "Normal")):
        if page.locator(f"#set-{name} option:checked").inner_text() != value:
            choose(page, name, value)
            wait_for_answers(page)
            page.goto(page.url)
            wait_for_scripts(page)


def test_the_second_of_two_quick_actions_is_kept_like_the_first(open_ticket):
    """``QUICK_PAIRS=all`` tries every pair."""
    page = open_ticket("Two at a time")
    pairs = ALL_PAIRS if os.environ.get("QUICK_PAIRS") == "all" else PAIRS
    for number, (first, second) in enumerate(pairs):
        start_afresh(page)
        held = HeldRequests(page)
        wanted = {}
        for name in (first, second):
            act, state = ACTIONS[name]
            act(page, number)
            wanted |= state
            held.wait()
        if second == "reply" and wanted.get("assignee") == "Nobody":
            wanted["assignee"] = "Priya Raman"  # who answers a ticket that nobody has takes it
        held.let_go()
        for name in (first, second):
            if name in SHOWN:
                page.wait_for_selector(SHOWN[name].format(number))
        wait_for_answers(page)
        page.goto(page.url)
        for name, value in wanted.items():
            expect(page.locator(f"#set-{name} option:checked"), f"{first}, {second}").to_have_text(value)
        for name in {first, second} & SHOWN.keys():
            expect(page.locator(SHOWN[name].format(number)), f"{first}, {second}").to_have_count(1)


def test_a_button_that_is_pressed_while_an_answer_comes_acts(open_ticket):
    page = open_ticket("Pressed just then")
    for press, let_go in (
        (lambda: page.mouse.down(), lambda: page.mouse.up()),
        (lambda: page.keyboard.down(" "), lambda: page.keyboard.up(" ")),
    ):
        start_afresh(page)
        held = hold_assignment(page)
        page.hover("[data-solve]")
        page.focus("[data-solve]")
        press()
        held.let_go()
        wait_for_answers(page)
        let_go()
        expect(page.locator("#ticket")).to_have_attribute("data-status", "solved")
        expect(page.locator("#set-assignee option:checked")).to_have_text("Tomás Herrera")


def test_solving_by_key_while_a_choice_is_on_its_way(open_ticket):
    page = open_ticket("By key")
    held = hold_assignment(page)
    page.click("h1")
    page.keyboard.press("s")
    expect(page.locator("[data-solve][aria-disabled]")).to_be_visible()
    held.let_go()
    expect(page.locator("#ticket")).to_have_attribute("data-status", "solved")
    expect(page.locator("#set-assignee option:checked")).to_have_text("Tomás Herrera")


def test_what_is_typed_while_an_answer_comes_stays(open_ticket):
    page = open_ticket("Typed just then")
    held = hold_assignment(page)
    page.focus("#add-tags")
    page.keyboard.type("ref")
    held.let_go()
    wait_for_answers(page)
    page.keyboard.type("und")
    page.keyboard.press("Enter")
    expect(page.locator(".tags .tag")).to_contain_text("refund")


def test_a_typed_tag_outlives_the_refresh_that_comes_when_its_field_is_left(open_ticket):
    page = open_ticket("Left there")
    page.fill("#add-tags", "refund")
    page.click("h1")
    choose(page, "priority", "High")
    expect(page.locator("#ticket-header")).to_contain_text("High")
    expect(page.locator("#add-tags")).to_have_value("refund")


def test_why_a_change_failed_stays_while_the_ticket_changes(open_ticket):
    page = open_ticket("Refused")
    page.route("**/tickets/*/solution", lambda route: route.fulfill(status=503))
    page.click("[data-solve]")
    notice = page.locator("#ticket-header .notice[data-request-error]")
    expect(notice).to_be_visible()
    choose(page, "priority", "High")
    expect(page.locator("#ticket-header")).to_contain_text("High")
    expect(notice).to_be_visible()
    page.unroute("**/tickets/*/solution")
    page.click("[data-solve]")
    expect(page.locator("#ticket")).to_have_attribute("data-status", "solved")
    expect(notice).to_have_count(0)


def test_what_waits_for_its_turn_is_sent_when_the_page_is_left(open_ticket):
    page = open_ticket("Left at once")
    address = page.url
    held = hold_assignment(page)
    page.click("[data-solve]")
    held.is_open = True
    page.goto(address.rsplit("/tickets/", 1)[0] + "/desk")

    def is_solved() -> bool:
        page.goto(address)
        return page.get_attribute("#ticket", "data-status") == "solved"

    wait_for(is_solved)


def test_what_is_made_of_a_note_on_its_way_is_not_sent_to_the_customer_without_a_question(open_ticket):
    page = open_ticket("Made of a note")
    held = HeldRequests(page)
    write(page, "note", "They did not pay.")
    held.wait()
    page.click("label[for=compose-reply]")
    page.keyboard.press("Control+Home")
    page.keyboard.type("Sorry! ")
    page.keyboard.press("Control+Enter")
    held.let_go()
    page.wait_for_selector("article[data-kind=note]:has-text('They did not pay.')")
    expect(page.locator("#body-note")).to_have_value("Sorry! They did not pay.")
    page.click("label[for=compose-reply]")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("dialog.confirm:has-text('internal note')")
    expect(page.locator("article[data-kind=reply]:has-text('Sorry!')")).to_have_count(0)


def test_words_typed_while_a_macro_is_inserted_stay(open_ticket):
    page = open_ticket("A macro meanwhile")
    held = HeldRequests(page)
    page.fill("#body-reply", "Hello!")
    page.select_option("#canned", index=1)
    page.click("[data-insert-canned]")
    held.wait()
    page.focus("#body-reply")
    page.keyboard.press("Control+End")
    page.keyboard.type(" One more thing.")
    page.keyboard.press("Control+Enter")
    held.let_go()
    expect_value(
        page, "() => /^Hello![^]{20,}One more thing.$/.test(document.querySelector('#body-reply')?.value)", True
    )
    expect(page.locator("article:has-text('Hello!')")).to_have_count(0)
