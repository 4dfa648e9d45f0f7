"""Where a beginning of words is frequent, PostgreSQL is asked for the frequent words, with the same tickets found."""

import pytest
from sqlalchemy import text

from helpdesk.domain.ticket_lists import agent_queue, customer_list, search_postgresql
from tests import query_plans

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def find(person, question: str) -> set[int]:
    if person.is_team:
        return {row.number for row in agent_queue.fetch_queue_page(person, {"view": "all", "q": question}).tickets}
    return {row.number for row in customer_list.fetch_list_page(person, {"q": question}).tickets}


@pytest.fixture
def people(session, make):
    dana, other = make.user(make.organization("Globex"), "Dana Kim"), make.user(make.organization("Initech"), "Bob Ray")
    for number in range(6):
        make.ticket(dana, "The scanner beeps", f"Both scanners since {number}, says the invoice.")
        make.ticket(other, "Scanners everywhere", "An invoice came.")
    make.ticket(dana, "Scannable codes", "Nobody has an invoice.")
    session.commit()
    session.execute(text("ANALYZE ticket_search"))
    session.commit()
    return dana, make.agent("Ada")


@pytest.mark.parametrize("question", ["scan", "scanner", "scan invoice", "sc", "in sca", "codes scan"])
def test_the_same_is_found(people, session, monkeypatch, question):
    usual = [find(person, question) for person in people]
    assert all(usual)
    monkeypatch.setattr(search_postgresql, "MAX_LISTED", 0)
    monkeypatch.setattr(search_postgresql, "EVERYWHERE", 0)
    session.rollback()
    assert [find(person, question) for person in people] == usual


def test_the_newest_are_found_without_listing_a_beginning_of_words(people, session, monkeypatch):
    monkeypatch.setattr(search_postgresql, "MAX_LISTED", 0)
    monkeypatch.setattr(search_postgresql, "EVERYWHERE", 0)
    monkeypatch.setattr(search_postgresql, "MAX_ENTRIES", 0)
    monkeypatch.setattr(search_postgresql, "FEW_CANDIDATES", 3)
    monkeypatch.setattr(search_postgresql, "_limit_to_newest", lambda newest, wanted: " & '@0'")
    session.rollback()
    with query_plans.recorded() as statements:
        assert len(find(people[0], "scan")) == 7
    asked = [value for each in statements for name, value in each.values.items() if name.startswith("term_")]
    assert any("'scanner'" in value for value in asked)
    assert not any(":*" in value for value in asked)
