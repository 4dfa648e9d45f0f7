"""Numbers as people copy them, phrases, filters that are typed, and what else the team finds."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from helpdesk.domain import tickets
from helpdesk.domain.people import users
from helpdesk.domain.privacy import erasure
from helpdesk.domain.search_index import reindexing
from helpdesk.domain.ticket_lists import agent_queue, customer_list, search, search_postgresql
from helpdesk.models.attachment import Attachment
from helpdesk.models.ticket import Ticket
from tests.factories import find_tickets


@pytest.fixture
def dana(make):
    return make.user(make.organization("Globex"), "Dana Kowalski")


@pytest.mark.parametrize(
    "text",
    ["{0}", "#{0}", "# {0}", "Ticket #{0}", "ticket {0}", "[#{0}] TZ", "Re: [#{0}] TZ", "http://x.example/tickets/{0}",
     "see https://x.example/tickets/{0}#message-3 please", "Printer jam #{0}", "TZ · #{0} · Northwind Help", "#{0}.",
     "see (#{0}), please", "“#{0}”", "#{0}: TZ", "<https://x.example/tickets/{0}>", "https://x.example/tickets/{0}.",
     "\u2066#{0}\u2069", "#{0}\u200b", "Ticket no. {0}", "Ticket: {0}", "TICKET-{0}", "Anfrage Nr. {0}", "número {0}"],
)  # fmt: skip
def test_a_number_is_found_as_people_copy_it(make, dana, text):
    tickets_of_dana = [make.ticket(dana, "TZ") for _ in range(3)]
    wanted = tickets_of_dana[1]
    assert find_tickets(dana, text.format(wanted.id))[0] == wanted.id
    assert search.parse_ticket_number(text.format(wanted.id)) == wanted.id
    outsider = make.user(make.organization("Initech"))
    assert find_tickets(outsider, text.format(wanted.id)) == []


def test_a_number_is_read_behind_a_word_of_any_language():
    for text in ("Anfrage #66", "チケット＃66", "التذكرة #٦٦", "№ 66", "Ticket: #66", "[＃66] Re"):
        assert search.parse_ticket_number(text) == 66, text


@pytest.mark.parametrize(
    "text",
    ["printer 66", "6 6", "#", "66.5", "https://x.example/pages/66", "[66", "#1,000", "#66.5", "#66-b", "a&#66;",
     "no 66 7", "casino 66"],
)  # fmt: skip
def test_what_is_no_number_of_a_ticket_is_words(text):
    assert search.parse_ticket_number(text) is None


def test_words_in_quotes_stand_side_by_side(make, dana):
    together = make.ticket(dana, "A paper jam", "x")
    apart = make.ticket(dana, "Jam on the paper", "x")
    assert find_tickets(dana, '"paper jam"') == [together.id]
    assert find_tickets(dana, "paper jam") == [apart.id, together.id]
    assert find_tickets(dana, "“paper jam” x") == [together.id]
    mixed = make.ticket(dana, "開く file を", "x")
    assert find_tickets(dana, '"開く file"') == [mixed.id]
    assert (
        "<mark>paper jam</mark>"
        in search.load_excerpts(dana, search.build_search(dana, '"paper jam"'), [together.id])[together.id].subject
    )


def test_each_word_may_be_in_another_message_and_a_note_is_the_teams(session, make, dana):
    agent = make.agent()
    ticket = make.ticket(dana, "Printer", "eats")
    tickets.reply(ticket, author=dana, body="paper")
    tickets.add_note(ticket, author=agent, body="rhinoceros")
    session.commit()
    assert find_tickets(dana, "printer eats paper") == [ticket.id]
    assert find_tickets(dana, "printer rhinoceros") == []
    assert find_tickets(agent, "printer rhinoceros") == [ticket.id]


def test_names_of_files_are_found_until_the_file_is_gone(session, make, dana):
    file = Attachment(key="k", name="budget-übersicht.xlsx", media_type="a/b", size=1, uploader_id=dana.id)
    session.add(file)
    ticket = make.ticket(dana, "Help", "me", attachments=[file])
    assert find_tickets(dana, "uebersicht") == [ticket.id]
    assert "<mark>" in search.load_excerpts(dana, search.build_search(dana, "budget"), [ticket.id])[ticket.id].text
    session.delete(file)
    session.commit()
    assert find_tickets(dana, "budget") == []
    assert find_tickets(dana, "me") == [ticket.id]


def test_the_team_finds_tickets_by_person_address_and_organization(session, make, dana):
    agent = make.agent()
    ticket = make.ticket(dana, "Printer", "smokes")
    other = make.ticket(make.user(make.organization("Initech Søn"), "Nadia Müller"), "Scanner", "hums")
    for text in ("Kowalski", "kowal", "dana kowalski", dana.email, "Globex", "kowalski smokes", "globex printer"):
        assert find_tickets(agent, text) == [ticket.id], text
    for text in ("Mueller", "nadia", "initech son", "nadia initech hums"):
        assert find_tickets(agent, text) == [other.id], text
    assert find_tickets(agent, "kowalski scanner") == []
    assert find_tickets(dana, "Kowalski") == [], "customers search what was said"
    erasure.erase_person(dana, actor=make.agent(role="admin"))
    session.commit()
    assert find_tickets(agent, "Kowalski") == []


def test_filters_are_typed_among_the_words(session, make, dana):
    agent = make.agent("Maya Sommer")
    open_ticket = make.ticket(dana, "Printer one")
    solved = make.ticket(dana, "Printer two")
    other = make.ticket(make.user(make.organization("Initech"), "Nadia Roe"), "Printer three")
    tickets.solve(solved, actor=agent)
    tickets.assign(open_ticket, agent, actor=agent)
    session.get_one(Ticket, other.id).created_at = datetime(2026, 10, 1, tzinfo=UTC)
    session.commit()
    for text, expected in {
        "printer status:solved": [solved],
        "status:solved": [solved],
        "printer from:nadia": [other],
        'from:"Dana Kowalski" printer': [solved, open_ticket],
        "org:globex": [solved, open_ticket],
        "org:initech printer": [other],
        "printer before:2026-11-01": [other],
        "printer after:2026-11-01": [solved, open_ticket],
        "assignee:me": [open_ticket],
        "assignee:sommer printer": [open_ticket],
        "assignee:none printer": [other, solved],
        "printer from:nobody-of-this-name": [],
        "printer status:imaginary": [],
    }.items():
        assert sorted(find_tickets(agent, text)) == sorted(ticket.id for ticket in expected), text
    assert find_tickets(dana, "printer status:solved") == [solved.id]
    assert find_tickets(dana, "printer from:nadia") == []
    assert find_tickets(dana, "org:initech") == []
    page = agent_queue.fetch_queue_page(agent, {"view": "all", "q": "org:globex two"})
    assert [row.number for row in page.tickets] == [solved.id]
    listed = customer_list.fetch_list_page(dana, {"q": "printer status:solved"})
    assert [row.number for row in listed.tickets] == [solved.id]
    assert "<mark>Printer</mark>" in listed.tickets[0].search_excerpt.subject


def test_an_address_that_changes_is_found_under_the_new_one(session, make, dana):
    agent = make.agent()
    ticket = make.ticket(dana, "Printer", "smokes")
    dana.name, dana.email = "Dana Nowak", "dn@globex.example"
    session.commit()
    assert find_tickets(agent, "kowalski") == [] and find_tickets(agent, "nowak") == [ticket.id]
    assert users.find_user(dana.email) is dana


def test_all_tickets_are_indexed_anew_in_batches_the_newest_first(session, make, dana, monkeypatch):
    monkeypatch.setattr(reindexing, "BATCH_SIZE", 2)
    made = [make.ticket(dana, f"Printer number{place}") for place in range(5)]
    connection = session.connection()
    reindexing.entries.delete_entries([ticket.id for ticket in made], connection)
    reindexing.start_reindexing(connection)
    assert find_tickets(dana, "printer") == []
    assert reindexing.reindex_next_batch(connection) > 0
    assert made[-1].id in find_tickets(dana, "printer")
    while reindexing.reindex_next_batch(connection):
        session.commit()
        connection = session.connection()
    assert find_tickets(dana, "printer") == [ticket.id for ticket in reversed(made)]
    assert reindexing.reindex_next_batch(connection) == 0


def test_one_typo_is_forgiven_where_nothing_else_is_found(session, make, dana):
    printer = make.ticket(dana, "The printer", "It is on fire, said Wittgenstein.")
    make.ticket(dana, "Other", "Nothing of that.")
    for typed in ("pirnter", "prnter", "printter", "prinyer", "wittgenstien", "pirnter fire", "Kowalski pirnter"):
        reader = make.agent() if "Kowalski" in typed else dana
        assert find_tickets(reader, typed) == [printer.id], typed
        assert "<mark>" in str(
            search.load_excerpts(reader, search.build_search(reader, typed), [printer.id])[printer.id]
        ), typed
    agent = make.agent()
    for typed in ("Kowalksi", "kowlaski printer", "Kovalski", "glbex", "dana globxe"):
        assert find_tickets(agent, typed)[-1] == printer.id, typed
    assert find_tickets(agent, "pirnter Kowalski") == [printer.id] and find_tickets(dana, "Kowalksi") == []
    assert search.build_search(dana, "pirnter").misspelt == "pirnter"
    assert search.build_search(dana, "printer").misspelt == ""
    for typed in ("pritner fier", "prinrt", '"the pirnter"', "pirnter other", "20261"):
        assert find_tickets(dana, typed) == [], typed


def test_what_is_found_needs_no_typo(make, dana):
    exact, near = make.ticket(dana, "form"), make.ticket(dana, "from")
    assert find_tickets(dana, "form") == [exact.id] and find_tickets(dana, "from") == [near.id]


@pytest.mark.parametrize(
    ("filed", "typed"),
    [
        ("принтер", "прнтер"),
        ("εκτυπωτής", "εκτυποτής"),
        ("طابعة", "طابعه"),
        ("מדפסת", "מדפסט"),
        ("Drücker", "Drüker"),
    ],
)
def test_a_typo_is_forgiven_in_other_scripts(make, dana, filed, typed):
    ticket = make.ticket(dana, f"x {filed} y", "other")
    assert find_tickets(dana, typed) == [ticket.id]
    assert "<mark>" in search.load_excerpts(dana, search.build_search(dana, typed), [ticket.id])[ticket.id].subject


def test_a_typo_forgives_nothing_that_somebody_may_not_see(make, dana):
    make.ticket(make.user(make.organization("Initech")), "The printer")
    assert find_tickets(dana, "pirnter") == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_comparing_entries_one_by_one_finds_what_the_index_finds(session, make, dana, monkeypatch):
    agent, outsider = make.agent(), make.user(make.organization("Initech"))
    made = [make.ticket(dana, f"Printer number{place}", "eats paper") for place in range(4)]
    tickets.reply(made[1], author=dana, body="and toner")
    tickets.add_note(made[2], author=agent, body="toner again")
    make.ticket(outsider, "Printer", "no paper")
    session.execute(sa.text("ANALYZE"))  # the statistics of another test would decide how many tickets are compared
    session.commit()
    questions = (
        "printer",
        "pri",
        "pap printer",
        "toner printer",
        "toner pap number2",
        "status:open pri",
        "nothing pri",
    )
    readers = (dana, agent, outsider)
    by_index = {(text, reader.id): find_tickets(reader, text) for text in questions for reader in readers}
    compared = []
    compare = search_postgresql._find_by_comparing
    monkeypatch.setattr(search_postgresql, "COMPARING_COSTS", 0)
    monkeypatch.setattr(search_postgresql, "SOON_LISTED", 0)
    monkeypatch.setattr(search_postgresql, "FEW_CANDIDATES", 1)
    monkeypatch.setattr(
        search_postgresql, "_find_by_comparing", lambda *asked: compared.append(compare(*asked)) or compared[-1]
    )
    by_comparing = {(text, reader.id): find_tickets(reader, text) for text in questions for reader in readers}
    assert by_comparing == by_index and sum(bool(found) for found, _ in compared) >= 15
