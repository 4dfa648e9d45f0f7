"""A night on call: somebody is notified while another page is open, and a lead lets a rule do it from now on."""

import os

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import PATIENCE
from tests.journeys.sign_in import MAYA, PRIYA, sign_in_once
from tests.journeys.waiting import open_notification

pytestmark = pytest.mark.journey
SHOTS = os.environ.get("SHOTS")


def shoot(page, name):
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def test_an_assignment_is_seen_at_once_and_a_rule_makes_the_next(live_portal, open_browser):
    agent, lead = open_browser(), open_browser()
    sign_in_once(agent, live_portal, PRIYA)
    sign_in_once(lead, live_portal, MAYA)
    agent.goto(f"{live_portal.portal}/desk?view=mine")
    lead.goto(f"{live_portal.portal}/desk?view=unassigned")
    lead.locator("[data-row]").first.click()
    lead.wait_for_selector("#ticket")
    number = lead.get_attribute("#ticket", "data-number")
    unread = agent.locator("#unread-notifications")
    known = unread.inner_text()  # other journeys may have left her some
    lead.select_option("#facts select[name=assignee]", label="Priya Raman")
    expect(unread).not_to_have_text(known, timeout=1000 * PATIENCE)
    agent.click("#unread-notifications")
    agent.wait_for_url("**/notifications**")
    shoot(agent, "list")
    open_notification(agent, live_portal, f"#{number}")
    agent.wait_for_selector(f"#ticket[data-number='{number}']")
    lead.goto(f"{live_portal.portal}/settings/rules/new")
    lead.fill("#field-name", "Zebras")
    lead.fill("#field-words", "zebra")
    lead.select_option("#field-assign", "first")
    lead.get_by_label("Priya Raman").first.check()
    shoot(lead, "rule-new")
    lead.click("button:has-text('Save rule')")
    expect(lead.locator("#dry-run")).to_contain_text("never have acted", timeout=1000 * PATIENCE)
    shoot(lead, "rule")
    lead.locator("#dry-run").get_by_role("button", name="Switch on").click()
    expect(lead.locator(".rule-list")).to_contain_text("Zebras", timeout=1000 * PATIENCE)
    shoot(lead, "rules")
    lead.click(".rule-list a:has-text('Zebras')")
    lead.click("#dry-run button:has-text('Delete this rule')")
    lead.click("dialog.confirm button:has-text('Delete')")
    lead.wait_for_url("**/settings/rules")
    if SHOTS:
        take_pictures(live_portal, agent, lead, number)


def take_pictures(live_portal, agent, lead, number):
    for path, name in (("/account", "account"), (f"/tickets/{number}?macro=1#composer", "macro"), ("/desk", "desk")):
        agent.goto(live_portal.portal + path)
        shoot(agent, name)
        agent.set_viewport_size({"width": 360, "height": 800})
        shoot(agent, f"{name}-360")
        agent.emulate_media(color_scheme="dark")
        shoot(agent, f"{name}-360-dark")
        agent.emulate_media(color_scheme="light")
        agent.set_viewport_size({"width": 1440, "height": 900})
    lead.goto(f"{live_portal.portal}/settings/replies/new")
    shoot(lead, "macro-form")
    lead.set_viewport_size({"width": 360, "height": 800})
    for path, name in (("/settings/rules/new", "rule-360"), ("/notifications", "list-360")):
        lead.goto(live_portal.portal + path)
        shoot(lead, name)
