"""A long conversation in a browser: a new message comes alone, and earlier ones are loaded when they are wanted."""

from playwright.sync_api import expect

from tests.journeys.sign_in import DANA, PRIYA, sign_in_once
from tests.journeys.test_portal_live import file_ticket
from tests.journeys.waiting import expect_value, wait_for_answers, wait_for_scripts

LENGTH = 60
WRITE_REPLIES = """
async ([address, count]) => {
  const token = document.querySelector('meta[name="csrf-token"]').content;
  for (let number = 1; number <= count; number += 1) {
    const body = new URLSearchParams({ csrf_token: token, body: `Message ${number} of many.` });
    await fetch(`${address}/replies`, { method: "POST", body, redirect: "manual" });
  }
}
"""
MESSAGES = "#conversation article"
IS_PART = f"() => document.querySelectorAll('{MESSAGES}').length < {LENGTH}"


def test_a_long_conversation_in_parts(live_portal, open_browser):
    dana, agent = open_browser(), open_browser()
    sign_in_once(dana, live_portal, DANA)
    sign_in_once(agent, live_portal, PRIYA)
    address = file_ticket(dana, live_portal, "A long story").partition("?")[0].partition("#")[0]
    dana.evaluate(WRITE_REPLIES, [address, LENGTH])
    agent.goto(address)
    agent.wait_for_selector(f"{MESSAGES}:has-text('Message {LENGTH} of many.')")
    expect_value(agent, IS_PART, True)
    early_id = early_message_id(agent, address)

    wait_until_quiet(agent)
    agent.evaluate("document.getElementById('conversation').dataset.mark = 'kept'")
    requests: list[str] = []
    agent.on("request", lambda request: requests.append(request.url.removeprefix(address)))
    dana.goto(address)
    dana.fill("#body-reply", "One more thing")
    dana.click("button:has-text('Send reply')")
    dana.wait_for_selector(f"{MESSAGES}:has-text('One more thing')")
    agent.wait_for_selector(f"{MESSAGES}:has-text('One more thing')")
    expect(agent.locator("#conversation[data-mark=kept]"), "only the message was added").to_have_count(1)
    assert "/conversation" in requests and not {"/facts", "/header"} & set(requests)
    expect(dana.locator(f"{MESSAGES}:has-text('One more thing')")).to_have_count(1)

    dana.locator(f"{MESSAGES}:has-text('One more thing') button:has-text('Delete')").click()
    dana.click("dialog[open] button:has-text('Delete')")
    agent.wait_for_selector(f"{MESSAGES}:has-text('This message was deleted')")
    expect(agent.locator("#conversation[data-mark=kept]")).to_have_count(1)

    agent.click("#earlier-messages > summary")
    agent.wait_for_selector(".earlier-page article")
    agent.goto("about:blank")
    agent.goto(f"{address}#message-{early_id}")
    agent.wait_for_selector(f"#message-{early_id}")
    expect(agent.locator(f"#message-{early_id}")).to_be_visible()
    agent.goto("about:blank")
    agent.goto(address)
    agent.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(agent.locator(MESSAGES), "everything is printed").to_have_count(LENGTH + 2)


def test_earlier_messages_without_a_script(live_portal, open_browser):
    agent = open_browser()
    sign_in_once(agent, live_portal, PRIYA)
    address = file_ticket_of_dana(live_portal, open_browser)
    plain = open_browser(javascript=False)
    plain.context.add_cookies(agent.context.cookies())
    plain.goto(address)
    plain.click("#earlier-messages > summary")
    plain.click("#earlier-messages a:has-text('Show them')")
    expect(plain.locator("h1")).to_have_text("Earlier messages")
    expect(plain.locator("article").nth(1)).to_be_visible()


def file_ticket_of_dana(live_portal, open_browser) -> str:
    """A ticket of more messages than a page shows; its address."""
    dana = open_browser()
    sign_in_once(dana, live_portal, DANA)
    address = file_ticket(dana, live_portal, "Another long story").partition("?")[0].partition("#")[0]
    dana.evaluate(WRITE_REPLIES, [address, LENGTH])
    return address


def early_message_id(page, address: str) -> str:
    """The id of one of the messages that the page of the ticket has not loaded."""
    html = page.evaluate(
        "async (address) => (await fetch(address, {headers: {'HX-Request': 'true'}})).text()",
        f"{address}/earlier?before=6",
    )
    return html.split('id="message-', 1)[1].split('"', 1)[0]


def wait_until_quiet(page) -> None:
    """Wait until the page has asked for what it asks after it was opened, and nothing is swapped in any more."""
    wait_for_scripts(page)
    page.wait_for_load_state("networkidle")
    wait_for_answers(page)
