"""A program with a token, and the people of the tickets it works on."""

import pytest

from helpdesk.domain.integrations import api_tokens

ALL = ["tickets:read", "tickets:write", "organizations:read", "connections:read", "connections:write"]


class Program:
    """Asks with a token."""

    def __init__(self, client, secret):
        self.client = client
        self.headers = {"Authorization": f"Bearer {secret}"}

    def __call__(self, method, path, expected=200, body=None, **headers):
        answer = self.client.open(path, method=method, json=body, headers=self.headers | headers)
        assert answer.status_code == expected, (answer.status_code, answer.get_data(as_text=True)[:600])
        wanted = "application/json" if expected < 400 else "application/problem+json"
        assert answer.mimetype == wanted
        return answer.json


@pytest.fixture
def admin(make):
    return make.agent("Ada Admin", role="admin")


@pytest.fixture
def program(make, session, browser_of, admin):
    def of(scopes=ALL):
        _, secret = api_tokens.issue_token(name="Test", scopes=scopes, user=admin)
        session.commit()
        return Program(browser_of(), secret)

    return of


@pytest.fixture
def ann(make):
    return make.user(make.organization("Globex"), "Ann Ambrose", email="ann@globex.example")
