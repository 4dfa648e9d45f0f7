"""What a screen reader gets of Firefox by AT-SPI 2: names, roles, states, and what live regions say.

With make test-browsers, which needs Debian's firefox-esr, xvfb, at-spi2-core, dbus, python3-gi and gir1.2-atspi-2.0.
"""

import json
import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from tests.engines import firefox, webkit
from tests.engines.conftest import IS_COMPLETE
from tests.engines.engine import ENTER, ESCAPE
from tests.engines.steps import file_ticket, sign_in
from tests.journeys.conftest import wait_for
from tests.journeys.sign_in import DANA, PATIENCE, PRIYA

pytestmark = pytest.mark.skipif(not IS_COMPLETE, reason="make test-browsers reads the accessible tree of Firefox")
SYSTEM_PYTHON, BUS = "/usr/bin/python3", shutil.which("dbus-daemon")
SCRIPT = Path(__file__).with_name("read_accessible_tree.py")
CONTROLS = {
    "check box",
    "combo box",
    "entry",
    "landmark",
    "link",
    "push button",
    "radio button",
    "spin button",
    "toggle button",
}
PAGES = {DANA: ("/tickets", "/account"), PRIYA: ("/desk?view=all", "/notifications", "/desk/people")}


class Reader:
    """The process that reads the tree, and what it has heard."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.trees, self.said = [], []
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
            (self.trees if isinstance(found, list) else self.said).append(found)

    def tree(self, title: str) -> list[list]:
        """[role, name, states, depth] of every element of the page whose title has this text."""

        def read() -> list[list] | None:
            known = len(self.trees)
            self.process.stdin.write("tree\n")
            self.process.stdin.flush()
            wait_for(lambda: len(self.trees) > known, PATIENCE)
            found = self.trees[-1]
            return found if found and title in found[0][1] else None

        return wait_for(read, PATIENCE)

    def hear(self, text: str) -> None:
        """Wait until a live region has said it."""
        wait_for(lambda: any(text in said["said"] for said in self.said), PATIENCE)

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


def without_name(tree: list[list]) -> list[str]:
    """What can be used and has no name, and what every page has once and this one has not."""
    wrong = [f"{role} has no name" for role, name, states, _ in tree if role in CONTROLS - {"landmark"} and not name]
    return wrong if any(role == "heading" for role, *_ in tree) else [*wrong, "there is no heading"]


def states_of(tree: list[list], role: str, name: str) -> list[str]:
    found = [states for its_role, its_name, states, _ in tree if its_role == role and name in its_name]
    assert found, f"no {role} {name!r} in {[(role, name) for role, name, *_ in tree if name]}"
    return found[0]


def test_everything_has_a_name_and_changes_are_said(live_portal, heard):
    engine, reader = heard
    wrong = {}
    engine.goto(f"{live_portal.portal}/sign-in")
    tree = reader.tree("Sign in")
    assert "REQUIRED" in states_of(tree, "entry", "Your work email")
    for email, addresses in PAGES.items():
        sign_in(engine, live_portal, email)
        for address in addresses:
            engine.goto(live_portal.portal + address)
            if found := without_name(reader.tree(engine.run("return document.title"))):
                wrong[address] = found
    assert wrong == {}


def test_a_form_that_fails_a_file_a_reply_and_a_menu(live_portal, heard):
    engine, reader = heard
    sign_in(engine, live_portal, DANA)
    engine.goto(f"{live_portal.portal}/tickets/new?form=default")
    engine.run(
        "const box = new DataTransfer(); box.items.add(new File(['x'], 'a.txt'));"
        "const input = document.querySelector('#field-files'); input.files = box.files;"
        "input.dispatchEvent(new Event('change', { bubbles: true }));"
    )
    reader.hear("1 file attached")
    engine.click("#ticket-form button[type=submit]")
    reader.hear("The ticket is not filed yet")
    tree = reader.tree(engine.run("return document.title"))
    assert {"INVALID_ENTRY", "REQUIRED"} <= set(states_of(tree, "entry", "Subject"))
    assert states_of(tree, "push button", "Remove a.txt")
    subject = f"Heard in {engine.name}"
    file_ticket(engine, live_portal, subject, "Words.")
    root = live_portal.root("C0TRIAGE001", subject, PATIENCE)
    live_portal.slack("say", user="U0PRIYA0001", channel="C0TRIAGE001", text="Out of Slack.", thread_ts=root)
    reader.hear("Priya")
    engine.run("document.querySelector('.site-header details[data-menu] summary').focus()")
    for key, is_open in ((ENTER, True), (ESCAPE, False)):
        engine.press(key)
        tree = reader.tree(engine.run("return document.title"))
        assert ("EXPANDED" in next(states for _, name, states, _ in tree if "your menu" in name)) is is_open
