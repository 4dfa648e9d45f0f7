"""One live connection a browser, whatever the number of tabs."""

from tests.journeys.come_in import DANA, PRIYA, come_in
from tests.journeys.conftest import wait_for
from tests.journeys.test_portal_live import file_ticket

TABS = 8  # browsers open six connections to a host at once


def test_eight_tabs_share_one_connection_and_another_takes_over(live_portal, open_browser):
    dana, agent = open_browser(), open_browser()
    come_in(dana, live_portal, DANA)
    come_in(agent, live_portal, PRIYA)
    context, opened, ended = dana.context, [], []
    context.on("request", lambda request: opened.append(request) if request.url.endswith("/live") else None)
    for name in ("requestfinished", "requestfailed"):
        context.on(name, lambda request: ended.append(request) if request.url.endswith("/live") else None)
    address = file_ticket(dana, live_portal, "Eight of me")
    tabs = [dana, *(context.new_page() for _ in range(TABS - 1))]
    for tab in tabs[1:]:
        tab.goto(address)
        tab.wait_for_selector("#conversation article")
    agent.goto(address)
    reply(agent, "To all of you")
    for tab in tabs:
        tab.wait_for_selector("article:has-text('To all of you')")
    wait_for(lambda: len(opened) - len(ended) == 1 or tabs[0].wait_for_timeout(100))

    before = len(opened)
    tabs.pop(0).close()  # it listened, for it was the first
    wait_for(lambda: len(opened) > before or tabs[0].wait_for_timeout(100))
    reply(agent, "To those who are left")
    for tab in tabs:
        tab.wait_for_selector("article:has-text('To those who are left')")


def reply(page, text: str) -> None:
    page.fill("#body-reply", text)
    page.click("button:has-text('Send reply')")
    page.wait_for_selector(f"article:has-text('{text}')")
