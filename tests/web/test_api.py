"""The JSON API: the same rules as the pages, and exactly its own description."""

import io

import pytest
import schemathesis
from bs4 import BeautifulSoup
from hypothesis import HealthCheck, given, settings
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance
from sqlalchemy import func, select

from helpdesk.domain import tickets
from helpdesk.domain.integrations import api_tokens, idempotency_keys
from helpdesk.models.api_token import ApiToken
from helpdesk.models.idempotency_key import IdempotencyKey
from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
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


def test_changes_come_in_their_order_and_none_is_missed(program, ann, admin, make, session):
    ask = program()
    filed = [make.ticket(ann) for _ in range(4)]
    numbers, since = [ticket.number for ticket in filed], filed[1].created_at.isoformat().replace("+00:00", "Z")
    bob = make.ticket(make.user(make.organization("Initech"), email="bob@initech.example")).number
    assert [t["number"] for t in ask("GET", f"/api/tickets?updated_since={since}")["data"]] == [*numbers[1:], bob]
    first = ask("GET", "/api/tickets?requester=ann@globex.example&limit=2")
    assert [t["number"] for t in first["data"]] == numbers[:2]
    tickets.add_note(filed[0], author=admin, body="Seen already, and changed meanwhile.")
    tickets.edit_message(filed[2].messages[0], editor=ann, body="Changed before it was seen")
    session.commit()
    seen, after = [], first["next"]
    while after is not None:
        page = ask("GET", f"/api/tickets?requester=ann@globex.example&limit=2&after={after}")
        seen, after = seen + [t["number"] for t in page["data"]], page["next"]
    assert seen == [numbers[3], numbers[0], numbers[2]]
    assert ask("GET", "/api/tickets?requester=nobody@globex.example")["data"] == []
    ask("GET", "/api/tickets?updated_since=yesterday", 422)
    ask("GET", "/api/tickets?updated_since=2026-01-01T00:00:00", 422)
    ask("GET", f"/api/tickets?updated_since={since}&sort=oldest", 422)


def test_a_ticket_has_the_answers_of_its_form(program, ann, make):
    make.form("oven", fields=({"key": "room"}, {"key": "heat", "kind": "number"}))
    ask, answers = program(), {"room": "Kitchen", "heat": "180"}
    body = {"requester": ann.email, "subject": "x", "body": "y", "form": "oven", "answers": answers}
    made = ask("POST", "/api/tickets", 201, body)
    assert [(a["key"], a["label"], a["text"]) for a in made["answers"]] == [
        ("room", "Room", "Kitchen"),
        ("heat", "Heat", "180"),
    ]
    assert ask("GET", f"/api/tickets/{made['number']}")["answers"] == made["answers"]
    assert ask("GET", "/api/tickets")["data"][0]["answers"] == made["answers"]


def test_only_a_ticket_as_it_was_read_is_changed(program, ann, admin, make, session):
    ask = program()
    path = f"/api/tickets/{make.ticket(ann).number}"
    read = ask.client.get(path, headers=ask.headers)
    changed = {"If-Match": read.headers["ETag"]}
    ask("PATCH", path, 200, {"priority": "high"}, **changed)
    assert "read it again" in ask("PATCH", path, 412, {"priority": "low"}, **changed)["detail"]
    assert ask("GET", path)["priority"] == "high"
    ask("PATCH", path, 200, {"priority": "low"}, **{"If-Match": "*"})


def test_files_go_up_and_come_down(program, ann, make, browser_of):
    ask = program()
    path = f"/api/tickets/{make.ticket(ann).number}/messages"

    def upload(words=b"a,b\n", **headers):
        form = {"file": (io.BytesIO(words), "numbers.csv")}
        return ask.client.post("/api/files", data=form, headers=ask.headers | headers)

    once = [upload(**{"Idempotency-Key": "up"}) for _ in range(2)]
    assert [answer.status_code for answer in once] == [201, 201] and once[0].json == once[1].json
    assert upload(b"other", **{"Idempotency-Key": "up"}).status_code == 422
    key = once[0].json["key"]
    said = ask("POST", path, 201, {"body": "See the file", "attachments": [key]})
    assert [file["name"] for file in said["attachments"]] == ["numbers.csv"]
    down = ask.client.get(f"/api/files/{key}", headers=ask.headers)
    assert (down.status_code, down.data) == (200, b"a,b\n")
    assert browser_of(ann).get(f"/api/files/{key}").status_code == 401, "a cookie is no token"
    ask("POST", path, 422, {"body": "Again", "attachments": [key]})
    ask("POST", "/api/files", 422)
    ask("GET", "/api/files/" + "x" * 43, 404)


def test_a_program_reads_how_often_it_may_still_ask(program, ann):
    ask = program()
    answers = [ask.client.get("/api/organizations", headers=ask.headers) for _ in range(2)]
    left = [int(answer.headers["RateLimit-Remaining"]) for answer in answers]
    assert left[0] - left[1] in (1, left[0] - 599), "one less, or a new minute"
    assert answers[0].headers["RateLimit-Limit"] == "600" and 0 < int(answers[0].headers["RateLimit-Reset"]) <= 60


def test_people_read_the_reference(browser_of):
    page = BeautifulSoup(browser_of().get("/api/docs").data, "html.parser")
    described = openapi.describe("http://localhost")
    wanted = {
        operation["operationId"]
        for item in described["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
    }
    assert wanted <= {heading["id"] for heading in page.find_all("h2", id=True)}
    links = {link["href"] for link in page.select("main a[href^='#schema-']")}
    assert links and all(page.find(id=link[1:]) for link in links)


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
    [person] = ask("GET", "/api/organizations/globex/people")["data"]
    assert (person["id"], person["name"], person["email"]) == (ann.id, "Ann Ambrose", "ann@globex.example")
    assert (person["organization"], person["role"], person["is_active"]) == ("globex", "requester", True)


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
    assert len(tried) == 12
