"""Reads of a page in one step, repeated until they give what is expected: a live refresh may replace any element."""

import re
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Error, Page, expect

from tests.journeys.conftest import PATIENCE, Live, wait_for

MISSING = object()
FOCUSED = "() => document.activeElement?.id"
OVERFLOW = "() => Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)"
PASSING_SECONDS = 10.0  # what a refresh shows unfinished is finished by then
RESTING_SECONDS = 2.0  # single keys rest for one after something is sent
IS_KEPT = """(text) => Object.keys(localStorage).some(
  (key) => key.startsWith("draft:") && !key.startsWith("draft:state:") && localStorage[key].includes(text))"""
CHOOSE_REQUIRED = """() => {
  for (const select of document.querySelectorAll("#ticket-form select[required]")) {
    select.selectedIndex = 1;
    for (const kind of ["input", "change"]) select.dispatchEvent(new Event(kind, { bubbles: true }));
  }
}"""


def read_now(page: Page, script: str, arg: Any = None) -> Any:
    """What ``script`` gives in the page, as soon as no navigation interrupts it."""

    def look() -> list[Any]:
        try:
            return [page.evaluate(script, arg)]
        except Error as error:
            if "context was destroyed" not in str(error) and "navigat" not in str(error):
                raise
            return []

    return wait_for(look)[0]


def expect_value(page: Page, script: str, wanted: Any, arg: Any = None, patience: float = PATIENCE) -> None:
    """Wait until ``script`` gives ``wanted`` in the page.

    It looks for elements and reads them in one step, which a locator's ``evaluate`` does not: one that was replaced in
    between has no style, no size and no place.
    """
    last, deadline = MISSING, time.monotonic() + patience
    while last is MISSING or time.monotonic() < deadline:
        if (last := read_now(page, script, arg)) == wanted:
            return
        time.sleep(0.05)
    raise AssertionError(f"{script} gave {last!r} instead of {wanted!r} for {patience} s on {page.url}")


def what_stays(find: Callable[[], list[Any]], patience: float = PASSING_SECONDS) -> list[Any]:
    """What ``find`` finds wrong however often it looks, so not what is unfinished for a moment."""
    deadline = time.monotonic() + patience
    while (found := find()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def expect_focus(page: Page, name: str) -> None:
    """Wait until the focus is on the element with this id."""
    expect_value(page, FOCUSED, name)


def expect_no_overflow(page: Page) -> None:
    """Wait until the page is no wider than the window."""
    expect_value(page, OVERFLOW, 0)


def wait_for_scripts(page: Page) -> None:
    """Wait until the modules have run; one of the last of them sets --keyboard."""
    expect_value(page, "() => document.documentElement.style.getPropertyValue('--keyboard') !== ''", True)


def wait_for_answers(page: Page) -> None:
    """Wait until what was sent is answered and shown: a person sees it before they press the next button."""
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)


def press_until(page: Page, key: str, selector: str) -> None:
    """Press a single key until something is there: those of the desk rest for a second after something is sent."""
    for _ in range(20):
        page.keyboard.press(key)
        try:
            page.wait_for_selector(selector, timeout=RESTING_SECONDS * 1000)
            return
        except Error as error:
            if "Timeout" not in str(error):
                raise
    raise AssertionError(f"{key!r} did not bring {selector}")


def expect_draft_kept(page: Page, text: str) -> None:
    """Wait until the browser has kept what was typed, which it does 300 ms later."""
    expect_value(page, IS_KEPT, True, text)


def let_time_pass(page: Page, seconds: float) -> None:
    """Give the page time to do what it must not do. Never a wait for what it shall do."""
    page.wait_for_timeout(1000 * seconds)


def choose_required(page: Page) -> None:
    """Choose the first answer of every question of the form of a new ticket that must be answered."""
    page.wait_for_selector("#ticket-form")
    page.evaluate(CHOOSE_REQUIRED)


def choose_a_form(page: Page) -> None:
    """Take the first form of a new ticket, if the page asks for which."""
    page.wait_for_selector(".form-choices, #ticket-form")
    if page.locator(".form-choices").count():
        page.click(".form-choices a >> nth=0")
        page.wait_for_selector("#ticket-form")


def open_notification(page: Page, live: Live, text: str) -> None:
    """Open the notification that says ``text``: the list shows what was there when it was opened."""
    row = page.locator(".notifications a", has_text=re.compile(re.escape(text) + r"(?!\d)"))

    def is_shown() -> bool:
        page.goto(f"{live.portal}/notifications")
        page.wait_for_selector("main h1")
        return row.count() > 0

    wait_for(is_shown)
    row.first.click()


def expect_values(page: Page, **wanted: str) -> None:
    """Wait until the fields with these names have these values."""
    for name, value in wanted.items():
        expect(page.locator(f"[name={name}]")).to_have_value(value)
