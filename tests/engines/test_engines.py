"""What people do most in each engine, and with BROWSERS=all (make test-browsers) every page as each role."""

import re
from pathlib import Path

import pytest

from tests.engines.conftest import IS_COMPLETE
from tests.engines.crawl import each_page
from tests.engines.steps import file_ticket, has_text, sign_in
from tests.journeys.sign_in import DANA, MAYA, PATIENCE, PRIYA
from tests.journeys.waiting import what_stays

TRIAGE, PRIYA_IN_SLACK = "C0TRIAGE001", "U0PRIYA0001"
STARTS = [(DANA, "/tickets"), (PRIYA, "/desk"), (MAYA, "/settings")]
PICTURES = Path("test-results/engines")
LOOK = """
  const isTyped = ({ type }) => !["checkbox", "file", "hidden", "radio", "range"].includes(type);
  const size = (field) => parseFloat(getComputedStyle(field).fontSize);
  const fields = [...document.querySelectorAll("input, select, textarea")].filter(isTyped);
  const isEnlargedByIos = (field) => matchMedia("(pointer: coarse)").matches && size(field) < 16; // narrow in Chromium
  const boxes = [...document.querySelectorAll("[type=checkbox], [type=radio]")]; // WebKit's are white on dark pages
  const { documentElement: root } = document;
  return [
    ...(root.scrollWidth > innerWidth ? [`${root.scrollWidth - innerWidth} px too wide`] : []),
    ...(document.querySelectorAll("h1").length === 1 ? [] : ["not one first heading"]),
    ...fields.filter(isEnlargedByIos).map(({ name }) => `${name} has less than 16 px`),
    ...fields.filter(({ type }) => type === "number").map(({ name }) => `${name} loses what is no number`),
    ...(boxes.every((box) => getComputedStyle(box).appearance === "none") ? [] : ["a box is not drawn by the styles"]),
    ...[...document.querySelectorAll("[type=search]:not([enterkeyhint])")].map(({ name }) => `${name} has no hint`),
  ];
"""


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
    engine.expect("[document.querySelector('#body-reply').value, document.activeElement.id]", ["Half a", "body-reply"])
    assert engine.complaints == []


def look(engine, live, start: str) -> list[str]:
    """Look at every kind of page within reach, wide and narrow; what is wrong with them."""
    wrong = []
    for address in each_page(engine, start):
        for width in (1280, 360):
            engine.resize(width, 800)
            engine.goto(live.portal + address)
            name = re.sub(r"\W+", "-", address).strip("-")[:80]
            (PICTURES / f"{engine.name}-{width}-{name}.png").write_bytes(engine.picture())
            wrong += [f"{address} at {width}: {found}" for found in what_stays(lambda: engine.run(LOOK))]
    return wrong


@pytest.mark.skipif(not IS_COMPLETE, reason="make test-browsers looks at every page")
@pytest.mark.parametrize(("email", "start"), STARTS)
def test_every_page_as_each_role(live_portal, engine, email, start):
    sign_in(engine, live_portal, email)
    engine.complaints.clear()
    PICTURES.mkdir(parents=True, exist_ok=True)
    assert look(engine, live_portal, start) + engine.complaints == []
