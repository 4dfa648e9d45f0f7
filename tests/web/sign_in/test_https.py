"""The same over https: cookies of this host alone, and pages without a Referer whose forms still work."""

import pytest

from helpdesk.domain.authentication import signed_links
from helpdesk.models.sign_in_link import SignInLink
from tests.web.sign_in.conftest import csrf

HTTPS = {"base_url": "https://localhost"}


@pytest.fixture
def settings():
    return {"PORTAL_BASE_URL": "https://localhost", "MAIL_SERVER": "127.0.0.1"}


def test_the_whole_way_over_https(client, make, session):
    make.organization("Globex", domain="globex.example")
    token = csrf(client.get("/sign-in", **HTTPS))
    sent = client.post("/sign-in/link", data={"csrf_token": token, "email": "dana@globex.example"}, **HTTPS)
    path = f"/sign-in/link/{signed_links.link_token(session.query(SignInLink).one())}"
    page = client.get(path, **HTTPS)
    headers = {
        "Sec-Fetch-Site": "same-origin",
        "Origin": "null",
    }  # what a browser sends from a page that names no referrer
    landed = client.post(path, data={"csrf_token": csrf(page)}, headers=headers, **HTTPS)
    assert landed.status_code == 303 and landed.headers["Location"] == "/tickets"
    cookies = [*sent.headers.getlist("Set-Cookie"), *landed.headers.getlist("Set-Cookie")]
    named = {cookie.partition("=")[0] for cookie in cookies}
    assert named == {"__Host-session", "__Host-ml", "__Host-known"}
    for cookie in cookies:
        assert "; Secure" in cookie and "; HttpOnly" in cookie and "; Path=/" in cookie and "SameSite=Lax" in cookie
        assert "Domain=" not in cookie
    assert "Strict-Transport-Security" in page.headers and page.headers["Referrer-Policy"] == "no-referrer"
