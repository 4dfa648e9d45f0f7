"""A form's token is its own browser's, the same on every page of it, and worth nothing in another."""

import re

from tests.factories import signed_in_client

TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


def token(client, page: str = "/tickets") -> str:
    return TOKEN.search(client.get(page).text)[1]


def rename(client, csrf_token: str) -> int:
    return client.post("/account", data={"csrf_token": csrf_token, "name": "Renamed"}).status_code


def test_one_token_a_browser(app, make):
    organization = make.organization()
    dana, leo = (signed_in_client(app, make.user(organization)) for _ in range(2))
    first = token(dana)
    assert token(dana) == first == token(dana, "/account") and token(leo) != first
    assert rename(dana, first) == 303
    assert rename(leo, first) == 400 and rename(leo, first + "x") == 400 and rename(leo, "") == 400
    assert rename(leo, token(leo)) == 303


def test_a_browser_that_signs_in_anew_gets_another(app, make):
    user = make.user(make.organization())
    client = signed_in_client(app, user)
    before = token(client)
    client.post("/sign-out", data={"csrf_token": before})
    assert token(client, "/sign-in") != before
    with client.session_transaction() as cookie:
        assert cookie.get("_user_id") is None
