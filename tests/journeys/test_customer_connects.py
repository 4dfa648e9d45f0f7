"""A customer's admin connects the company's provider: it is proven, tried, used by a colleague, and then required."""

import re

import pytest
from playwright.sync_api import expect

from helpdesk.demo import identity_providers, wsgi_server
from helpdesk.demo.identity_providers import company
from tests.journeys.conftest import PATIENCE, mails_to, wait_for
from tests.journeys.sign_in import MAYA, sign_in_once
from tests.journeys.test_customer_admin import shoot

pytestmark = pytest.mark.journey
BOSS, EVE, MATE = (f"{name}@quokka.example" for name in ("boss", "eve", "mate"))


def choose(page, email):
    page.click(f"button[value='{email}']")


def test_a_provider_is_connected_tried_used_and_required(live_portal, open_browser):
    live_portal.run("organization", "add", "Quokka", "--domain", "quokka.example")
    boss, eve, mate, support = (open_browser() for _ in range(4))
    for page, email in ((boss, BOSS), (mate, MATE), (support, MAYA)):
        sign_in_once(page, live_portal, email)
    support.goto(live_portal.portal + "/settings/people?q=" + BOSS)
    support.locator("main .rows a[href^='/settings/people/']", has_text="boss").click()
    support.check("input[name=is_admin]")
    support.locator("form:has(input[name=is_admin]) .form-actions button").click()
    expect(support.locator("#flash")).to_be_visible(timeout=1000 * PATIENCE)

    app = identity_providers.create_company("Quokka")
    with wsgi_server.serve_app(app) as server:
        provider = app.extensions["provider"]
        for email in (BOSS, EVE):
            provider.account(email)
        boss.goto(live_portal.portal + "/colleagues")
        boss.click("main a:has-text('How your people sign in')")
        boss.click("main a:has-text('Add your provider')")
        shoot(boss, "connect-new")
        given = {"name": "Quokka", "client_id": company.CLIENT_ID, "client_secret": company.CLIENT_SECRET}
        for name, value in (given | {"issuer": server.url, "domains": "quokka.example"}).items():
            boss.fill(f"#field-{name}", value)
        boss.click("button:has-text('Save connection')")
        expect(boss.locator("#flash")).to_contain_text("The connection is added", timeout=1000 * PATIENCE)
        shoot(boss, "connect-added")
        connection = boss.url
        boss.click("button:has-text('Fetch document and keys')")
        expect(boss.locator("main")).to_contain_text("its keys can be read", timeout=1000 * PATIENCE)

        support.goto(live_portal.portal + "/settings/connections")
        support.click("main a:has-text('Quokka')")
        support.click("button:has-text('Set as proven')")
        support.click("dialog.confirm button:has-text('Set as proven')")
        expect(support.locator("main")).to_contain_text("Set by an admin", timeout=1000 * PATIENCE)
        boss.goto(connection)
        boss.click("a:has-text('Test: sign in there')")
        choose(boss, BOSS)
        expect(boss.locator("main")).to_contain_text(f"{BOSS} would be signed in to Quokka", timeout=1000 * PATIENCE)
        expect(boss.locator("dl")).to_contain_text("email_verified")
        shoot(boss, "connect-test")

        boss.click(".breadcrumb a")
        eve.goto(boss.locator("dd code", has_text=re.compile("/sign-in/sso/[^/]+$")).inner_text())
        choose(eve, EVE)
        eve.wait_for_url("**/tickets")

        boss.goto(live_portal.portal + "/colleagues/sign-in")
        boss.select_option("#field-own", "required")
        boss.select_option("#field-emergency_admin", BOSS)
        shoot(boss, "connect-ways")
        boss.click("button:has-text('Save')")
        expect(boss.locator("#flash")).to_contain_text("1 session has ended", timeout=1000 * PATIENCE)
        expect(boss.locator("#field-emergency_admin")).to_have_value(BOSS)
        mate.goto(live_portal.portal + "/tickets")
        mate.wait_for_url(re.compile("/sign-in"))
        for page in (eve, boss):
            page.goto(live_portal.portal + "/tickets")
            expect(page.locator(".site-nav")).to_be_visible()

        sent = len(mails_to(live_portal, MATE))
        mate.fill("form[action='/sign-in/link'] input[name=email]", MATE)
        mate.click("form[action='/sign-in/link'] button")
        [mail] = wait_for(lambda: mails_to(live_portal, MATE)[sent:], 90)
        assert "/sign-in/sso/" in str(mail) and "/sign-in/link/" not in str(mail)
