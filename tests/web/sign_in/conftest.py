"""A browser for the portal, two providers on real sockets, and a mailbox."""

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from helpdesk.demo import identity_providers, mailbox, personas, wsgi_server
from helpdesk.domain import outbox
from helpdesk.models.delivery import Delivery

TENANT = "11111111-2222-4333-8444-555555555555"


@pytest.fixture(params=["sqlite"])
def database_url(fresh_sqlite):
    """One database is enough for the views; the domain's functions are tested on both."""
    return fresh_sqlite


@pytest.fixture
def google():
    """Google's stand-in, served."""
    app = identity_providers.create_google()
    with wsgi_server.serve_app(app) as server:
        provider = app.extensions["provider"]
        provider.url = server.url
        yield provider


@pytest.fixture
def microsoft():
    """Microsoft's stand-in, served."""
    app = identity_providers.create_microsoft()
    with wsgi_server.serve_app(app) as server:
        provider = app.extensions["provider"]
        provider.url = server.url
        yield provider


@pytest.fixture
def box():
    """An SMTP server that stores what it gets."""
    with mailbox.Mailbox(port=0) as box:
        yield box


@pytest.fixture
def settings(google, microsoft, box):
    return {
        "GOOGLE_OAUTH_URL": google.url,
        "GOOGLE_OAUTH_CLIENT_ID": personas.GOOGLE_CLIENT_ID,
        "GOOGLE_OAUTH_CLIENT_SECRET": personas.GOOGLE_CLIENT_SECRET,
        "MICROSOFT_OAUTH_URL": microsoft.url,
        "MICROSOFT_OAUTH_TENANT": "common",
        "MICROSOFT_OAUTH_CLIENT_ID": personas.MICROSOFT_CLIENT_ID,
        "MICROSOFT_OAUTH_CLIENT_SECRET": personas.MICROSOFT_CLIENT_SECRET,
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": box.port,
    }


class Browser:
    """A test client that fills in forms as a page gives them."""

    def __init__(self, app):
        self.client = app.test_client()

    def get(self, path, **options):
        return self.client.get(path, **options)

    def post(self, path, values=None, page="/sign-in", **options):
        """POST with the CSRF token of ``page``."""
        token = csrf(self.client.get(page))
        return self.client.post(path, data={"csrf_token": token, **(values or {})}, **options)

    def through(self, provider, account, name="google", next_path=None):
        """Go to a provider, choose ``account`` there, and come back; the portal's answer."""
        away = self.get(f"/sign-in/{name}", query_string={"next": next_path} if next_path else None)
        assert away.status_code == 302, away.status_code
        return self.client.get(chosen(away.headers["Location"], account))

    def who(self):
        """The address shown in the menu, or None for somebody not signed in."""
        page = self.client.get("/account")
        if page.status_code == 302:
            return None
        return re.search(r'<p class="muted">\s*([^\s<]+@[^\s<]+)', page.text).group(1)


@pytest.fixture
def browser(app):
    return Browser(app)


@pytest.fixture
def new_browser(app):
    return lambda: Browser(app)


@pytest.fixture
def post_office(session):
    """Has every waiting mail leave, as a worker would."""

    def deliver():
        session.rollback()
        for delivery_id in [row.id for row in session.query(Delivery).filter_by(state="pending").order_by(Delivery.id)]:
            outbox.deliver_one(delivery_id)

    return deliver


def csrf(response) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', response.text)
    return found.group(1) if found else ""


def chosen(address: str, account: str) -> str:
    """The path and query by which a provider sends back whoever chooses ``account``."""
    place, _, query = address.partition("?")
    back = requests.post(place, data={**dict(parse_qsl(query)), "account": account}, allow_redirects=False, timeout=60)
    assert back.status_code == 302, back.text[:500]
    parts = urlsplit(back.headers["Location"])
    return f"{parts.path}?{parts.query}"
