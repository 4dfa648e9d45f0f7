"""A program reads what it asks for of tickets, sets and finds tags, and a client made from the description works."""

import pytest

from helpdesk.domain import tickets
from helpdesk.domain.tickets import tags
from tests.web.test_desk_query_counts import counted

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_tags_are_filed_read_found_and_changed(program, ann, make, session):
    ask = program()
    body = {"requester": ann.email, "subject": "Oven", "body": "It smokes", "tags": ["Refund", "oven door"]}
    made = ask("POST", "/api/tickets", 201, body)
    path = f"/api/tickets/{made['number']}"
    assert made["tags"] == ["oven-door", "refund"]
    make.ticket(ann)
    assert [each["number"] for each in ask("GET", "/api/tickets?tag=refund")["data"]] == [made["number"]]
    assert [each["number"] for each in ask("GET", "/api/tickets?q=tag:refund")["data"]] == [made["number"]]
    since = "/api/tickets?updated_since=2020-01-01T00:00:00Z&tag=refund"
    assert [each["number"] for each in ask("GET", since)["data"]] == [made["number"]]
    assert ask("PATCH", path, 200, {"add_tags": ["late"], "remove_tags": ["refund"]})["tags"] == ["late", "oven-door"]
    changed = ask("PATCH", path, 200, {"tags": ["vip"], "priority": "high"})
    assert (changed["tags"], changed["priority"]) == (["vip"], "high")
    assert ask("PATCH", path, 200, {"tags": []})["tags"] == []
    assert ask("PATCH", path, 422, {"tags": ["a"], "add_tags": ["b"]})["errors"] == {
        "tags": "Send tags, or add_tags and remove_tags."
    }
    refused = ask("PATCH", path, 422, {"priority": "low", "tags": ['say "x"']})
    assert "tags" in refused["errors"] and ask("GET", path)["priority"] == "high", "all of it or nothing"
    assert {each["name"] for each in ask("GET", "/api/tags")["data"]} == {"refund", "oven-door", "late", "vip"}


def test_a_program_reads_only_the_properties_it_names(program, ann, make):
    ask, ticket = program(), make.ticket(ann)
    assert ask("GET", f"/api/tickets/{ticket.number}?fields=number,subject") == {
        "number": ticket.number,
        "subject": ticket.subject,
    }
    assert ask("GET", "/api/tickets?fields=number,url")["data"][0].keys() == {"number", "url"}
    [message] = ask("GET", f"/api/tickets/{ticket.number}/messages?fields=id,body")["data"]
    assert message.keys() == {"id", "body"}
    assert ask("GET", "/api/organizations?fields=slug")["data"][0] == {"slug": "globex"}
    assert ask("GET", "/api/organizations/globex?fields=name") == {"name": "Globex"}
    assert ask("GET", "/api/organizations/globex/people?fields=email")["data"] == [{"email": ann.email}]
    wrong = ask("GET", "/api/tickets?fields=number,colour", 422)
    assert wrong["errors"] == {"fields": "There is no colour here."}


def test_parts_of_a_ticket_come_with_their_details_where_they_are_asked_for(program, ann, admin, make, session):
    ask, ticket = program(), make.ticket(ann, body="It smokes")
    tickets.assign(ticket, admin, actor=admin)
    tickets.add_note(ticket, author=admin, body="Hm")
    make.ticket(ann)
    session.commit()
    plain = ask("GET", f"/api/tickets/{ticket.number}")
    assert "messages" not in plain
    assert plain["requester"].keys() == {"name", "email"} and plain["organization"].keys() == {"slug", "name"}
    path = f"/api/tickets/{ticket.number}?expand=messages,requester,assignee,organization"
    whole = ask("GET", path)
    assert [each["body"] for each in whole["messages"]] == ["It smokes", "Hm"]
    assert (whole["requester"]["id"], whole["requester"]["organization"]) == (ann.id, "globex")
    assert whole["assignee"]["role"] == "admin" and whole["assignee"]["organization"] is None
    assert whole["organization"]["domains"] == ["globex.example"]
    assert ask("GET", f"{path}&fields=number").keys() == {
        *("number", "messages", "requester", "assignee", "organization")
    }
    listed = ask("GET", "/api/tickets?expand=messages")["data"]
    assert [len(each["messages"]) for each in listed] == [1, 2]
    assert ask("GET", "/api/tickets?expand=messages&limit=26", 422)["errors"].keys() == {"limit"}
    assert ask("GET", "/api/tickets?expand=everything", 422)["errors"].keys() == {"expand"}


def test_a_page_costs_the_same_however_many_tickets_it_has(program, ann, admin, make, session):
    ask, costs = program(), []
    for number in (1, 9):
        for n in range(number):
            tags.set_tags(make.ticket(ann), [f"t-{n}"], actor=admin)
        session.commit()
        path = "/api/tickets?expand=messages,requester,assignee,organization"
        ask("GET", path)
        with counted() as statements:
            ask("GET", path)
        costs.append(len([each for each in statements if each.lstrip().startswith(("SELECT", "WITH"))]))
    assert costs[0] == costs[1] <= 8, costs
