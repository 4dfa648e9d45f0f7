"""The same flow with a provider that others wrote (oidc-provider-mock).

So our own stand-in and our parsing cannot both be wrong in the same way.
"""

import re
from urllib.parse import parse_qsl, quote_plus, urlsplit

import oidc_provider_mock
import pytest
import requests
from authlib import jose
from authlib.oidc.core import OpenIDCode
from werkzeug.test import run_wsgi_app

from helpdesk.demo import wsgi_server

DANA = "dana@globex.example"
PATHS = {"/o/oauth2/v2/auth": "/oauth2/authorize", "/token": "/oauth2/token", "/oauth2/v3/certs": "/jwks"}
TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"


GOOGLES = "openid https://www.googleapis.com/auth/userinfo.email https://www.googleapis.com/auth/userinfo.profile"


class AtTheirPaths:
    """The provider at the paths of Google or of Microsoft's tenant "common", with Google's names of scopes."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        path = re.sub(r"^/common/(oauth2|discovery)/v2\.0", "", environ["PATH_INFO"])
        is_google = path == environ["PATH_INFO"]
        path = {"/authorize": "/oauth2/authorize", "/keys": "/jwks"}.get(path, path)
        environ["PATH_INFO"] = PATHS.get(path, path)
        environ["QUERY_STRING"] = environ["QUERY_STRING"].replace(quote_plus(GOOGLES), "openid+email+profile")
        if environ["PATH_INFO"] != "/oauth2/token" or not is_google:
            return self.app(environ, start_response)
        body, status, headers = run_wsgi_app(self.app, environ)
        answer = b"".join(body).replace(b"openid email profile", GOOGLES.encode())
        headers["Content-Length"] = str(len(answer))
        start_response(status, list(headers))
        return [answer]


@pytest.fixture
def provider(monkeypatch):
    make_key = jose.RSAKey.generate_key  # theirs has no id, while those of Google and Microsoft always have one
    monkeypatch.setattr(jose.RSAKey, "generate_key", lambda **how: make_key(options={"kid": "theirs"}, **how))
    monkeypatch.setattr(OpenIDCode, "get_encode_header", lambda *_: {"alg": "RS256", "kid": "theirs"})
    with wsgi_server.serve_app(AtTheirPaths(oidc_provider_mock.app(require_nonce=True))) as server:
        yield server


@pytest.fixture
def settings(provider):
    return {
        "GOOGLE_OAUTH_URL": provider.url,
        "GOOGLE_OAUTH_CLIENT_ID": "portal",
        "GOOGLE_OAUTH_CLIENT_SECRET": "secret",
        "MICROSOFT_OAUTH_TENANT": "common",
        "MICROSOFT_OAUTH_URL": provider.url,
        "MICROSOFT_OAUTH_CLIENT_ID": "portal",
        "MICROSOFT_OAUTH_CLIENT_SECRET": "secret",
        "MAIL_SERVER": "127.0.0.1",
    }


@pytest.fixture(autouse=True)
def globex(make):
    return make.organization("Globex", domain="globex.example")


def through(browser, provider, name, **claims):
    """Sign in as somebody with the provider's ``claims``."""
    requests.put(f"{provider.url}/users/dana", json={"email": DANA, **claims}, timeout=60).raise_for_status()
    address = browser.get(f"/sign-in/{name}").headers["Location"]
    assert dict(parse_qsl(urlsplit(address).query))["scope"]
    back = requests.post(address, data={"sub": "dana"}, allow_redirects=False, timeout=60)
    assert back.status_code == 302, back.text
    parts = urlsplit(back.headers["Location"])
    return browser.get(f"{parts.path}?{parts.query}")


@pytest.mark.parametrize(
    ("claims", "status", "where"),
    [
        ({"email_verified": True, "hd": "globex.example"}, 303, "/tickets"),
        ({"email_verified": True}, 303, "/sign-in/code"),
        ({"email_verified": True, "hd": "other.example"}, 303, "/sign-in/code"),
        ({"email_verified": False, "hd": "globex.example"}, 400, None),
        ({"hd": "globex.example"}, 400, None),
        ({"email_verified": True, "hd": "globex.example", "aud": "another"}, 400, None),
        ({"email_verified": True, "hd": "globex.example", "iss": "https://evil.test"}, 400, None),
        ({"email_verified": True, "hd": "globex.example", "nonce": "replayed"}, 400, None),
        ({"email_verified": True, "hd": "globex.example", "exp": 1}, 400, None),
    ],
)
def test_google(browser, provider, claims, status, where):
    answer = through(browser, provider, "google", **claims)
    assert (answer.status_code, answer.headers.get("Location")) == (status, where)
    assert (browser.who() == DANA) == (where == "/tickets")


@pytest.mark.parametrize(
    ("claims", "status", "where"),
    [
        ({"xms_edov": True}, 303, "/tickets"),
        ({"xms_edov": "1"}, 303, "/tickets"),
        ({"xms_edov": 1}, 303, "/tickets"),
        ({}, 303, "/sign-in/code"),
        ({"xms_edov": False}, 303, "/sign-in/code"),
        ({"xms_edov": True, "tid": "not-a-tenant"}, 400, None),
        ({"xms_edov": True, "tid": None}, 400, None),
        ({"xms_edov": True, "oid": None}, 400, None),
        ({"xms_edov": True, "iss": "https://login.microsoftonline.com/common/v2.0"}, 400, None),
    ],
)
def test_microsoft(browser, provider, claims, status, where):
    honest = {"tid": TENANT, "oid": "object-1", "iss": f"{provider.url}/{TENANT}/v2.0"}
    answer = through(browser, provider, "microsoft", **(honest | claims))
    assert (answer.status_code, answer.headers.get("Location")) == (status, where)
    assert (browser.who() == DANA) == (where == "/tickets")
