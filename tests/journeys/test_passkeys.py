"""Passkeys in Chromium, with the virtual authenticator of its developer tools: added, used, removed, by buttons."""

import re

import pytest
from playwright.sync_api import expect

from helpdesk.demo import wsgi_server
from tests.conftest import free_port
from tests.factories import signed_in_client
from tests.journeys.conftest import PATIENCE

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PORT = free_port()
PORTAL = f"http://localhost:{PORT}"  # a name, since browsers have no passkeys for an address of numbers
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
}


@pytest.fixture
def settings():
    return {"PORTAL_BASE_URL": PORTAL}


@pytest.fixture
def portal(app):
    """The application on the port of its address."""
    with wsgi_server.WsgiServer(app, PORT):
        yield app


def enter(page, app, user):
    """Give the browser a new session of ``user``, as after a link."""
    client = signed_in_client(app, user)
    name = app.config["SESSION_COOKIE_NAME"]
    page.context.clear_cookies()
    page.context.add_cookies([{"name": name, "value": client.get_cookie(name).value, "url": PORTAL}])


def test_a_passkey_is_added_signs_in_and_is_removed(portal, make, open_browser):
    maya, page = make.agent("Maya", role="admin"), open_browser()
    keys = page.context.new_cdp_session(page)
    keys.send("WebAuthn.enable")
    authenticator = keys.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})["authenticatorId"]
    enter(page, portal, maya)
    page.goto(PORTAL + "/account/second-factor")
    page.fill("#field-name", "Telephone")
    page.click("text=Add a passkey")
    page.wait_for_selector("[data-recovery-codes] code")
    page.goto(PORTAL + "/account/second-factor")
    expect(page.locator("main")).to_contain_text("Telephone")
    page.click("text=Add a passkey")
    expect(page.locator("[role=alert]"), "this device has one already").to_contain_text("No passkey was made")

    enter(page, portal, maya)
    page.goto(PORTAL + "/desk")
    assert "/sign-in/second-factor" in page.url
    page.click("text=Use a passkey")
    page.wait_for_url(re.compile(r"/desk"))
    page.goto(PORTAL + "/account/second-factor")
    expect(page.locator("main li").first).to_contain_text("used")
    page.click("text=Remove >> nth=0")
    page.click("dialog.confirm button:has-text('Remove')")
    page.wait_for_selector("text=The passkey is removed.", timeout=PATIENCE * 1000)

    keys.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": authenticator})
    enter(page, portal, maya)
    page.goto(PORTAL + "/desk")
    assert "/desk" in page.url
