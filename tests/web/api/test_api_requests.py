"""Requests to the API whatever they ask for: tokens, keys of idempotency, limits, errors."""

import pytest
from sqlalchemy import func, select

from helpdesk.domain import tickets
from helpdesk.domain.integrations import api_tokens, idempotency_keys
from helpdesk.models.api_token import ApiToken
from helpdesk.models.idempotency_key import IdempotencyKey
from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.web.api import token_authentication
from tests import time_travel
from tests.web.api.conftest import ALL

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_the_same_key_is_the_same_request(program, ann, session):
    ask, body = program(), {"requester": ann.email, "subject": "Once", "body": "Once"}
    key = {"Idempotency-Key": "one"}
    number = ask("POST", "/api/tickets", 201, body, **key)["number"]
    assert ask("POST", "/api/tickets", 201, body, **key)["number"] == number
    assert ask("POST", "/api/tickets", 201, body, **{"Idempotency-Key": "two"})["number"] != number
    said = {"Idempotency-Key": "said"}
    ids = {ask("POST", f"/api/tickets/{number}/messages", 201, {"body": "Hello"}, **said)["id"] for _ in range(2)}
    assert len(ids) == 1
    assert len(session.scalars(select(Message).where(Message.ticket_id == number)).all()) == 2


def test_a_key_of_another_request_is_refused(program, ann, make, session):
    ask, key = program(), {"Idempotency-Key": "k"}
    one, other = make.ticket(ann).number, make.ticket(ann).number
    ask("POST", f"/api/tickets/{one}/messages", 201, {"body": "Hello"}, **key)
    for path, body in (
        (f"/api/tickets/{other}/messages", {"body": "Hello"}),
        (f"/api/tickets/{one}/messages", {"body": "Hello", "kind": "note"}),
        (f"/api/tickets/{one}/messages", {"body": "Goodbye"}),
        ("/api/tickets", {"requester": ann.email, "subject": "x", "body": "y"}),
    ):
        assert "another request" in ask("POST", path, 422, body, **key)["detail"]
    program()("POST", f"/api/tickets/{other}/messages", 201, {"body": "Hello"}, **key)  # the key of another token
    assert [m.body for m in session.scalars(select(Message).where(Message.from_team).order_by(Message.id))] == [
        "Hello",
        "Hello",
    ]


def test_the_same_request_at_the_same_time_is_done_once(ann, make, session, admin, monkeypatch):
    """The second does not see the first, whose transaction has not ended, and meets its key at the commit."""
    ticket = make.ticket(ann)
    token, _ = api_tokens.issue_token(name="Test", scopes=ALL, user=admin)
    session.commit()
    token_id = token.id

    def create():
        return tickets.reply(session.get(Ticket, ticket.id), author=session.get(User, admin.id), body="Hello").id

    first = idempotency_keys.do_once(token_id, "k", "hash", create)
    find, blind = session.get, [True]

    def find_nothing_at_first(model, key):
        return None if model is IdempotencyKey and blind and blind.pop() else find(model, key)

    monkeypatch.setattr(session, "get", find_nothing_at_first)
    assert idempotency_keys.do_once(token_id, "k", "hash", create) == first
    assert session.scalar(select(func.count()).select_from(Message).where(Message.body == "Hello")) == 1


def test_a_program_reads_how_often_it_may_still_ask(program, ann):
    ask = program()
    answers = [ask.client.get("/api/organizations", headers=ask.headers) for _ in range(2)]
    left = [int(answer.headers["RateLimit-Remaining"]) for answer in answers]
    assert left[0] - left[1] in (1, left[0] - 599), "one less, or a new minute"
    assert answers[0].headers["RateLimit-Limit"] == "600" and 0 < int(answers[0].headers["RateLimit-Reset"]) <= 60


def test_who_gets_in(program, ann, make, session, browser_of):
    ticket = make.ticket(ann)
    path, reader = f"/api/tickets/{ticket.id}", program(["tickets:read"])
    reader("GET", path)
    assert "tickets:write" in reader("PATCH", path, 403, {"status": "solved"})["detail"]
    reader("GET", "/api/organizations", 403)
    assert reader("GET", "/api/tickets/999999", 404)["title"] == "Not Found"
    for secret in ("", "hd_" + "x" * 43, "nonsense"):
        answer = browser_of().get(path, headers={"Authorization": f"Bearer {secret}"})
        assert (answer.status_code, answer.headers["WWW-Authenticate"], answer.mimetype) == (
            401,
            "Bearer",
            "application/problem+json",
        )
    assert browser_of(ann).get(path).status_code == 401, "a cookie is no token"
    token = session.scalar(select(ApiToken))
    assert token.last_used_at is not None
    token.user.deactivated_at = token.created_at
    session.commit()
    reader("GET", path, 401)


def test_wrong_requests_are_named(program, ann):
    ask = program()
    assert ask("POST", "/api/tickets", 422, {"subject": 5, "owner": "me"})["errors"].keys() == {
        "requester",
        "body",
        "subject",
        "owner",
    }
    ask("POST", "/api/tickets", 422, [])
    ask("POST", "/api/tickets", 422)
    ask("GET", "/api/tickets?limit=0", 422)
    ask("GET", "/api/tickets?nonsense=1", 422)
    ask("DELETE", "/api/tickets/1", 405)
    ask("POST", f"/api/tickets/{2**63}/messages", 404)
    ask("GET", "/api/nothing", 404)


def test_a_token_that_asks_too_often_waits(program, monkeypatch):
    monkeypatch.setattr(token_authentication, "MAX_REQUESTS_PER_MINUTE", 3)
    ask = program()
    with time_travel.frozen():  # within one minute
        for _ in range(3):
            ask("GET", "/api/organizations")
        ask("GET", "/api/organizations", 429)
