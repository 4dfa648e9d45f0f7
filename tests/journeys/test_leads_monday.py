"""A lead's Monday with a question: from a figure to its tickets, to a mail each week, to a word with an agent."""

import os
import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import PATIENCE, mails_to, wait_for
from tests.journeys.sign_in import PRIYA, sign_in_once
from tests.journeys.waiting import expect_value, open_notification, wait_for_answers

pytestmark = pytest.mark.journey
TOMAS = "tomas@support.northwind.example"
SHOTS = os.environ.get("SHOTS")


def shoot(page, name):
    for width in (360, 1440) if SHOTS else ():
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)


def test_a_lead_asks_why_and_speaks_with_the_agent(live_portal, open_browser):
    home, lead, agent = live_portal.portal, open_browser(), open_browser()
    sign_in_once(agent, live_portal, PRIYA)
    number = solve_one(agent, home)
    sign_in_once(lead, live_portal, TOMAS)
    lead.goto(f"{home}/review")
    lead.select_option("#range", "weeks_4")
    lead.select_option("#organization", label="Globex")
    lead.click("#review-filters button:has-text('Show')")
    lead.wait_for_url(re.compile("organization=globex"))
    expect(lead.locator("main")).to_contain_text("compared with", timeout=1000 * PATIENCE)
    shoot(lead, "review")
    chart = lead.locator("[data-chart]").first
    chart.locator("a.point[tabindex='0']").focus()  # one stop of the Tab key, then arrows
    lead.keyboard.press("Home")
    expect(chart.locator("a.point").first).to_be_focused()
    expect(chart.locator("a.point:focus .tip")).to_have_css("opacity", "1")
    lead.keyboard.press("End")
    lead.keyboard.press("Enter")
    lead.wait_for_url(re.compile("/review/tickets"))
    shoot(lead, "tickets")
    lead.go_back()
    lead.click("a:has-text('Save this report')")
    lead.fill("#field-name", "Globex, four weeks")
    lead.check("input[name=schedule][value=weekly]")
    lead.get_by_role("checkbox", name="Tomás").check()
    shoot(lead, "save")
    lead.click("button:has-text('Save report')")
    expect(lead.locator("main")).to_contain_text("Every Monday", timeout=1000 * PATIENCE)
    lead.click("button:has-text('Mail it to me')")
    wait_for(lambda: [mail for mail in mails_to(live_portal, TOMAS) if "Globex, four weeks" in mail["subject"]])
    lead.goto(f"{home}/review/scorecard")
    lead.fill("#field-name", "Tone")
    lead.click("button:has-text('Add criterion')")
    expect_value(lead, "() => document.querySelector('main').innerHTML.includes('Tone')", True)
    lead.goto(f"{home}/review/reading/{number}")
    lead.check("input[name=rating][value=improve]")
    lead.get_by_label("Tone").select_option("3")
    lead.fill("#field-comment", "Say when you come back.")
    shoot(lead, "mark")
    lead.click("button:has-text('Save mark')")
    open_notification(agent, live_portal, f"reviewed your work on #{number}")
    agent.wait_for_url(re.compile("/desk/remarks"))
    agent.locator("summary:has-text('Answer')").first.click()
    agent.locator("textarea[name=answer]").first.fill("I waited for their log.")
    shoot(agent, "answer")
    agent.locator("button:has-text('Send answer')").first.click()
    expect(agent.locator("main")).to_contain_text("I waited for their log.", timeout=1000 * PATIENCE)
    open_notification(lead, live_portal, f"answered your review of #{number}")
    expect(lead.locator("main")).to_contain_text("I waited for their log.", timeout=1000 * PATIENCE)
    lead.goto(f"{home}/review/quality")
    expect(lead.locator("main")).to_contain_text("Tone", timeout=1000 * PATIENCE)
    shoot(lead, "quality")


def solve_one(agent, home) -> str:
    """Take an open ticket, solve it, and return its number."""
    agent.goto(f"{home}/desk?view=all&status=in_progress")
    agent.click(".queue-row:first-child [data-row]")
    agent.wait_for_selector("#ticket")
    if agent.locator("button:has-text('Take it')").count():
        agent.click("button:has-text('Take it')")
        agent.wait_for_selector("button:has-text('Take it')", state="detached")
    agent.select_option("#facts select[name=assignee]", label="Priya Raman")
    wait_for_answers(agent)
    agent.click("[data-solve]")
    agent.wait_for_selector("#ticket-header[data-status=solved]")
    return agent.get_attribute("#ticket", "data-number")
