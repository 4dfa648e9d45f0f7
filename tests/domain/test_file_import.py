"""An import file brings organizations, people, tickets and files with their dates and numbers, once, and can go on."""

import base64
import io
import json
from collections import Counter
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from helpdesk import storage
from helpdesk.cli.import_file import import_file
from helpdesk.domain import tickets
from helpdesk.domain.imports import apply, check
from helpdesk.domain.people import users
from helpdesk.models.delivery import Delivery
from helpdesk.models.organization import Organization
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from tests.factories import find_tickets

GLOBEX = {"type": "organization", "id": 1, "name": "Globex", "domains": ["globex.example"]}
DANA = {"type": "person", "id": "d", "email": "Dana@globex.example", "name": "Dana Fields", "organization": 1}
GUS = {"type": "person", "id": "g", "email": "gus@globex.example", "organization": "1"}
MAYA = {"type": "person", "id": "m", "email": "maya@former.example", "name": "Maya", "role": "agent"}


def message(author: str, day: int, body: str, **values) -> dict:
    return {"author": author, "created_at": f"2024-03-{day:02}T09:30:00+01:00", "body": body} | values


TICKET = {
    "type": "ticket",
    "id": "t-1",
    "number": 4711,
    "subject": "The oven is cold",
    "requester": "d",
    "assignee": "m",
    "followers": ["g"],
    "status": "solved",
    "priority": "high",
    "tags": ["Oven Door", "refund"],
    "created_at": "2024-03-01T09:30:00+01:00",
    "messages": [
        message(
            "d", 1, "It **stays** cold", files=[{"name": "oven.txt", "content": base64.b64encode(b"cold").decode()}]
        ),
        message("m", 2, "Ask Bo first", kind="note"),
        message("m", 3, "Try the switch", files=[{"name": "a/../plan.txt", "path": "files/plan.txt"}]),
    ],
}
OPEN = TICKET | {"id": "t-2", "number": 12, "status": "open", "messages": [message("d", 5, "Still zanzibar")]}
ALL = [GLOBEX, DANA, GUS, MAYA, TICKET, OPEN]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "plan.txt").write_bytes(b"plan")
    return tmp_path


def lines(*records) -> io.BytesIO:
    return io.BytesIO("\n".join(json.dumps(record) for record in records).encode())


def run(folder, *records) -> list:
    return list(apply.import_records(lines(*records), source="old", folder=folder))


def test_everything_comes_with_its_dates_numbers_and_files(session, make, folder):
    assert Counter(outcome for _, _, outcome in run(folder, *ALL)) == {"added": 6}
    dana, maya = users.find_user("dana@globex.example"), users.find_user("maya@former.example")
    ticket = session.get(Ticket, 4711)
    assert (ticket.requester, ticket.assignee, ticket.organization.name) == (dana, maya, "Globex")
    assert (ticket.status, ticket.priority, ticket.next_seq, ticket.last_public_seq) == ("solved", "high", 4, 3)
    assert ticket.tags == ("oven-door", "refund")
    assert ticket.created_at == datetime(2024, 3, 1, 8, 30, tzinfo=UTC)
    assert ticket.first_response_at == ticket.solved_at == datetime(2024, 3, 3, 8, 30, tzinfo=UTC)
    assert [(m.kind, m.from_team, m.body) for m in ticket.messages] == [
        ("reply", False, "It **stays** cold"),
        ("note", True, "Ask Bo first"),
        ("reply", True, "Try the switch"),
    ]
    files = [file for each in ticket.messages for file in each.attachments]
    assert [(file.name, storage.read(file.key)) for file in files] == [("oven.txt", b"cold"), ("plan.txt", b"plan")]
    assert not maya.is_active and maya.is_team, "an import lets nobody in"
    assert find_tickets(dana, "zanzibar") == [12] and find_tickets(dana, "bo") == []
    assert session.scalar(select(func.count()).select_from(Delivery)) == 0, "nothing is sent"


def test_what_is_written_afterwards_goes_on_from_there(session, make, folder):
    run(folder, *ALL)
    dana, agent = users.find_user("dana@globex.example"), make.agent("Noor")
    reply = tickets.reply(session.get(Ticket, 12), author=agent, body="On it")
    session.commit()
    assert reply.seq == 2 and session.scalar(select(func.count()).where(Delivery.message_id == reply.id)) == 2
    assert make.ticket(dana).number > 4711


def test_an_interrupted_import_goes_on_and_doubles_nothing(session, folder):
    partly = apply.import_records(lines(*ALL), source="old", folder=folder)
    for _ in range(3):
        next(partly)
    partly.close()
    assert Counter(outcome for _, _, outcome in run(folder, *ALL)) == {"present": 3, "added": 3}
    assert Counter(outcome for _, _, outcome in run(folder, *ALL)) == {"present": 6}
    assert [session.scalar(select(func.count()).select_from(each)) for each in (Organization, User, Ticket)] == [
        1,
        3,
        2,
    ]


def test_who_and_what_is_here_already_is_taken_and_a_taken_number_is_replaced(session, make, folder):
    globex = make.organization("globex")
    dana = make.user(globex, "Dana", email="dana@globex.example")
    number = make.ticket(dana).number
    report = check.check_file(lines(*ALL[:5], OPEN | {"number": number}), source="old", folder=folder)
    assert (report.matched, report.renumbered, report.problems) == ({"organization": 1, "person": 1}, 1, [])
    outcomes = run(folder, *ALL[:5], OPEN | {"number": number})
    assert [outcome for _, _, outcome in outcomes] == ["matched", "matched", "added", "added", "added", "added"]
    assert session.get(Ticket, number).subject != TICKET["subject"]
    assert session.scalar(select(func.count()).select_from(Ticket).where(Ticket.requester_id == dana.id)) == 3


WRONG = {
    "is no object": '{"type": "ticket", "id": }',
    "a type that is none": {"type": "tag", "id": 1},
    "a property that is none": GLOBEX | {"color": "red"},
    "a time without its offset": TICKET | {"created_at": "2024-03-01T09:30:00"},
    "an unknown person": TICKET | {"requester": "x"},
    "an agent's own ticket": TICKET | {"requester": "m"},
    "a customer's note": TICKET | {"messages": [message("d", 1, "a"), message("d", 2, "b", kind="note")]},
    "a note at the beginning": TICKET | {"messages": [message("m", 1, "a", kind="note")]},
    "a note that is older than the first reply": TICKET
    | {"messages": [message("d", 2, "a"), message("m", 1, "b", kind="note")]},
    "a subject of spaces": TICKET | {"subject": "  "},
    "a year that no clock shows": TICKET | {"created_at": "9999-12-31T23:59:59-10:00"},
    "an assignee who is a customer": TICKET | {"assignee": "d"},
    "an empty message": TICKET | {"messages": [message("d", 1, " ")]},
    "a file outside": TICKET | {"messages": [message("d", 1, "a", files=[{"name": "a", "path": "../secret"}])]},
    "a file that is not there": TICKET | {"messages": [message("d", 1, "a", files=[{"name": "a", "path": "none"}])]},
    "no base64": TICKET | {"messages": [message("d", 1, "a", files=[{"name": "a", "content": "%%"}])]},
    "no address": DANA | {"id": "n", "email": "dana"},
    "no organization": DANA | {"id": "n", "organization": None},
    "the same id twice": DANA,
    "a public domain": GLOBEX | {"id": 9, "name": "Gmail", "domains": ["gmail.com"]},
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_wrong_line_is_named_with_its_reason_and_nothing_is_changed(session, folder, name):
    stream = lines(GLOBEX, DANA, MAYA)
    wrong = WRONG[name] if isinstance(WRONG[name], str) else json.dumps(WRONG[name])
    stream.seek(0, io.SEEK_END)
    stream.write(b"\n" + wrong.encode())
    stream.seek(0)
    report = check.check_file(stream, source="old", folder=folder)
    ((number, sentence),) = report.problems
    assert number == 4 and sentence.endswith(".") and sentence[0].isprintable()
    assert session.scalar(select(func.count()).select_from(User)) == 0


@pytest.mark.parametrize("name", [name for name in WRONG if name != "is no object"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_line_left_out_is_left_out_for_the_reason_that_the_check_gave(session, folder, name):
    ((_, sentence),) = check.check_file(lines(GLOBEX, DANA, MAYA, WRONG[name]), source="old", folder=folder).problems
    *_, (number, _, outcome) = run(folder, GLOBEX, DANA, MAYA, WRONG[name])
    assert (number, outcome) == (4, sentence)
    assert session.scalar(select(func.count()).select_from(Ticket)) == 0
    assert session.scalar(select(func.count()).select_from(User)) == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_import_brings_nobody_back_who_was_erased(session, make, folder):
    dana = make.user(make.organization("globex"), "Dana", email="dana@globex.example")
    dana.erased_at = dana.created_at
    session.commit()
    outcomes = run(folder, GLOBEX, DANA, GUS, MAYA, TICKET)
    assert "was erased here" in outcomes[1][2] and outcomes[4][2].startswith("There is no person with the id d")
    assert session.scalar(select(func.count()).select_from(Ticket)) == 0


def test_characters_that_no_database_takes_are_left_out(session, folder):
    odd = TICKET | {"subject": "The\0 oven", "tags": ["ov\0en"], "messages": [message("d", 1, "co\0ld")]}
    assert [outcome for _, _, outcome in run(folder, GLOBEX | {"notes": "a\0b"}, DANA, GUS, MAYA, odd)] == ["added"] * 5
    assert (session.get(Ticket, 4711).subject, session.get(Ticket, 4711).tags) == ("The oven", ("oven",))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_command_checks_first_and_tells_what_it_did(app, session, folder):
    runner, path = app.test_cli_runner(), folder / "old.ndjson"
    path.write_bytes(lines(*ALL, TICKET | {"id": "bad", "requester": "x"}).getvalue())
    refused = runner.invoke(import_file, [str(path)])
    assert refused.exit_code == 1 and "line 7: There is no person with the id x above this line" in refused.output
    assert session.scalar(select(func.count()).select_from(User)) == 0
    path.write_bytes(lines(*ALL).getvalue())
    dry = runner.invoke(import_file, [str(path), "--dry-run"])
    assert dry.exit_code == 0 and "2 tickets" in dry.output and "dry run" in dry.output
    assert session.scalar(select(func.count()).select_from(User)) == 0
    done = runner.invoke(import_file, [str(path)])
    assert done.exit_code == 0 and "people: 3 added" in done.output
    assert "tickets: 2 present" in runner.invoke(import_file, [str(path)]).output
