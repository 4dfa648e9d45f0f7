"""An agent, a lead and an admin use the desk in a real browser."""

import json
import re
import urllib.request

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import PATIENCE, wait_for
from tests.journeys.sign_in import MAYA, PRIYA, sign_in_once

pytestmark = pytest.mark.journey
TOMAS = "tomas@support.northwind.example"


def test_agent_works_through_the_queue(live_portal, open_browser):
    """From the queue by keyboard to a reply, a note, a team reply, and a change of many tickets at once."""
    page = open_browser()
    sign_in_once(page, live_portal, PRIYA)
    page.goto(f"{live_portal.portal}/desk?view=unassigned&sort=waiting")
    unassigned = int(page.inner_text("#views [aria-current] .count"))
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator(".queue-row:first-child [data-row]")).to_be_focused(timeout=1000 * PATIENCE)
    page.keyboard.press("Enter")
    page.wait_for_selector("#ticket")
    number = page.get_attribute("#ticket", "data-number")
    page.keyboard.press("r")
    expect(page.locator("#body-reply")).to_be_focused(timeout=1000 * PATIENCE)
    page.keyboard.type("Which browser do you use?")
    page.select_option(".composer-reply select[name=status]", "pending")
    page.keyboard.press("Tab")
    page.click(".composer-reply button:has-text('Send reply')")
    page.wait_for_selector("article:has-text('Which browser do you use?')")
    page.wait_for_selector("#ticket-header[data-status=pending]")
    page.wait_for_selector("article:has-text('Which browser') [data-state=sent]", timeout=90_000)
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page.locator("#body-note")).to_be_focused(timeout=1000 * PATIENCE)
    page.keyboard.type("Looks like the cache again.")
    page.click("button:has-text('Add note')")
    page.wait_for_selector("article[data-kind=note]:has-text('the cache again')")
    page.goto(f"{live_portal.portal}/desk?view=waiting")
    expect(page.locator(f"#ticket-{number}")).to_have_count(1)
    expect(page.locator("#views a:has-text('Unassigned') .count")).to_have_text(str(unassigned - 1))
    page.goto(f"{live_portal.portal}/desk?view=all&sort=oldest")
    for place in (0, 1):
        page.locator("[data-select]").nth(place).check()
    page.select_option("#bulk select[name=priority]", "high")
    page.click("#bulk button:has-text('Change selected')")
    page.wait_for_selector("text=Changed 2 tickets.")


def test_lead_reads_reports_and_reviews(live_portal, open_browser):
    """Numbers by agent and as CSV, what waits for us, and a solved ticket with a comment that its agent reads."""
    agent = open_browser()
    sign_in_once(agent, live_portal, PRIYA)
    agent.goto(f"{live_portal.portal}/desk?view=all&status=open")
    agent.click(".queue-row:first-child [data-row]")
    agent.wait_for_selector("#ticket")
    number = agent.get_attribute("#ticket", "data-number")
    if agent.locator("button:has-text('Take it')").count():
        agent.click("button:has-text('Take it')")
        agent.wait_for_selector("button:has-text('Take it')", state="detached")
    agent.click("[data-solve]")
    agent.wait_for_selector("#ticket-header[data-status=solved]")

    page = open_browser()
    sign_in_once(page, live_portal, TOMAS)
    page.goto(f"{live_portal.portal}/review")
    page.select_option("#by", "agent")
    page.click("button:has-text('Show')")
    page.wait_for_url(re.compile("by=agent"))
    expect(page.locator("figure.chart svg")).to_have_count(5)
    with page.expect_download() as download:
        page.click("a:has-text('CSV')")
    assert download.value.suggested_filename == "review-by-agent.csv"
    page.click("a:has-text('Waiting longest')")
    page.wait_for_selector("table tbody tr")
    page.click("a:has-text('Reading list')")
    page.click(f"[aria-label='Mark #{number}']")
    page.check("input[name=rating][value=good]")
    page.fill("#field-comment", "Clear and quick.")
    page.click("button:has-text('Save mark')")
    page.wait_for_selector(f"text=Your mark for #{number} is saved.")
    agent.goto(f"{live_portal.portal}/desk/remarks")
    expect(agent.locator("main")).to_contain_text("Clear and quick.")
    agent.click("button:has-text('Mark as read')")
    agent.wait_for_selector("button:has-text('Mark as read')", state="detached")


def test_admin_sets_up_the_portal(live_portal, open_browser):
    """Targets, hours, a canned reply with variables, tests of Slack and mail, an API token, and the health page."""
    page = open_browser()
    sign_in_once(page, live_portal, MAYA)
    home = live_portal.portal
    page.goto(f"{home}/settings/service-levels")
    page.fill("#field-normal-first_response", "4h")
    page.click("button:has-text('Save targets')")
    page.wait_for_selector("text=The targets are saved.")
    page.fill("#field-hours-0", "nine to five")
    page.click("button:has-text('Save hours')")
    page.wait_for_selector("[data-error-summary]")
    expect(page.locator("#field-hours-0")).to_have_value("nine to five")
    page.goto(f"{home}/settings/replies/new")
    page.fill("#field-title", "Ask for the exact time")
    page.fill("#field-body", "Hello {{first_name}}, could you tell the time?")
    page.check("#field-shared")
    page.click("button:has-text('Save macro')")
    page.wait_for_selector("text=The macro is saved.")
    page.goto(f"{home}/settings/channels")
    page.click("button:has-text('Test Slack')")
    page.wait_for_selector("#checks", timeout=60_000)
    expect(page.locator(".badge-bad")).to_have_count(0)
    page.goto(f"{home}/settings/mail")
    page.click("button:has-text('Test the mail server')")
    page.wait_for_selector("text=answers.")
    page.goto(f"{home}/settings/api-tokens")
    page.fill("#field-name", "First day")
    page.click("button:has-text('Make token')")
    request = urllib.request.Request(
        f"{home}/api/tickets?limit=1&status=open", headers={"Authorization": f"Bearer {page.inner_text('#new-token')}"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        (ticket,) = json.loads(answer.read())["data"]
    page.goto(f"{home}/tickets/{ticket['number']}")
    page.fill("#body-reply", "One more thing.")
    page.select_option("#canned", label="Ask for the exact time")
    page.click("button:has-text('Insert')")
    written = re.compile(r"^One more thing\.\n\nHello [^ ]+, could you tell the time\?$")
    expect(page.locator("#body-reply")).to_have_value(written)
    wait_for(lambda: is_healthy(page, home))


def is_healthy(page, home: str) -> bool:
    """Whether every check of the health page passes; on a busy machine some take longer than a second."""
    page.goto(f"{home}/settings/health")
    return page.locator("main .rows").first.locator(".badge-bad").count() == 0


def test_the_address_of_a_filtered_queue_names_only_what_was_chosen(live_portal, open_browser):
    page = open_browser()
    sign_in_once(page, live_portal, PRIYA)
    page.goto(f"{live_portal.portal}/desk?view=all")
    page.select_option(".filters select[name=status]", "open")
    page.wait_for_url(f"{live_portal.portal}/desk?view=all&status=open")
    page.go_back()
    page.wait_for_url(f"{live_portal.portal}/desk?view=all")
