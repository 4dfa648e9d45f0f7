"""A ticket goes from the portal to Slack and the reply comes back to the page and the mailbox."""

from playwright.sync_api import expect

from tests.journeys.conftest import DANA, PICTURES, mails_to, wait_for
from tests.journeys.waiting import choose_required, expect_focus

PRIYA, TRIAGE, GLOBEX = "U0PRIYA0001", "C0TRIAGE001", "C0GLOBEX001"


def test_ticket_reaches_slack_and_the_reply_reaches_the_customer(live_portal, open_browser, sign_in):
    page = open_browser()
    sign_in(page)
    page.goto(live_portal.portal + "/tickets/new?form=default")
    page.fill("[name=subject]", "Label printer prints blanks")
    page.fill("[name=body]", "Since this morning **every** label is blank.")
    choose_required(page)
    page.click("button:has-text('File ticket')")
    roots = {channel: live_portal.root(channel, "Label printer prints blanks") for channel in (TRIAGE, GLOBEX)}
    page.wait_for_selector("#conversation article")

    page.fill("#body-reply", "A half-written reply")
    live_portal.slack(
        "say", user=PRIYA, channel=TRIAGE, text="We are *on it*, try the other roll.", thread_ts=roots[TRIAGE]
    )
    page.wait_for_selector("article[data-side=team]:has-text('try the other roll')")
    expect(page.locator("#body-reply")).to_have_value("A half-written reply")
    expect_focus(page, "body-reply")
    assert wait_for(lambda: "try the other roll" in str(live_portal.slack("replies", channel=GLOBEX, ts=roots[GLOBEX])))
    mail = wait_for(
        lambda: next((m for m in mails_to(live_portal, DANA) if "try the other roll" in m["text"]), None), 60
    )
    assert "every label is blank" in mail["text"].replace("*", "")

    page.click("button:has-text('Send reply')")
    page.wait_for_selector("article[data-side=customer]:has-text('A half-written reply')")
    for channel, root in roots.items():
        # noqa: B023
        assert wait_for(lambda: "A half-written reply" in str(live_portal.slack("replies", channel=channel, ts=root)))
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / "ticket.png", full_page=True)


def test_agent_replies_in_the_portal_and_a_note_stays_internal(live_portal, open_browser, sign_in):
    customer, agent = open_browser(), open_browser(width=1440)
    sign_in(customer)
    sign_in(agent, "priya@support.northwind.example")
    customer.goto(live_portal.portal + "/tickets")
    customer.click("#ticket-list a[data-row] >> nth=0")
    customer.wait_for_selector("#ticket")
    number = customer.get_attribute("#ticket", "data-number")
    agent.goto(f"{live_portal.portal}/tickets/{number}")
    agent.fill("#body-reply", "An answer from the desk")
    agent.click("button:has-text('Send reply')")
    customer.wait_for_selector("article[data-side=team]:has-text('An answer from the desk')")
    agent.click("label[for=compose-note]")
    agent.fill("#body-note", "Only we read this")
    agent.click("button:has-text('Add note')")
    agent.wait_for_selector("article[data-kind=note]:has-text('Only we read this')")
    agent.click("label[for=compose-reply]")
    agent.fill("#body-reply", "And one more answer")
    agent.click("button:has-text('Send reply')")
    customer.wait_for_selector("article[data-side=team]:has-text('And one more answer')")  # so it would have come, too
    expect(customer.locator(":text('Only we read this')")).to_have_count(0)
