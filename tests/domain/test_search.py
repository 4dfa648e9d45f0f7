"""Finding tickets by their text, on both databases."""

import pytest
from sqlalchemy import text

from helpdesk.domain import tickets
from helpdesk.domain.search_index import reindexing
from helpdesk.domain.ticket_lists import search, search_sqlite
from helpdesk.domain.tickets import transfer
from helpdesk.models.ticket import Ticket
from tests.factories import find_tickets


def found(session, user, text, any_word=False):
    return find_tickets(user, text, any_word)


@pytest.fixture
def globex(make):
    return make.organization("Globex")


@pytest.fixture
def dana(make, globex):
    return make.user(globex, "Dana Kim")


def test_words_are_found_in_subject_and_messages_together(session, make, dana):
    hit = make.ticket(dana, "Printer on the third floor", "It eats paper.")
    make.ticket(dana, "Printer broken", "Smoke.")
    assert found(session, dana, "paper PRINTER") == [hit.id]


def test_the_beginning_of_a_word_is_enough_and_accents_do_not_matter(session, make, dana):
    hit = make.ticket(dana, "Müller cannot sign in", "Naïve façade")
    assert found(session, dana, "mull") == [hit.id]
    assert found(session, dana, "MÜLLER facade") == [hit.id]


def test_a_hit_in_the_subject_ranks_before_one_in_a_message(session, make, dana):
    subject = make.ticket(dana, "Invoice missing", "Nothing came.")
    message = make.ticket(dana, "Money", "Where is the invoice we talked about so long ago, I wonder?")
    assert found(session, dana, "invoice") == [subject.id, message.id]


def test_replies_edits_and_deletions_are_followed(session, make, dana):
    ticket = make.ticket(dana, "Help", "first")
    reply = tickets.reply(ticket, author=dana, body="The zebra escaped")
    session.commit()
    assert found(session, dana, "zebra") == [ticket.id]
    tickets.edit_message(reply, editor=dana, body="The giraffe escaped")
    session.commit()
    assert found(session, dana, "zebra") == []
    assert found(session, dana, "giraffe first") == [ticket.id]
    tickets.delete_message(reply, editor=dana)
    session.commit()
    assert found(session, dana, "giraffe") == []
    ticket.subject = "Wombat"
    session.commit()
    assert found(session, dana, "help") == []
    reindexing.reindex_tickets([ticket.id], session.connection())
    assert found(session, dana, "wombat first") == [ticket.id]


def test_notes_and_team_only_answers_are_found_by_the_team_only(session, make, dana):
    agent = make.agent()
    form = make.form(fields=({"key": "serial"}, {"key": "margin", "team_only": True}))
    ticket = make.ticket(dana, "Help", "me", form=form, answers={"serial": "XK-4711", "margin": "wafer thin"})
    tickets.add_note(ticket, author=agent, body="This customer is a rhinoceros")
    session.commit()
    assert found(session, dana, "xk 4711") == [ticket.id]
    for secret in ("rhinoceros", "wafer"):
        assert found(session, dana, secret) == []
        assert found(session, agent, secret) == [ticket.id]
    assert "rhinoceros" not in str(search.load_excerpts(dana, search.build_search(dana, "help"), [ticket.id]))
    excerpt = search.load_excerpts(agent, search.build_search(agent, "rhino"), [ticket.id])[ticket.id]
    assert excerpt.in_note and "<mark>rhinoceros</mark>" in excerpt.text


def test_a_note_made_of_a_reply_disappears_from_customers_search(session, make, dana):
    ticket = make.ticket(dana, "Help", "me")
    message = tickets.reply(ticket, author=make.agent(), body="capybara")
    session.commit()
    assert found(session, dana, "capybara") == [ticket.id]
    message.kind = "note"
    session.commit()
    assert found(session, dana, "capybara") == []  # also where nobody writes the index anew


def test_nobody_finds_another_organizations_tickets_not_even_by_number(session, make, dana):
    other_ticket = make.ticket(make.user(make.organization("Initech")), "Secret merger", "shh")
    assert found(session, dana, "merger") == []
    assert found(session, dana, f"#{other_ticket.id}") == []
    assert found(session, make.agent(), "merger") == [other_ticket.id]


def test_one_who_sees_only_their_own_finds_only_their_own(session, make, globex, dana):
    own = make.user(globex, "Own Only", ticket_visibility="own")
    make.ticket(dana, "Printer")
    mine = make.ticket(own, "Printer too")
    assert found(session, own, "printer") == [mine.id]
    assert found(session, dana, "printer")[0] in (mine.id, mine.id - 1)
    assert len(found(session, dana, "printer")) == 2


def test_a_ticket_that_moves_is_found_where_it_went(session, make, dana):
    ticket = make.ticket(dana, "Nomad", "walks")
    other = make.user(make.organization("Initech"))
    transfer.transfer_ticket(ticket, other.organization, requester=other, actor=make.agent())
    session.commit()
    assert found(session, dana, "nomad") == []
    assert found(session, other, "nomad") == [ticket.id]


def test_a_number_finds_its_ticket_first(session, make, dana):
    wanted = make.ticket(dana, "Nothing special", "at all")
    other = make.ticket(dana, f"It is like {wanted.id}", "again")
    assert found(session, dana, f"#{wanted.id}")[0] == wanted.id
    assert set(found(session, dana, str(wanted.id))) == {wanted.id, other.id}
    assert found(session, dana, "9" * 18) == []


@pytest.mark.parametrize(
    "text",
    [
        '"',
        "'",
        "foo AND",
        "NOT",
        "a*b(",
        "subject:printer",
        "NEAR(",
        "-x",
        "{words}: x",
        "&|!",
        "\\",
        "%_",
        "\x00",
        "🙂",
        "x" * 5000,
        "'; DROP TABLE tickets; --",
        ":*",
        "a & b | !c",
        "o1",
        "-",
        "()",
    ],
)
def test_nothing_anybody_types_is_an_error(session, make, dana, text):
    ticket = make.ticket(dana, "Plain", "words")
    for user in (dana, make.agent()):
        found(session, user, text)
        found(session, user, text, any_word=True)
        search.load_excerpts(user, search.build_search(user, text), [ticket.id])


def test_a_blank_search_filters_nothing_and_signs_alone_find_nothing(session, make, dana):
    make.ticket(dana, "Plain", "words")
    assert search.build_search(dana, "  ") == search.SearchFilter()
    assert found(session, dana, "!!!") == []


@pytest.mark.parametrize("read_at_once", [1, 3, 400])
def test_each_ticket_shows_its_newest_match_however_far_it_is(session, make, dana, monkeypatch, read_at_once):
    monkeypatch.setattr(search_sqlite, "MAX_PLACES", read_at_once)
    filed = [make.ticket(dana, f"Number {n}", f"The rhinoceros {n} sleeps.") for n in range(4)]
    tickets.reply(filed[1], author=dana, body="The rhinoceros woke up.")
    tickets.reply(filed[3], author=dana, body="It eats.")
    session.commit()
    wanted = [filed[3].id, filed[0].id, filed[1].id]  # in the order of a page, and without one between
    excerpts = search.load_excerpts(dana, search.build_search(dana, "rhino"), wanted)
    texts = [str(excerpts[ticket_id].text) for ticket_id in wanted]
    assert ["3 sleeps" in texts[0], "0 sleeps" in texts[1], "woke up" in texts[2]] == [True] * 3, texts


def test_excerpts_are_escaped_and_marked(session, make, dana):
    ticket = make.ticket(dana, "<b>Printer</b> & co", "Look at <script>alert(1)</script> the printer, **please**.")
    excerpt = search.load_excerpts(dana, search.build_search(dana, "print"), [ticket.id])[ticket.id]
    assert "<mark>Printer</mark>" in excerpt.subject and "&lt;b" in excerpt.subject and "&amp;" in excerpt.subject
    assert "<script" not in excerpt.text and "<mark>printer</mark>" in excerpt.text and "**" not in excerpt.text


def test_any_longer_word_is_enough_to_find_what_is_similar(session, make, dana):
    hit = make.ticket(dana, "VPN drops every morning", "again")
    make.ticket(dana, "Coffee", "cold")
    assert found(session, dana, "the VPN drops in the evening", any_word=True) == [hit.id]


def test_a_very_long_conversation_stays_searchable(session, make, dana):
    ticket = make.ticket(dana, "Long", "beginning")
    for number in range(4):
        body = " ".join(f"w{number}x{word:x}" for word in range(5000))
        tickets.reply(ticket, author=dana, body=body[:39_000])
        session.commit()
    tickets.reply(ticket, author=dana, body="latest ocelot")
    session.commit()
    assert found(session, dana, "ocelot") == [ticket.id]


def test_erasing_a_ticket_erases_its_words(session, make, dana):
    ticket = make.ticket(dana, "Platypus", "gone soon")
    session.execute(Ticket.__table__.delete().where(Ticket.id == ticket.id))
    session.commit()
    assert session.scalar(text("SELECT count(*) FROM ticket_search")) == 0


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_table_that_several_processes_read_is_searched_alike(session, make, dana):
    hit = make.ticket(dana, "Zebra at the crossing", "Two of them, dana@globex.example saw.")
    session.commit()
    for setting in ("parallel_setup_cost", "parallel_tuple_cost", "min_parallel_table_scan_size"):
        session.execute(text(f"SET LOCAL {setting} = 0"))
    session.execute(text("SET LOCAL enable_bitmapscan = off"))
    for question in ("zebra", "zebra cross", "dana@globex.example", "zebra dana@globex.example"):
        assert find_tickets(dana, question) == [hit.id], question
        assert find_tickets(dana, question, similar=True) == [hit.id], question
