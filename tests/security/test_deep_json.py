"""JSON that is nested deeply is refused with a sentence, wherever JSON comes in."""

import json

import pytest

from helpdesk.domain.integrations import api_tokens
from tests.security.test_machine_endpoints import SECRET, signed

DEPTHS = (60, 150, 300, 990, 5_000, 80_000)


@pytest.fixture(params=["sqlite"])
def database_url(fresh_sqlite):
    return fresh_sqlite


@pytest.fixture
def settings():
    return {"SLACK_SIGNING_SECRET": SECRET}


@pytest.fixture
def token(make, session):
    make.user(make.organization("Globex"), "Ann", email="ann@globex.example")
    make.form("default", ({"key": "room"},))
    scopes = ["tickets:read", "tickets:write"]
    _, secret = api_tokens.issue_token(name="Test", scopes=scopes, user=make.agent("Ada", role="admin"))
    session.commit()
    return secret


def nested(depth: int, kind: str) -> str:
    return "[" * depth + "]" * depth if kind == "list" else '{"a":' * depth + "1" + "}" * depth


@pytest.mark.parametrize("kind", ["list", "object"])
@pytest.mark.parametrize("where", ["body", "answers", "one answer", "subject", "unknown"])
def test_the_api_refuses_deep_json(where, kind, token, browser_of):
    client = browser_of()
    for depth in DEPTHS:
        deep = nested(depth, kind)
        known = '"requester": "ann@globex.example", "body": "Hello", "form": "default"'
        body = {
            "body": deep,
            "answers": f'{{{known}, "subject": "Deep", "answers": {deep}}}',
            "one answer": f'{{{known}, "subject": "Deep", "answers": {{"room": {deep}}}}}',
            "subject": f'{{{known}, "subject": {deep}}}',
            "unknown": f'{{{known}, "subject": "Deep", "else": {deep}}}',
        }[where]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        response = client.post("/api/tickets", data=body, headers=headers)
        assert response.status_code == 422, (depth, response.get_data(as_text=True)[:300])
        assert response.mimetype == "application/problem+json" and response.json["status"] == 422


@pytest.mark.parametrize("path", ["/hooks/slack/events", "/hooks/slack/actions", "/hooks/slack/commands", "/csp"])
def test_other_endpoints_survive_deep_json(path, browser_of):
    client = browser_of()
    for depth in DEPTHS:
        for kind in ("list", "object"):
            for body in (
                nested(depth, kind),
                json.dumps({"type": "event_callback"})[:-1] + f', "event": {nested(depth, kind)}}}',
            ):
                response = client.post(path, data=body.encode(), headers=signed(body.encode()))
                assert response.status_code < 500, (path, depth, kind)
