"""What PostgreSQL expects of a word is kept for a minute, and nothing of what is found: that is as new as the index."""

import pytest

from helpdesk.domain import tickets
from helpdesk.domain.ticket_lists import (
    agent_queue,
    customer_list,
    search_estimates,
    search_postgresql,
    search_postgresql_terms,
)
from tests import query_plans

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def find(person, question: str) -> list[int]:
    if person.is_team:
        return [row.number for row in agent_queue.fetch_queue_page(person, {"view": "all", "q": question}).tickets]
    return [row.number for row in customer_list.fetch_list_page(person, {"q": question}).tickets]


@pytest.fixture
def people(make):
    return make.user(make.organization("Globex"), "Dana Kim"), make.agent("Ada")


def test_a_word_is_estimated_once_in_a_minute(people, make, session, monkeypatch):
    ticket = make.ticket(people[0], "The scanner beeps")
    monkeypatch.setattr(search_estimates, "KEPT_SECONDS", 10**9)  # however long this test takes
    asked = []
    usual = search_estimates._ask
    monkeypatch.setattr(search_estimates, "_ask", lambda queries: asked.append(queries) or usual(queries))
    for _ in range(2):
        for person in people:
            session.rollback()
            assert find(person, "scanner") == [ticket.id]
    assert len(asked) == 2  # of all entries, and of those that a customer may read
    monkeypatch.setattr(search_estimates, "KEPT_SECONDS", -1)
    session.rollback()
    assert find(people[1], "scanner") == [ticket.id]
    assert len(asked) == 3


def test_no_more_than_some_thousand_words_are_kept(people, monkeypatch):
    monkeypatch.setattr(search_estimates, "MAX_KEPT", 2)
    for word in ("one", "two", "three", "four"):
        assert search_estimates.expect_rows([f"'{word}'", f"'{word}':*"]) == search_estimates.expect_rows(
            [f"'{word}'", f"'{word}':*"]
        )
        assert len(search_estimates._kept) <= 2


def test_what_is_filed_after_an_estimate_is_found(people, make, session):
    for person in people:
        assert find(person, "scanner") == []  # none is expected, for a minute
    ticket = make.ticket(people[0], "The scanner beeps")
    session.commit()
    for person in people:
        assert find(person, "scanner") == [ticket.id]


def test_a_search_among_the_newest_tickets_begins_at_the_newest_one_now(people, make, session, monkeypatch):
    monkeypatch.setattr(search_postgresql, "FEW_CANDIDATES", 1)
    monkeypatch.setattr(search_postgresql_terms, "MAX_ENTRIES", 0.5)
    asked = []
    monkeypatch.setattr(
        search_postgresql_terms, "limit_to_newest", lambda among, wanted: asked.append(among.last) or {"newest": "'@0'"}
    )
    for subject in ("The scanner beeps", "Scanner", "A scanner"):
        ticket = make.ticket(people[0], subject)
        session.commit()
        for person in people:
            asked.clear()
            assert ticket.id in find(person, "scanner")
            assert set(asked) == {ticket.id}, person.role


def test_a_kept_estimate_shows_nobody_what_only_the_team_reads(people, make, session):
    dana, ada = people
    ticket = make.ticket(dana, "Help")
    tickets.add_note(ticket, author=ada, body="A secret rhinoceros")
    session.commit()
    for _ in range(2):
        assert find(ada, "rhinoceros") == [ticket.id]
        assert find(dana, "rhinoceros") == []


def test_names_and_the_newest_ticket_come_by_one_statement(people, make, session):
    dana, ada = people
    ticket = make.ticket(dana, "Help")
    session.commit()
    with query_plans.recorded() as statements:
        assert find(ada, "dana") == [ticket.id]
    assert len([each for each in statements if "FROM users" in each.text and "pattern_0" in each.values]) == 1
    assert not [each for each in statements if each.text.startswith("SELECT tickets.id \nFROM tickets ORDER BY")]
