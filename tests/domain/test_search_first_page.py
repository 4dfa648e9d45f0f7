"""The first page of a search is read from the best of what was found, and the numbers beside it without all of them."""

import random
from dataclasses import replace

import pytest

from helpdesk.domain import tickets
from helpdesk.domain.search_index import entries
from helpdesk.domain.ticket_lists import (
    agent_queue,
    customer_list,
    customer_list_queries,
    search,
    search_matches,
    search_postgresql_statements,
)
from helpdesk.domain.ticket_lists.search_highlighting import FOLD_ASCII, Highlighter
from helpdesk.domain.ticket_lists.search_syntax import parse_search_text
from helpdesk.markup import joined_words

STATUSES = ("open", "in_progress", "pending", "on_hold", "solved", "closed")


@pytest.fixture
def people(session, make):
    """Two customers of two organizations who filed in every status, and the team."""
    dana, other, ada = make.user(make.organization("Globex")), make.user(make.organization("Initech")), make.agent()
    for person in (dana, other):
        for place, status in enumerate(STATUSES):
            ticket = make.ticket(person, f"{'Scanner' if place % 2 else 'Printer'} {status}", "About a scanner.")
            tickets.set_status(ticket, status, actor=ada)
    session.commit()
    return dana, other, ada


def pages(person, size: int = 2):
    """The numbers on each page of a search that finds all, and the cursor of the page before."""
    found, after, previous = [], None, None
    while True:
        filters = {"q": "scanner", "view": "all"} if person.is_team else {"q": "scanner"}
        fetch = agent_queue.fetch_queue_page if person.is_team else customer_list.fetch_list_page
        page = fetch(person, filters, after, size)
        found.append([row.number for row in page.tickets])
        previous, after = page.previous, page.next
        if after is None:
            return found, previous


def test_the_first_page_has_what_it_has_of_all_that_was_found(people, session, monkeypatch):
    for person in people:
        paged, previous = pages(person)
        session.rollback()
        monkeypatch.setattr(search, "BEST", 1_000)
        assert pages(person) == (paged, previous)
        monkeypatch.undo()
        session.rollback()
        expected = 12 if person.is_team else 6
        assert sorted(sum(paged, [])) == sorted(set(sum(paged, []))) and len(sum(paged, [])) == expected
        in_subject = [row.number for row in customer_list.fetch_list_page(person, {"q": "scanner"}).tickets][:3]
        assert person.is_team or sum(paged, [])[:3] == in_subject == sorted(in_subject, reverse=True)


def test_a_first_page_of_tickets_that_are_gone_is_read_from_all(people, session):
    dana = people[0]
    query = customer_list_queries.page_query("organization", (), "", search_matches.matches_subquery())
    found = search.build_search(dana, "scanner")
    gone = {ticket_id: -9 for ticket_id in range(10_010, 10_000, -1)}
    values = {"reader": dana.id, "reader_organization": dana.organization_id, "joined": dana.created_at}
    page = replace(found, found=gone | found.found).fetch_best(query, 2, values, False)
    assert [row.id for row in page.rows] == [row.id for row in found.fetch_best(query, 2, values, False).rows] != []


@pytest.mark.parametrize("most", [0, 1_000])
def test_a_customer_gets_the_same_numbers_by_looking_up_and_by_comparing(people, session, monkeypatch, most):
    dana = people[0]
    expected = {"all": 6, "active": 4, "pending": 1, "done": 2}
    assert customer_list.count_tickets(dana, {"q": "scanner"}) == expected
    monkeypatch.setattr(search, "MANY_FOUND", 1)
    monkeypatch.setattr(search_matches, "MAX_COMPARED", most)
    customer_list_queries.unsolved_count_query.cache_clear()
    session.rollback()
    assert customer_list.count_tickets(dana, {"q": "scanner"}) == expected
    assert customer_list.count_tickets(dana, {"q": "scanner", "status": "done"}) == expected
    assert customer_list.count_tickets(dana, {"q": "scanner", "requester": str(people[1].id)})["all"] == 0
    assert customer_list.count_tickets(dana, {"q": "scanner status:open"})["all"] == 1
    customer_list_queries.unsolved_count_query.cache_clear()


def test_the_number_of_a_ticket_of_others_counts_for_nobody(people, make, session, monkeypatch):
    monkeypatch.setattr(search, "MANY_FOUND", 0)
    dana, other, _ = people
    foreign, own = make.ticket(other, "Help"), make.ticket(dana, "Help")
    session.commit()
    assert customer_list.count_tickets(dana, {"q": str(foreign.number)})["all"] == 0
    assert customer_list.count_tickets(dana, {"q": str(own.number)})["all"] == 1


def test_a_match_in_ascii_is_found_where_it_may_begin_as_if_each_place_were_tried():
    chance, words = (
        random.Random(7),
        "scanner Scanners barcodescanner e-mail email o'brien the label labels 1,000 x_y n/a",
    )
    questions = (
        "scanner",
        "scan label",
        "e-mail",
        "obrien",
        '"the label"',
        "1000",
        "the scan 'n/a'",
        "l",
        "xy",
        "e-scanner",
    )

    def try_each_place(highlighter, text):
        folded = text.encode().translate(FOLD_ASCII).decode()
        return [match.span() for match in highlighter._pattern.finditer(folded)]

    for question in questions:
        highlighter = Highlighter(parse_search_text(question).terms)
        for _ in range(200):
            text = "".join(
                chance.choice(words.split()) + chance.choice(" -\n.,/'_") for _ in range(chance.randint(1, 12))
            )
            assert highlighter._find_in(text, in_two_characters=False) == try_each_place(highlighter, text), text
            pieces = [joined_words.remove_joiners(piece)[0] for _, piece in joined_words.list_joined_pieces(text)]
            joined = [span for piece in pieces for span in try_each_place(highlighter, piece)]
            assert len(list(highlighter._find_joined(text))) == len(joined), (question, text)
            assert set(highlighter._find_joined(text)) <= {
                (start, end) for a, b in highlighter.find(text) for start in range(a, b) for end in range(start, b + 1)
            }


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_ticket_of_thousands_of_messages_hides_no_other(people, session):
    """Their entries alone are more than are read of one word; on SQLite the newest entries are read in turn."""
    dana, _, ada = people
    long = tickets.create_ticket(requester=dana, subject="Watch the scanner", body="It beeps.")
    session.flush()
    count = search_postgresql_statements.MAX_ENTRIES_OF_ONE + 10
    entries.write_entries(
        entries.Entry(long.id, long.organization_id, seq, 0, "The scanner beeps again.")
        for seq in range(10, 10 + count)
    )
    session.commit()
    for person, others in ((dana, 6), (ada, 12)):
        assert len(sum(pages(person, 100)[0], [])) == others + 1
