"""All tabs of a browser share one live connection."""

from tests.journeys.conftest import wait_for
from tests.journeys.sign_in import DANA, PRIYA, sign_in_once
from tests.journeys.test_portal_live import file_ticket

TABS = 8  # browsers open six connections to a host at once
COUNT_SOURCES = """
window.sources = [];
window.EventSource = class extends EventSource {
  constructor(...given) { super(...given); window.sources.push(this); }
};
"""
OPEN_SOURCES = "window.sources.filter((source) => source.readyState !== EventSource.CLOSED).length"


def test_eight_tabs_share_one_live_connection_and_another_takes_over(live_portal, open_browser):
    dana, agent = open_browser(), open_browser()
    sign_in_once(dana, live_portal, DANA)
    sign_in_once(agent, live_portal, PRIYA)
    context = dana.context
    context.add_init_script(COUNT_SOURCES)
    address = file_ticket(dana, live_portal, "Eight of me")
    tabs = [dana, *(context.new_page() for _ in range(TABS - 1))]
    for tab in tabs[1:]:
        tab.goto(address)
        tab.wait_for_selector("#conversation article")
    agent.goto(address)
    reply(agent, "To all of you")
    for tab in tabs:
        tab.wait_for_selector("article:has-text('To all of you')")
    wait_for(lambda: listening(tabs) == [0])

    tabs.pop(0).close()
    wait_for(lambda: listening(tabs))
    reply(agent, "To those who are left")
    for tab in tabs:
        tab.wait_for_selector("article:has-text('To those who are left')")
    wait_for(lambda: len(listening(tabs)) == 1)


def listening(tabs) -> list[int]:
    """Which of ``tabs`` have a connection to /live, once for each that they have."""
    return [number for number, tab in enumerate(tabs) for _ in range(tab.evaluate(OPEN_SOURCES))]


def reply(page, text: str) -> None:
    page.fill("#body-reply", text)
    page.click("button:has-text('Send reply')")
    page.wait_for_selector(f"article:has-text('{text}')")
