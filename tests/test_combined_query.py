"""Several queries in one statement return what each returns alone."""

from io import BytesIO

import pytest
from sqlalchemy import LargeBinary, literal, select

from helpdesk.database import transactions
from helpdesk.database.combined_query import CombinedQuery
from helpdesk.domain import tickets
from helpdesk.domain.people import permissions
from helpdesk.domain.ticket_lists import customer_list, customer_list_queries
from helpdesk.domain.tickets import attachments, followers
from helpdesk.models.canned_reply import CannedReply
from helpdesk.models.user import User
from helpdesk.web.tickets import folding, page_rows
from tests.web.test_desk_query_counts import counted


@pytest.fixture
def people(make):
    globex = make.organization("Globex", slack="C0GLOBEX")
    return make.user(globex, "Dana Fields"), make.user(globex, "Sam Hill"), make.agent("Maya")


@pytest.fixture
def long_ticket(make, session, people):
    """A ticket with something of everything that its page shows."""
    dana, sam, maya = people
    make.channel("C0TRIAGE")
    form = make.form(fields=({"key": "serial"}, {"key": "margin", "team_only": True}))
    make.ticket(sam, "Another")
    files = [attachments.store_upload(BytesIO(b"..."), f"{name}.txt", "text/plain", dana) for name in "ba"]
    answers = {"serial": "47", "margin": "12"}
    ticket = make.ticket(dana, form=form, answers=answers, attachments=files)
    tickets.reply(ticket, author=maya, body="Is it *on*?")
    tickets.add_note(ticket, author=maya, body="Old model.")
    tickets.assign(ticket, maya, actor=maya)
    followers.add_follower(ticket, sam, actor=dana)
    tickets.save_read_receipt(tickets.pending_read_receipt(ticket, dana))
    session.add_all([CannedReply(title="Hello", body="Hi"), CannedReply(title="About", body="We", owner_id=maya.id)])
    session.commit()
    return ticket


@pytest.mark.parametrize("for_team", [True, False])
def test_a_page_has_the_rows_of_each_of_its_queries(long_ticket, people, for_team):
    dana, _, maya = people
    values = {**folding.query_parameters(long_ticket), "organization_id": long_ticket.organization_id}
    values |= {"user_id": maya.id}
    combined, queries = page_rows.COMBINED_QUERIES[for_team], page_rows.QUERIES[for_team]
    with counted() as statements:
        found = combined.fetch(values)
    assert len([each for each in statements if each.startswith("SELECT")]) == 1
    alone = [[tuple(row) for row in transactions.execute_core(query, values)] for query in queries]
    assert found == alone
    assert all(found), "none of them is empty, so that each has been compared"
    assert [list(map(type, row)) for rows in found for row in rows] == [
        list(map(type, row)) for rows in alone for row in rows
    ]


@pytest.mark.parametrize("visibility", ["organization", "own"])
def test_a_list_has_its_counts_and_options(long_ticket, people, make, visibility):
    reader = make.user(people[0].organization, "Lee", ticket_visibility=visibility)
    counts, options = customer_list.load_counts_and_options(reader, {"status": "active", "q": ""})
    assert (counts, options) == (customer_list.count_tickets(reader, {}), customer_list.load_filter_options(reader))
    assert counts["all"] == (2 if visibility == "organization" else 0)
    assert set(customer_list_queries.COUNTS_AND_OPTIONS) == set(permissions.Visibility)
    counts, _ = customer_list.load_counts_and_options(people[0], {"mine": "1"})
    assert counts["all"] == 1


def test_the_rows_of_each_keep_its_order(make, session):
    for name in ("Bo", "Cy", "Al"):
        make.agent(name)
    names = select(User.id, User.name)
    upwards, downwards = CombinedQuery(names.order_by(User.name), names.order_by(User.name.desc())).fetch({})
    assert [name for _, name in upwards] == ["Al", "Bo", "Cy"] and downwards == upwards[::-1]


def test_a_column_of_another_kind_is_refused():
    with pytest.raises(TypeError, match="cannot be combined"):
        CombinedQuery(select(literal(b"", LargeBinary), User.id))
