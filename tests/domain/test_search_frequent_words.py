"""Where a beginning of words is frequent, PostgreSQL is asked for the frequent words, with the same tickets found."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from helpdesk import clock
from helpdesk.domain.ticket_lists import agent_queue, customer_list, search_postgresql, search_postgresql_terms
from helpdesk.models.ticket import Ticket
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
    monkeypatch.setattr(search_postgresql_terms, "MAX_ENTRIES", 0)
    monkeypatch.setattr(search_postgresql, "FEW_CANDIDATES", 3)
    monkeypatch.setattr(search_postgresql_terms, "limit_to_newest", lambda among, wanted: {"newest": "'@0'"})
    session.rollback()
    with query_plans.recorded() as statements:
        assert len(find(people[0], "scan")) == 7
    asked = [value for each in statements for name, value in each.values.items() if name.startswith("term_")]
    assert any("'scanner'" in value for value in asked)
    assert not any(":*" in value for value in asked)


def statements_of(person, question: str) -> list[query_plans.Statement]:
    with query_plans.recorded() as found:
        assert find(person, question)
    return [each for each in found if "ticket_search" in each.text and "term_0" in each.values]


def test_what_limits_a_search_is_a_condition_of_its_own(people, session, monkeypatch):
    """The index skips between conditions; of one condition it reads every entry of the rarest word."""
    monkeypatch.setattr(search_postgresql_terms, "MAX_ENTRIES", 0.5)
    monkeypatch.setattr(search_postgresql_terms, "limit_to_newest", lambda among, wanted: {"newest": "'@0'"})
    for question in ("scanner", "scanner invoice"):
        first = statements_of(people[0], question)[0]
        assert {"readable", "newest"} <= set(first.values)
        assert not any("&" in str(value) for value in first.values.values())


def test_a_small_organization_is_compared_and_no_beginning_is_listed(people, monkeypatch):
    monkeypatch.setattr(search_postgresql_terms, "ENTRIES_PER_TICKET", 10_000)  # of all others
    for question in ("sc", "sc in"):
        usual = {row.values["term_0"] for row in statements_of(people[0], question)}
        (only,) = statements_of(people[0], question)  # all that it has was compared, so nothing else is asked
        assert usual == {only.values["term_0"]}
        assert "readable" in only.values
        assert "newest" not in only.values


def test_a_search_before_a_day_begins_at_the_last_ticket_before_it(people, session, monkeypatch):
    dana, ada = people
    session.execute(text("UPDATE tickets SET created_at = created_at - interval '30 days' WHERE id <= 5"))
    session.commit()
    monkeypatch.setattr(search_postgresql_terms, "MAX_ENTRIES", 0.5)
    ranges = []
    monkeypatch.setattr(
        search_postgresql_terms, "limit_to_newest", lambda among, wanted: ranges.append(among) or {"newest": "'@0'"}
    )
    day = (clock.now() - timedelta(days=9)).date()
    for person, found in ((dana, {1, 3, 5}), (ada, {1, 2, 3, 4, 5})):
        ranges.clear()
        assert find(person, f"scanner before:{day}") == found
        assert {(among.last, among.newest) for among in ranges} == {(5, 13)}
    assert not find(dana, f"scanner before:{(clock.now() - timedelta(days=90)).date()}")


def test_the_views_of_a_search_are_counted_in_one_reading(people, session, make):
    dana, ada = people
    session.get(Ticket, 1).assignee = ada
    session.commit()
    with query_plans.recorded() as statements:
        counts = {view.key: view.count for view in agent_queue.list_views(ada, {"q": "scanner"})}
    assert (counts["mine"], counts["unassigned"], counts["open"], counts["all"]) == (1, 11, 12, None)
    (counting,) = [each.text for each in statements if "count(*)" in each.text]
    assert counting.count("FROM tickets") == 1
