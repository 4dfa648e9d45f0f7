"""The two providers, walked by hand: authorization code, PKCE, nonce, signed ID token."""

import base64
import hashlib
import http.client
import json
import urllib.error
import urllib.parse
import urllib.request

import jwt
import pytest

from helpdesk.demo import identity_providers, personas, wsgi_server

BACK = "http://127.0.0.1:1/back"
VERIFIER = "v" * 50


@pytest.fixture
def google():
    app = identity_providers.create_google()
    with wsgi_server.serve_app(app) as server:
        yield server.url, app.extensions["provider"]


@pytest.fixture
def microsoft():
    app = identity_providers.create_microsoft()
    with wsgi_server.serve_app(app) as server:
        yield server.url, app.extensions["provider"]


def discovery(base: str, path: str = "") -> dict:
    return json.load(urllib.request.urlopen(f"{base}{path}/.well-known/openid-configuration"))


def choose(place: str, client: str, email: str, **more) -> dict:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "client_id": client,
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "openid email profile",
        "state": "s1",
        "nonce": "n1",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        **more,
    }
    page = urllib.request.urlopen(f"{place}?{urllib.parse.urlencode(asked)}").read().decode()
    assert email == "" or email in page
    parts = urllib.parse.urlsplit(place)
    connection = http.client.HTTPConnection(parts.netloc)
    body = urllib.parse.urlencode({**asked, "account": email})
    connection.request("POST", parts.path, body, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    answer.read()
    target = answer.headers["Location"]
    assert answer.status == 302 and target.startswith(BACK)
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(target).query))


def exchange(place: str, client: str, secret: str, code: str, verifier: str = VERIFIER) -> dict:
    body = urllib.parse.urlencode(
        {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": BACK,
            "client_id": client,
            "client_secret": secret,
            "code_verifier": verifier,
        }
    )
    return json.load(urllib.request.urlopen(place, body.encode()))


def verified(token: str, found: dict, client: str, issuer: str) -> dict:
    key = jwt.PyJWKClient(found["jwks_uri"]).get_signing_key_from_jwt(token)
    return jwt.decode(token, key.key, ["RS256"], audience=client, issuer=issuer)


def google_token(base: str, email: str) -> str:
    found = discovery(base)
    code = choose(found["authorization_endpoint"], personas.GOOGLE_CLIENT_ID, email)["code"]
    return exchange(found["token_endpoint"], personas.GOOGLE_CLIENT_ID, personas.GOOGLE_CLIENT_SECRET, code)["id_token"]


def test_google_id_token_has_the_accounts_claims(google):
    base, _ = google
    found = discovery(base)
    back = choose(found["authorization_endpoint"], personas.GOOGLE_CLIENT_ID, "dana@globex.example")
    assert back["state"] == "s1"
    got = exchange(found["token_endpoint"], personas.GOOGLE_CLIENT_ID, personas.GOOGLE_CLIENT_SECRET, back["code"])
    claims = verified(got["id_token"], found, personas.GOOGLE_CLIENT_ID, base)
    assert claims["email"] == "dana@globex.example" and claims["email_verified"] is True
    assert claims["hd"] == "globex.example" and claims["nonce"] == "n1"
    assert claims["name"] == "Dana Whitfield"
    info = urllib.request.Request(
        found["userinfo_endpoint"], headers={"Authorization": f"Bearer {got['access_token']}"}
    )
    assert json.load(urllib.request.urlopen(info))["sub"] == claims["sub"]


def test_a_private_google_account_has_no_hd(google):
    token = google_token(google[0], "nadia@initech.example")
    assert "hd" not in verified(token, discovery(google[0]), personas.GOOGLE_CLIENT_ID, google[0])


def test_microsoft_issues_for_the_accounts_own_tenant(microsoft):
    base, _ = microsoft
    found = discovery(base, "/common/v2.0")
    assert found["issuer"] == base + "/{tenantid}/v2.0"
    code = choose(found["authorization_endpoint"], personas.MICROSOFT_CLIENT_ID, "nadia@initech.example")["code"]
    got = exchange(found["token_endpoint"], personas.MICROSOFT_CLIENT_ID, personas.MICROSOFT_CLIENT_SECRET, code)
    tenant = personas.get_company("initech").tenant
    claims = verified(got["id_token"], found, personas.MICROSOFT_CLIENT_ID, f"{base}/{tenant}/v2.0")
    assert (claims["tid"], claims["xms_edov"], claims["email"]) == (tenant, True, "nadia@initech.example")
    assert claims["oid"] != claims["sub"]


def test_authorization_code_works_once_and_only_with_its_verifier(google):
    found = discovery(google[0])
    for verifier, uses in (("wrong" * 10, 1), (VERIFIER, 2)):
        code = choose(found["authorization_endpoint"], personas.GOOGLE_CLIENT_ID, "dana@globex.example")["code"]
        with pytest.raises(urllib.error.HTTPError) as caught:
            for _ in range(uses):
                exchange(
                    found["token_endpoint"], personas.GOOGLE_CLIENT_ID, personas.GOOGLE_CLIENT_SECRET, code, verifier
                )
        assert json.load(caught.value)["error"] == "invalid_grant"
    with pytest.raises(urllib.error.HTTPError) as caught:
        exchange(found["token_endpoint"], personas.GOOGLE_CLIENT_ID, "guess", "x")
    assert caught.value.code == 401


def test_cancelling_returns_access_denied(google):
    place = discovery(google[0])["authorization_endpoint"]
    assert choose(place, personas.GOOGLE_CLIENT_ID, "") == {"error": "access_denied", "state": "s1"}


def test_unknown_client_gets_a_page_and_no_redirect(google):
    with pytest.raises(urllib.error.HTTPError) as caught:
        choose(discovery(google[0])["authorization_endpoint"], "unknown-client", "dana@globex.example")
    assert caught.value.code == 400


@pytest.mark.parametrize(
    "lie, error",
    [
        ({"alg": "none"}, jwt.exceptions.InvalidTokenError),
        ({"alg": "HS256"}, jwt.exceptions.InvalidTokenError),
        ({"kid": "unknown"}, jwt.exceptions.PyJWKClientError),
        ({"claims": {"aud": "somebody-else"}}, jwt.exceptions.InvalidAudienceError),
        ({"claims": {"iss": "https://evil.example"}}, jwt.exceptions.InvalidIssuerError),
        ({"claims": {"exp": 1}}, jwt.exceptions.ExpiredSignatureError),
    ],
)
def test_each_wrong_id_token_is_issued_once(google, lie, error):
    base, provider = google
    provider.next_token(**lie)
    token = google_token(base, "dana@globex.example")
    with pytest.raises(error):
        verified(token, discovery(base), personas.GOOGLE_CLIENT_ID, base)
    honest = google_token(base, "dana@globex.example")
    assert verified(honest, discovery(base), personas.GOOGLE_CLIENT_ID, base)["nonce"] == "n1"
