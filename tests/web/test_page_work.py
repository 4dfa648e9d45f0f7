"""The work of a page beside that of a bare page: calls of functions and statements, which no busy machine changes.

A page may cost a third more than when its numbers were written down here; after that somebody has to look. Who makes a
page cheaper writes the new numbers down.
"""

import gc
import importlib
import sys
import threading

import pytest

from helpdesk.domain import tickets
from tests.web.test_desk_query_counts import counted

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ALLOWED_GROWTH = 4 / 3
# Calls of functions, in calls of the bare page, and statements.
EXPECTED = {
    "list": (3.6, 3),
    "ticket, customer": (4.1, 3),
    "ticket, agent": (5.1, 4),
    "new message, viewer": (3.7, 6),
    "desk": (4.2, 4),
    "reply": (5.9, 11),
    "reply, HTMX": (9.8, 15),
    "filing": (6.5, 13),
}


@pytest.fixture
def bare_page(configuration, monkeypatch):
    """A bare Flask view with one query and five rows."""
    monkeypatch.setenv("DATABASE_URL", configuration.DATABASE_URL)
    return importlib.reload(importlib.import_module("bench.baseline")).app.test_client()


def count_calls(do) -> int:
    """How many functions ``do`` calls, after it was done a few times."""
    for _ in range(4):
        do()
    calls = 0

    def note(_frame, event, _argument):
        nonlocal calls
        calls += event in ("call", "c_call")

    gc.disable()
    threading.setprofile(note)  # a client makes its request in a thread of its own
    sys.setprofile(note)
    try:
        do()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
        gc.enable()
    return calls


def test_no_page_costs_a_third_more(make, session, browser_of, bare_page):
    make.channel("C0TRIAGE")
    make.form()
    dana = make.user(make.organization("Globex", slack="C0GLOBEX"), "Dana Fields")
    agent = make.agent("Maya")
    for number in range(30):
        ticket = make.ticket(dana, f"Scanner {number}")
    for number in range(4):
        tickets.reply(ticket, author=(agent, dana)[number % 2], body=f"Message *{number}*.")
    session.commit()
    customer_client, agent_client, address = browser_of(dana), browser_of(agent), f"/tickets/{ticket.number}"
    token = customer_client.get("/account").text.partition('name="csrf-token" content="')[2].partition('"')[0]
    agent_token = agent_client.get("/account").text.partition('name="csrf-token" content="')[2].partition('"')[0]
    shown = agent_client.get(address).text.partition('data-shown="')[2].partition('"')[0]
    viewer = {"HX-Request": "true", "X-Shown-From": "0", "X-Shown-Entries": f"m{ticket.messages[0].id}:{shown}"}
    form = {"form": "default", "subject": "Scanner", "body": "It beeps.", "csrf_token": token}
    cases = {
        "list": lambda: customer_client.get("/tickets"),
        "ticket, customer": lambda: customer_client.get(address),
        "ticket, agent": lambda: agent_client.get(address),
        "new message, viewer": lambda: agent_client.get(f"{address}/conversation", headers=viewer),
        "desk": lambda: agent_client.get("/desk"),
        "reply": lambda: customer_client.post(f"{address}/replies", data={"body": "Yes.", "csrf_token": token}),
        "reply, HTMX": lambda: agent_client.post(
            f"{address}/replies", data={"body": "No.", "csrf_token": agent_token}, headers=viewer
        ),
        "filing": lambda: customer_client.post("/tickets", data=form),
    }
    bare_address = f"/ticket/{ticket.number}"
    session.rollback()  # SQLite has one write lock
    baseline = count_calls(lambda: bare_page.get(bare_address))
    measured = {}
    for name, do in cases.items():
        assert do().status_code in (200, 303), name
        calls = count_calls(do) / baseline
        with counted() as statements:
            do()
        measured[name] = round(calls, 1), len([each for each in statements if not each.startswith("BEGIN")])
    grown = {
        name: (measured[name], EXPECTED[name])
        for name in EXPECTED
        if any(now > ALLOWED_GROWTH * before for now, before in zip(measured[name], EXPECTED[name], strict=True))
    }
    assert not grown, f"measured and expected: {grown}; all: {measured}"
