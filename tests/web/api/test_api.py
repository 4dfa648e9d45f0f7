"""The JSON API: the same rules as the pages, and exactly its own description."""

import io

import pytest

from helpdesk.domain import tickets
from helpdesk.models.ticket import Ticket

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


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
    for beyond in ("0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"):
        ask("GET", f"/api/tickets?updated_since={beyond}", 422)
    ask("GET", f"/api/tickets?updated_since={since}&sort=oldest", 422)


def test_a_person_is_found_however_their_address_is_written(program, make):
    zoe = make.user(make.organization("Bücher", domain="xn--bcher-kva.example"), email="zoe@xn--bcher-kva.example")
    ask = program()
    made = ask(
        "POST", "/api/tickets", 201, {"requester": " Zoe@Bücher.example", "subject": "Glue", "body": "None left"}
    )
    assert made["requester"]["email"] == zoe.email
    found = ask("GET", "/api/tickets?requester=zoe@B%C3%9CCHER.example")["data"]
    assert [each["number"] for each in found] == [made["number"]]
    assert ask("GET", "/api/tickets?requester=zoe")["data"] == []


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
    mistyped = ask("POST", "/api/tickets", 422, body | {"answers": {"room": "Kitchen", "raum": "Bath"}})
    assert "raum" in str(mistyped["errors"])  # an answer that nothing asks for would be lost
    ask("POST", "/api/tickets", 422, body | {"form": "nowhere"})
