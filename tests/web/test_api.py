"""The JSON API: the same rules as the pages, and exactly its own description."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance
from sqlalchemy import select

from helpdesk.domain.integrations import api_tokens
from helpdesk.models.api_token import ApiToken
from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket
from helpdesk.web.api import openapi, token_authentication

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ALL = ["tickets:read", "tickets:write", "organizations:read"]


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


def test_a_ticket_is_filed_read_answered_and_changed(program, ann, admin, make, session):
    ask = program()
    made = ask(
        "POST",
        "/api/tickets",
        201,
        {"requester": "ann@globex.example", "subject": "Oven", "body": "It smokes", "priority": "high"},
    )
    path = f"/api/tickets/{made['number']}"
    assert (made["status"], made["priority"], made["organization"]["slug"], made["assignee"]) == (
        "open",
        "high",
        "globex",
        None,
    )
    ask("POST", f"{path}/messages", 201, {"kind": "note", "body": "Hm"})
    said = ask("POST", f"{path}/messages", 201, {"body": "We look"})
    assert (said["kind"], said["author"], said["from_team"]) == ("reply", "Ada Admin", True)
    assert [m["body"] for m in ask("GET", f"{path}/messages")["data"]] == ["It smokes", "Hm", "We look"]
    changed = ask("PATCH", path, 200, {"status": "pending", "assignee": admin.email, "priority": "low"})
    assert (changed["status"], changed["holder"], changed["assignee"]["name"], changed["priority"]) == (
        "pending",
        "customer",
        "Ada Admin",
        "low",
    )
    assert ask("PATCH", path, 200, {"assignee": None})["assignee"] is None
    assert ask("GET", path)["status"] == "pending"


def test_all_of_a_change_or_nothing(program, ann, make, session):
    ticket = make.ticket(ann)
    problem = program()("PATCH", f"/api/tickets/{ticket.id}", 422, {"priority": "urgent", "status": "nonsense"})
    assert problem["errors"] == {"status": "There is no such status."}
    session.expire_all()
    assert session.get(Ticket, ticket.id).priority == "normal"


def test_the_same_key_is_the_same_request(program, ann, session):
    ask, body = program(), {"requester": ann.email, "subject": "Once", "body": "Once"}
    key = {"Idempotency-Key": "one"}
    number = ask("POST", "/api/tickets", 201, body, **key)["number"]
    assert ask("POST", "/api/tickets", 201, body, **key)["number"] == number
    assert ask("POST", "/api/tickets", 201, body, **{"Idempotency-Key": "two"})["number"] != number
    for _ in range(2):
        ask("POST", f"/api/tickets/{number}/messages", 201, {"body": "Hello"}, **key)
    assert len(session.scalars(select(Message).where(Message.ticket_id == number)).all()) == 2


def test_lists_go_on_where_they_ended(program, ann, make):
    ask = program()
    numbers = [make.ticket(ann).number for _ in range(5)]
    make.ticket()
    seen, after = [], ""
    while after is not None:
        page = ask(
            "GET",
            f"/api/tickets?organization=globex&limit=2&after={after}"
            if after
            else "/api/tickets?organization=globex&limit=2",
        )
        seen += [ticket["number"] for ticket in page["data"]]
        after = page["next"]
    assert seen == numbers[::-1]
    assert [o["slug"] for o in ask("GET", "/api/organizations")["data"]][0] == "globex"
    assert ask("GET", "/api/organizations/globex")["domains"] == ["globex.example"]
    assert ask("GET", "/api/organizations/globex/people")["data"] == [
        {"name": "Ann Ambrose", "email": "ann@globex.example"}
    ]


def test_form_answers_are_checked(program, ann, make):
    make.form("oven", fields=({"key": "room", "required": True},))
    ask, body = program(), {"requester": ann.email, "subject": "x", "body": "y", "form": "oven"}
    assert "field-room" in str(ask("POST", "/api/tickets", 422, body)["errors"]) or "room" in str(
        ask("POST", "/api/tickets", 422, body)["errors"]
    )
    ask("POST", "/api/tickets", 201, body | {"answers": {"room": "Kitchen"}})
    ask("POST", "/api/tickets", 422, body | {"form": "nowhere"})


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
    ask("GET", "/api/nothing", 404)


def test_a_token_that_asks_too_often_waits(program, monkeypatch):
    monkeypatch.setattr(token_authentication, "MAX_REQUESTS_PER_MINUTE", 3)
    ask = program()
    for _ in range(3):
        ask("GET", "/api/organizations")
    ask("GET", "/api/organizations", 429)


def test_the_api_is_what_its_description_says(app, program, ann, make, session):
    """Generated requests, good and bad, against every operation; answers must fit the description."""
    make.ticket(ann)
    make.form("default")
    asker = program()
    app.test_client_class = type(asker.client)
    schema = schemathesis.openapi.from_dict(openapi.describe("http://localhost"))
    schema.app = app

    tried = set()
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(max_examples=10, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(operation.as_strategy() | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
        def ask(case):
            tried.add(case.operation.label)
            # A made-up address is no customer's, so a request may fit the description and still be refused.
            case.call_and_validate(headers=asker.headers, excluded_checks=[positive_data_acceptance])

        ask()
    assert len(tried) == 9
