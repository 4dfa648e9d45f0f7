"""What a screen reader gets of Firefox by AT-SPI 2: names, roles, states, and what live regions say.

With make test-browsers, which needs Debian's firefox-esr, xvfb, at-spi2-core, dbus, python3-gi and gir1.2-atspi-2.0.
"""

import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engines import firefox, webkit
from tests.engines.conftest import IS_COMPLETE
from tests.engines.crawl import each_page
from tests.engines.engine import ARROW_DOWN, CONTROL, ENTER, ESCAPE, SEEN_SECONDS
from tests.engines.steps import HAS_SCRIPTS, file_ticket, has_text, sign_in
from tests.journeys.conftest import wait_for
from tests.journeys.sign_in import DANA, MAYA, PATIENCE, PRIYA

pytestmark = pytest.mark.skipif(not IS_COMPLETE, reason="make test-browsers reads the accessible tree of Firefox")
SYSTEM_PYTHON, BUS = "/usr/bin/python3", shutil.which("dbus-daemon")
SCRIPT = Path(__file__).with_name("read_accessible_tree.py")
CONTROLS = {
    "check box",
    "combo box",
    "entry",
    "link",
    "push button",
    "radio button",
    "spin button",
    "toggle button",
}
MAIL = re.compile(r"^/settings/mail/previews/\w+/html$")
STARTS = {DANA: "/tickets", PRIYA: "/desk", MAYA: "/settings"}


class Reader:
    """The process that reads the tree, and what it has heard."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.pages, self.said = [], []
        self.process = subprocess.Popen(
            [SYSTEM_PYTHON, str(SCRIPT)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.thread = threading.Thread(target=self._listen)
        self.thread.start()

    def _listen(self) -> None:
        for line in self.process.stdout:
            found = json.loads(line)
            (self.pages if "tree" in found else self.said).append(found)

    def tree(self, address: str, has: Callable[[list[list]], bool] = bool, patience: float = PATIENCE) -> list[list]:
        """[role, name, states, depth] of every element of the page at this address, as soon as ``has`` is true of it."""

        def read() -> list[list] | None:
            known = len(self.pages)
            self.process.stdin.write("page\n")
            self.process.stdin.flush()
            wait_for(lambda: len(self.pages) > known, PATIENCE)
            found = self.pages[-1]
            return found["tree"] if found["address"] == address and has(found["tree"]) else None

        return wait_for(read, patience)

    def hear(self, text: str, politeness: str) -> None:
        """Wait until a live region or an alert has said it."""
        wait_for(lambda: any(text in said["said"] and said["politeness"] == politeness for said in self.said), PATIENCE)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.thread.join()


@pytest.fixture(scope="module")
def heard():
    """(Firefox in a window, the reader of its tree), on a screen and a message bus of their own."""
    assert firefox.PROGRAM and webkit.SCREEN and BUS, "firefox-esr, xvfb and dbus are needed"
    screen, display = webkit.start_screen()
    bus = subprocess.Popen(
        [BUS, "--session", "--nofork", "--print-address"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    environment = os.environ | {
        "DISPLAY": display,
        "GDK_BACKEND": "x11",
        "GNOME_ACCESSIBILITY": "1",
        "DBUS_SESSION_BUS_ADDRESS": bus.stdout.readline().strip(),
    }
    reader = Reader(environment)
    browser = firefox.Firefox("--new-instance", environment=environment)
    yield browser, reader
    browser.close()
    reader.close()
    for process in (bus, screen):
        process.terminate()
        process.wait(PATIENCE)


def wrong_with(tree: list[list]) -> list[str]:
    """What can be used and has no name, and what every page has once and this one has not."""
    wrong = [f"{role} has no name" for role, name, *_ in tree if role in CONTROLS and not name]
    roles = [role for role, *_ in tree]
    wrong += [f"there is no {role}" for role in ("heading", "landmark") if role not in roles]
    return wrong if tree[0][1] else [*wrong, "the page has no title"]


def has(role: str, name: str, *wanted: str, without: str = "") -> Callable[[list[list]], bool]:
    """Whether there is such an element in a tree, in these states and not in another."""

    def look(tree: list[list]) -> bool:
        return any(
            its_role == role and name in its_name and set(wanted) <= set(states) and without not in states
            for its_role, its_name, states, _ in tree
        )

    return look


@pytest.mark.parametrize("email", STARTS)
def test_everything_that_can_be_used_has_a_name(live_portal, heard, email):
    engine, reader = heard
    sign_in(engine, live_portal, email)
    wrong = {}
    for address in each_page(engine, STARTS[email]):
        engine.goto(live_portal.portal + address)
        if MAIL.search(address):  # as mail programs show it: with nothing of the portal around it
            continue
        shown = engine.run("return location.href")
        try:  # a list that is brought up to date has elements without a name for a moment
            reader.tree(shown, lambda found: not wrong_with(found), SEEN_SECONDS)
        except AssertionError:
            wrong[address] = wrong_with(reader.tree(shown))
    assert wrong == {}


def test_what_is_said_when_something_changes(live_portal, heard):
    """A form fails, a file is added, a reply arrives, a menu and a dialog open and close, the palette moves."""
    engine, reader = heard

    def wait_for_tree(*conditions: Callable[[list[list]], bool]) -> None:
        """Wait until all of them are true of the tree: what a change brings does not come into it at once."""
        reader.tree(engine.run("return location.href"), lambda found: all(each(found) for each in conditions))

    sign_in(engine, live_portal, DANA)
    engine.goto(f"{live_portal.portal}/tickets/new?form=default")
    engine.run(
        "const box = new DataTransfer(); box.items.add(new File(['x'], 'a.txt'));"
        "const input = document.querySelector('#field-files'); input.files = box.files;"
        "input.dispatchEvent(new Event('change', { bubbles: true }));"
    )
    reader.hear("1 file attached", "polite")
    engine.click("#ticket-form button[type=submit]")
    reader.hear("The ticket is not filed yet", "assertive")
    wait_for_tree(has("entry", "Subject", "INVALID_ENTRY", "REQUIRED"), has("push button", "Remove a.txt"))
    subject = f"Heard in {engine.name}"
    file_ticket(engine, live_portal, subject, "Words.")
    root = live_portal.root("C0TRIAGE001", subject, PATIENCE)
    live_portal.slack("say", user="U0PRIYA0001", channel="C0TRIAGE001", text="Out of Slack.", thread_ts=root)
    reader.hear("Priya", "polite")
    engine.run("document.querySelector('.site-header details[data-menu] summary').focus()")
    engine.press(ENTER)
    wait_for_tree(has("push button", "your menu", "EXPANDED"))
    engine.press(ESCAPE)
    wait_for_tree(has("push button", "your menu", without="EXPANDED"))
    engine.type("#body-reply", "To be deleted")
    engine.click("#composer [data-send=reply]")
    engine.wait(has_text("#conversation article", "To be deleted"))
    engine.wait("document.querySelector('#body-reply').value === ''")
    engine.run(
        "const replies = [...document.querySelectorAll('#conversation article')];"
        "const mine = replies.find((each) => each.textContent.includes('To be deleted'));"
        "[...mine.querySelectorAll('button')].find((each) => each.textContent.includes('Delete')).focus()"
    )
    engine.press(ENTER)
    wait_for_tree(has("dialog", "?"), has("push button", "Cancel"))
    engine.press(ESCAPE)
    wait_for_tree(lambda found: all(role != "dialog" for role, *_ in found))

    sign_in(engine, live_portal, PRIYA)
    engine.goto(f"{live_portal.portal}/desk?view=all")
    engine.wait(HAS_SCRIPTS)
    engine.press("k", held=CONTROL)
    engine.wait("document.querySelector('#palette-results [role=option]')")
    engine.press(ARROW_DOWN)
    wait_for_tree(has("list item", "", "SELECTED"), has("combo box", "Go to a ticket", "EXPANDED"))
