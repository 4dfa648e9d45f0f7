"""A day of a customer's admin: a colleague is invited, reads the mail on a phone, works on a computer, and leaves."""

import os
import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import PATIENCE, link_in_newest_mail, mails_to, wait_for
from tests.journeys.sign_in import DANA, sign_in_once

pytestmark = pytest.mark.journey
SHOTS = os.environ.get("SHOTS")
EVE = "eve.adler@globex.example"


def shoot(page, name):
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def test_a_colleague_is_invited_signs_in_across_devices_and_is_removed(live_portal, open_browser):
    admin, computer, phone = open_browser(), open_browser(), open_browser(width=390)
    sign_in_once(admin, live_portal, DANA)
    admin.goto(live_portal.portal + "/tickets")
    admin.click(".site-nav a:has-text('People')")
    shoot(admin, "people")
    admin.fill("#field-email", EVE)
    admin.select_option("#field-ticket_visibility", "own")
    admin.click("button:has-text('Send the invitation')")
    expect(admin.locator("#flash")).to_contain_text("on its way", timeout=1000 * PATIENCE)
    row = admin.locator(".rows li", has_text=EVE)
    expect(row).to_contain_text("Invited")
    invitation = wait_for(lambda: link_in_newest_mail(live_portal, EVE, 0), 90)
    computer.goto(invitation)
    computer.click("main form button:has-text('Send me the code')")
    number = computer.locator(".sign-in-number").inner_text()
    shoot(computer, "waiting")
    phone.goto(wait_for(lambda: link_in_newest_mail(live_portal, EVE, 1), 90))
    expect(phone.locator("main")).to_contain_text("Chrome on Linux")
    expect(phone.locator(".key-values")).to_contain_text("Time zone")
    phone.fill("#field-number", number)
    shoot(phone, "approve")
    phone.click("button:has-text('Approve the sign-in')")
    expect(phone.locator("h1")).to_have_text("Approved", timeout=1000 * PATIENCE)
    shoot(phone, "approved")
    computer.wait_for_url("**/tickets")  # by itself
    expect(computer.locator(".site-nav")).not_to_contain_text("People")
    computer.goto(live_portal.portal + "/tickets/new?form=default")
    computer.locator("#field-subject").press_sequentially("Print a label", delay=20)
    computer.wait_for_selector("#similar a[href^='/articles/']")
    shoot(computer, "suggested")
    admin.reload()
    expect(admin.locator(".rows li", has_text=EVE)).to_contain_text("In 1 browser")
    admin.click(f".rows a:has-text('{EVE}')")
    expect(admin.locator("#sessions")).to_be_visible()
    shoot(admin, "colleague")
    computer.goto(live_portal.portal + "/tickets")
    admin.click("main form[action$='/removal'] button")
    admin.click("dialog.confirm button:has-text('Remove')")
    expect(admin.locator("#flash")).to_contain_text("removed and signed out", timeout=1000 * PATIENCE)
    computer.goto(live_portal.portal + "/tickets")
    computer.wait_for_url(re.compile(r"/sign-in"))
    assert len(mails_to(live_portal, EVE)) == 2
    if SHOTS:
        take_pictures(live_portal, admin)


def take_pictures(live_portal, admin):
    pages = {"people": "/colleagues", "articles": "/articles", "article": "/articles/1"}
    for scheme in ("light", "dark"):
        admin.emulate_media(color_scheme=scheme)
        for width in (360, 1440):
            admin.set_viewport_size({"width": width, "height": 900})
            for name, path in pages.items():
                admin.goto(live_portal.portal + path)
                shoot(admin, f"{name}-{width}-{scheme}")
