"""A night on call: a customer files, it becomes urgent, and the agent on call answers and solves it on a phone."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import PATIENCE
from tests.journeys.sign_in import DANA, MAYA, PRIYA, sign_in_once
from tests.journeys.waiting import open_notification

pytestmark = pytest.mark.journey


def test_an_urgent_ticket_is_noticed_taken_answered_and_solved_on_a_phone(live_portal, open_browser):
    customer, lead, phone = open_browser(), open_browser(), open_browser(width=390, height=844, scheme="dark")
    for page, email in ((customer, DANA), (lead, MAYA), (phone, PRIYA)):
        sign_in_once(page, live_portal, email)
    phone.goto(f"{live_portal.portal}/desk")
    customer.goto(f"{live_portal.portal}/tickets/new?form=default")
    customer.fill("#field-subject", "Every export stopped at midnight")
    customer.fill("#field-body", "Nothing leaves the warehouse.")
    customer.click("#ticket-form button:has-text('File ticket')")
    customer.wait_for_selector("#ticket")
    expect(customer.locator("#flash")).to_contain_text("is filed")
    number = customer.get_attribute("#ticket", "data-number")
    lead.goto(f"{live_portal.portal}/tickets/{number}")
    lead.select_option("#facts select[name=priority]", "urgent")
    expect(phone.locator("#unread-notifications .unread-count")).to_be_visible(timeout=1000 * PATIENCE)
    phone.click("#unread-notifications")
    phone.wait_for_url("**/notifications**")
    open_notification(phone, live_portal, f"#{number}")
    phone.wait_for_selector(f"#ticket[data-number='{number}']")
    phone.fill("textarea[name=body]", "The queue was full; exports run again.")
    phone.select_option(".composer-status select", "solved")
    phone.click("button[data-send=reply]")
    expect(phone.locator("#conversation")).to_contain_text("exports run again", timeout=1000 * PATIENCE)
    expect(customer.locator("#conversation")).to_contain_text("exports run again", timeout=1000 * PATIENCE)
    expect(customer.locator("#ticket")).to_contain_text("Solved", timeout=1000 * PATIENCE)
