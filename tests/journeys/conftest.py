"""Browser tests on the processes that ``make run`` starts."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from tests import timeouts
from tests.conftest import free_port

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
DANA = "dana@globex.example"
PICTURES = Path("test-results")
# seconds; a busy machine passes, a page that is only brought up to date by asking again once a minute does not
PATIENCE = 45.0


class Live:
    """A running helpdesk and its external services."""

    def __init__(self, portal: str, outside: str, var: Path):
        self.portal = portal
        self.outside = outside
        self.var = var

    def slack(self, do: str, **what):
        """Call a verb of the Slack workspace's control API and return its result."""
        body = json.dumps({"do": do, **what}).encode()
        request = urllib.request.Request(f"{self.outside}/slack/control", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read())["result"]

    def root(self, channel: str, word: str, patience: float = PATIENCE) -> str:
        """The ts of the card in ``channel`` that contains ``word``; waits for it."""
        return wait_for(
            lambda: next(
                (card["ts"] for card in self.slack("posted", channel=channel) if word in json.dumps(card)), None
            ),
            patience,
        )

    def run(self, *command: str) -> str:
        """Run ``helpdesk …`` beside it, with the same settings. Gives what it printed."""
        environment = (
            json.loads((self.var / "environment.json").read_text()) if (self.var / "environment.json").exists() else {}
        )
        done = subprocess.run(
            [sys.executable, "-m", "helpdesk.cli", *command],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def live_portal():
    """Everything ``make run`` starts, on free ports and in a folder of its own."""
    var = Path(tempfile.mkdtemp(prefix="helpdesk journeys "))  # the path has spaces, as people's folders do
    port, demo_port = free_port(), free_port()
    environment = os.environ | {"VAR_DIR": str(var), "PORT": str(port), "DEMO_PORT": str(demo_port)}
    environment["WEBHOOKS_TO_LOOPBACK"] = "1"  # a customer's provider runs here
    printed = var / "printed.txt"  # a file, for nobody reads on once it has started, and a full pipe would stop it
    with printed.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "helpdesk.cli", "demo"], env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    wait_for(lambda: "Ctrl-C" in printed.read_text() or process.poll() is not None, 300)
    assert process.poll() is None, printed.read_text()
    yield Live(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{demo_port}", var)
    process.send_signal(signal.SIGTERM)
    process.wait(120)
    shutil.rmtree(var, ignore_errors=True)


@pytest.fixture(scope="session")
def chromium():
    """Debian's Chromium, driven by Playwright."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed, and CI must not skip the journeys.")
        pytest.skip("JOURNEYS SKIPPED: Chromium is not installed on this machine.")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_browser(chromium, request):
    """``open_browser(width=1280, scheme="light", javascript=True)``: a new window; errors of the page fail the test."""
    contexts, complaints = [], []

    def open_browser(width: int = 1280, height: int = 900, scheme: str = "light", javascript: bool = True):
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            java_script_enabled=javascript,
            has_touch=width < 500,
        )
        context.set_default_timeout(PATIENCE * 1000)
        context.set_default_navigation_timeout(timeouts.LIMIT * 1000)  # a page that loads is not brought up to date
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda said: (
                complaints.append(f"{page.url}: {said.text}") if "Content Security Policy" in said.text else None
            ),
        )
        return page

    yield open_browser
    for context in contexts:
        context.close()
    if "live_portal" in request.fixturenames:
        delete_drafts(request.getfixturevalue("live_portal"))
    assert complaints == []


@pytest.fixture
def open_ticket(live_portal, open_browser):
    """``open_ticket(subject)``: an agent's page of a new ticket, which Dana filed in a browser of her own."""
    from tests.journeys.filing import file_ticket
    from tests.journeys.sign_in import PRIYA, sign_in_once
    from tests.journeys.waiting import wait_for_scripts

    def open_ticket(subject: str):
        customer = open_browser()
        sign_in_once(customer, live_portal, DANA)
        number = file_ticket(customer, live_portal, subject)
        page = open_browser()
        sign_in_once(page, live_portal, PRIYA)
        page.goto(f"{live_portal.portal}/tickets/{number}")
        wait_for_scripts(page)
        return page

    return open_ticket


def delete_drafts(live: Live) -> None:
    """Delete what the windows of a test left half written, which the next test would find in its own."""
    with closing(sqlite3.connect(live.var / "helpdesk.db", timeout=PATIENCE)) as database, database:
        database.execute("DELETE FROM drafts")


@pytest.fixture
def sign_in(live_portal):
    """``sign_in(page, email)``: by the link from the mailbox, as a person does it; ``path`` is the page to begin with."""

    def sign_in(page, email: str = DANA, path: str = "/sign-in"):
        page.goto(live_portal.portal + path)
        sent = len(mails_to(live_portal, email))
        page.fill("form[action='/sign-in/link'] input[name=email]", email)
        page.click("form[action='/sign-in/link'] button")
        link = wait_for(lambda: link_in_newest_mail(live_portal, email, sent))
        page.goto(link)
        page.click("main form button")
        page.wait_for_url(re.compile(r"/(tickets|desk)"))

    return sign_in


def mails_to(live: Live, email: str) -> list[dict]:
    """The demo mailbox's mails to ``email``, oldest first: subject, text, html."""
    with urllib.request.urlopen(f"{live.outside}/mailbox/mails.json?to={email}", timeout=PATIENCE) as answer:
        return json.loads(answer.read())


def link_in_newest_mail(live: Live, email: str, after: int) -> str | None:
    """The newest sign-in link mailed to ``email`` after its first mails; a reply may be mailed after it."""
    found = (re.search(r"http://\S+/sign-in/link/[\w-]+", mail["text"]) for mail in mails_to(live, email)[after:][::-1])
    return next((link.group(0) for link in found if link), None)


def wait_for(look, patience: float = PATIENCE):
    """What ``look`` gives as soon as it gives something; fails after ``patience`` seconds."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"nothing came within {patience} s")
