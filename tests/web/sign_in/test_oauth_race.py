"""A race between sign-ins: Flask-Dance stores one sign-in's session where all threads find it.

Sixteen people sign in at once, over and over, while clients that are not signed in ask for pages; nobody may ever be
taken for somebody else, and nobody's sign-in may fail. With the library's own blueprint this fails within a second.
"""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
import requests

from helpdesk import config, extensions
from helpdesk.demo import personas, wsgi_server

PEOPLE = 16
ROUNDS = 3
ANONYMOUS_CLIENTS = 4


@pytest.fixture
def portal(configuration, settings, app, make):
    """The portal on a real socket with threads, and people who may sign in."""
    make.organization("Globex", domain="globex.example")
    extensions.db.session.remove()
    with wsgi_server.serve_app(app) as server:
        values = {setting.name: getattr(config.current(), setting.name) for setting in config.ENVIRONMENT_VARIABLES}
        config.set_current(config.Config(values | {"PORTAL_BASE_URL": server.url}))
        yield server.url


def sign_in(portal: str, email: str) -> str | None:
    """Walk the whole way as ``email``; the address the portal then calls this browser by."""
    browser = requests.Session()
    away = browser.get(f"{portal}/sign-in/google", allow_redirects=False, timeout=60)
    place, _, query = away.headers["Location"].partition("?")
    form = {**dict(parse_qsl(query)), "account": email}
    back = requests.post(place, data=form, allow_redirects=False, timeout=60)
    landed = browser.get(back.headers["Location"], allow_redirects=False, timeout=60)
    if landed.status_code != 303:
        return f"{landed.status_code}"
    assert urlsplit(urljoin(portal, landed.headers["Location"])).path == "/tickets", landed.headers["Location"]
    return who(browser.get(f"{portal}/account", allow_redirects=False, timeout=60))


def who(page) -> str | None:
    found = re.search(r'<p class="muted">\s*([^\s<]+@[^\s<]+)', page.text) if page.status_code == 200 else None
    return found.group(1) if found else None


def test_nobody_is_ever_taken_for_somebody_else(portal, google):
    emails = [f"person{number}@globex.example" for number in range(PEOPLE)]
    for email in emails:
        google.account(email, hd="globex.example")
    over, seen_anonymously, asked = threading.Event(), [], []

    def browse_anonymously():
        while not over.is_set():
            for path in ("/account", "/sign-in/google/authorized?code=x&state=y", "/sign-in/google"):
                answer = requests.get(portal + path, allow_redirects=False, timeout=60)
                asked.append(path)
                if who(answer) or (path == "/account" and answer.status_code != 302):
                    seen_anonymously.append((path, answer.status_code))

    anonymous_clients = [threading.Thread(target=browse_anonymously) for _ in range(ANONYMOUS_CLIENTS)]
    [thread.start() for thread in anonymous_clients]
    try:
        with ThreadPoolExecutor(PEOPLE) as pool:
            found = [list(pool.map(lambda email: sign_in(portal, email), emails)) for _ in range(ROUNDS)]
    finally:
        over.set()
        [thread.join() for thread in anonymous_clients]
    assert seen_anonymously == [] and len(asked) > 20
    assert found == [emails] * ROUNDS


def test_the_blueprint_keeps_nothing_of_a_request(app, google):
    from helpdesk.web.sign_in.google import blueprint

    kept = dict(vars(blueprint))
    for email in ("a@globex.example", "b@globex.example"):
        google.account(email, hd="globex.example")
        client = app.test_client()
        away = client.get("/sign-in/google").headers["Location"]
        assert "nonce=" in away
    assert dict(vars(blueprint)) == kept
    assert "session" not in vars(blueprint) and personas.GOOGLE_CLIENT_SECRET not in str(kept)
