"""Firefox and WebKit: what people do most, and with BROWSERS=all (make test-browsers) every page as each role."""

import os
import re
from pathlib import Path

import pytest

from tests.engines.conftest import IS_COMPLETE
from tests.engines.steps import file_ticket, has_text, sign_in
from tests.journeys.sign_in import DANA, MAYA, PATIENCE, PRIYA

TRIAGE, PRIYA_IN_SLACK = "C0TRIAGE001", "U0PRIYA0001"
SKIPPED = re.compile(
    r"\.csv|^/(files|logo|static|sign-out|account/export|health|metrics)|/(download|export|file)\b|^/api/"
)
MOST_PAGES = int(os.environ.get("BROWSER_PAGES", "150"))
PICTURES = Path("test-results/engines")
LINKS = """
  return [...document.querySelectorAll("a[href]:not([download])")]
    .map((link) => new URL(link.getAttribute("href"), document.baseURI)).filter((link) => link.origin === location.origin)
    .map((link) => link.pathname + link.search);
"""
LOOK = "return [document.documentElement.scrollWidth - innerWidth, document.querySelectorAll('h1').length];"


def test_filing_replying_and_a_live_answer(live_portal, engine):
    subject = f"Tried in {engine.name}"
    sign_in(engine, live_portal, DANA)
    file_ticket(engine, live_portal, subject, "Words that stay.")
    engine.type("#body-reply", "A first reply")
    engine.click("#composer [data-send=reply]")
    engine.wait(has_text("#conversation article", "A first reply"))
    engine.wait(
        "document.querySelector('#body-reply').value === ''"
    )  # the answer to the POST may come after the live one
    engine.type("#body-reply", "Half a")
    root = live_portal.root(TRIAGE, subject, PATIENCE)
    live_portal.slack("say", user=PRIYA_IN_SLACK, channel=TRIAGE, text="Out of Slack.", thread_ts=root)
    engine.wait(has_text("article[data-side=team]", "Out of Slack."))
    assert engine.run("return [document.querySelector('#body-reply').value, document.activeElement.id]") == [
        "Half a",
        "body-reply",
    ]
    assert engine.complaints == []


def pattern(address: str) -> str:
    """Addresses that differ by numbers, keys or the values of their filters are one page."""
    path, _, query = address.partition("?")
    names = sorted({part.partition("=")[0] for part in query.split("&") if part})
    return re.sub(r"/(\d+|[\w-]{20,})", "/*", path) + "?" + "&".join(names)


def crawl(engine, live, start: str) -> list[str]:
    """Look at every kind of page within reach, wide and narrow; what is wrong with them."""
    waiting, seen, wrong, looked = [start], {pattern(start)}, [], 0
    while waiting and looked < MOST_PAGES:
        address = waiting.pop(0)
        looked += 1
        for width in (1280, 360):
            engine.resize(width, 800)
            engine.goto(live.portal + address)
            name = re.sub(r"\W+", "-", address).strip("-")[:80]
            (PICTURES / f"{engine.name}-{width}-{name}.png").write_bytes(engine.picture())
            beyond, headings = engine.run(LOOK)
            if beyond > 0 or headings != 1:
                wrong.append(f"{address} at {width}: {beyond} px too wide, {headings} headings")
        for link in engine.run(LINKS):
            if not SKIPPED.search(link) and pattern(link) not in seen:
                seen.add(pattern(link))
                waiting.append(link)
    return wrong


@pytest.mark.skipif(not IS_COMPLETE, reason="make test-browsers looks at every page")
@pytest.mark.parametrize(("email", "start"), [(DANA, "/tickets"), (PRIYA, "/desk"), (MAYA, "/settings")])
def test_every_page_as_each_role(live_portal, engine, email, start):
    sign_in(engine, live_portal, email)
    engine.complaints.clear()
    PICTURES.mkdir(parents=True, exist_ok=True)
    assert crawl(engine, live_portal, start) + engine.complaints == []
