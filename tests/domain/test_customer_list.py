"""A customer's list: what is in it, in which order, page by page."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from helpdesk import clock
from helpdesk.domain import tickets
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.ticket_lists import csv_export, customer_list, export_columns, search_postgresql
from helpdesk.models.follower import Follower
from helpdesk.models.read_receipt import ReadReceipt
from helpdesk.web.templating import filters as templates


@pytest.fixture
def dana(make):
    return make.user(make.organization("Globex"), "Dana Kim")


@pytest.fixture
def twelve(session, make, dana):
    """Twelve tickets, an hour apart, the latest first."""
    made = []
    for hour in range(12):
        ticket = make.ticket(dana, f"Ticket {'lkjihgfedcba'[hour]}", "words")
        ticket.created_at = ticket.updated_at = clock.now() - timedelta(hours=hour // 2 * 2)
        made.append(ticket)
    session.commit()
    return made


def subjects(page):
    return [ticket.subject for ticket in page.tickets]


def walk(user, filters, size=5):
    """Every page forward, then back again."""
    pages, cursor = [], None
    while True:
        page = customer_list.fetch_list_page(user, filters, cursor, size)
        pages.append(subjects(page))
        if page.next is None:
            break
        cursor = page.next
    back = [subjects(page)]
    while page.previous:
        page = customer_list.fetch_list_page(user, filters, page.previous, size)
        back.insert(0, subjects(page))
    return pages, back


@pytest.mark.parametrize("sort", ["", "updated", "created", "oldest", "subject", "status"])
def test_every_order_pages_forth_and_back_without_gap_or_repetition(session, dana, twelve, sort):
    for number, status in enumerate(("pending", "solved", "open", "closed", "in_progress", "on_hold")):
        twelve[number].status = status
    session.commit()
    pages, back = walk(dana, {"sort": sort})
    assert pages == back
    assert [len(page) for page in pages] == [5, 5, 2]
    assert sorted(sum(pages, [])) == sorted(ticket.subject for ticket in twelve)
    if sort == "subject":
        assert sum(pages, []) == sorted(sum(pages, []))
    if sort == "status":
        assert pages[0][0] == twelve[0].subject, "what waits for the customer comes first"


def test_a_search_is_paged_by_rank(dana, twelve):
    pages, back = walk(dana, {"q": "words"})
    assert pages == back and len(sum(pages, [])) == 12
    page = customer_list.fetch_list_page(dana, {"q": "words"})
    assert "<mark>words</mark>" in page.tickets[0].search_excerpt.text


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "nonsense",
        "WzAsMSwyXQ",
        "WzAsIlx1MDAwMCIsMV0",
        "8J+Ygg",
        "W1tbW1tb",
        "WzAsIjIwMjYtMDEtMDEiLDFd",
        "=" * 99,
    ],
)
def test_a_made_up_cursor_is_the_first_page(dana, twelve, cursor):
    for sort in ("", "subject", "status"):
        assert subjects(customer_list.fetch_list_page(dana, {"sort": sort}, cursor, 5)) == subjects(
            customer_list.fetch_list_page(dana, {"sort": sort}, None, 5)
        )


def test_filters_choose(session, make, dana, twelve):
    colleague = make.user(dana.organization, "Kim")
    form = make.form("hardware", fields=())
    other = make.ticket(colleague, "Other", form=form)
    other.status = "pending"
    twelve[0].status, twelve[1].status = "solved", "closed"
    old = twelve[11]
    old.created_at = clock.now() - timedelta(days=40)
    session.commit()

    def chosen(**filters):
        return {ticket.id for ticket in customer_list.fetch_list_page(dana, filters, size=50).tickets}

    assert chosen(status="pending") == {other.id}
    assert chosen(status="done") == {twelve[0].id, twelve[1].id}
    assert chosen(status="solved") == {twelve[0].id}
    assert len(chosen(status="active")) == 11
    assert other.id not in chosen(mine="1") and len(chosen(mine="1")) == 12
    assert chosen(requester=str(colleague.id)) == {other.id}
    assert chosen(form="hardware") == {other.id}
    month_ago = (clock.now() - timedelta(days=30)).date().isoformat()
    assert chosen(to=month_ago) == {old.id}
    assert old.id not in chosen(**{"from": month_ago})
    assert len(chosen(form="", sort="zzz")) == 13
    for name, value in {"status": "nonsense", "requester": "x", "form": "nowhere"}.items():
        found = customer_list.fetch_list_page(dana, {name: value})
        assert (found.tickets, set(found.errors)) == ([], {name})
        with pytest.raises(ValidationError):
            customer_list.filtered_query(dana, {name: value})
    assert set(customer_list.fetch_list_page(dana, {"from": "yesterday", "to": "9999-12-31"}).errors) == {"from", "to"}
    assert customer_list.count_tickets(dana) == {"all": 13, "active": 11, "pending": 1, "done": 2}


def test_what_is_more_than_many_is_counted_no_further(twelve, dana, monkeypatch):
    monkeypatch.setattr(customer_list, "MAX_COUNT", 5)
    assert customer_list.count_tickets(dana) == {"all": 6, "active": 6, "pending": 0, "done": 0}
    assert [templates.format_capped_count(count, 5) for count in (0, 5, 6)] == ["0", "5", "5+"]


def test_what_was_read_is_not_taken_back_by_an_older_page(session, make, dana):
    ticket = make.ticket(dana)
    older = tickets.pending_read_receipt(ticket, dana)
    tickets.reply(ticket, author=make.agent(), body="hello")
    session.commit()
    newer = tickets.pending_read_receipt(ticket, dana)
    version = ticket.version
    assert [tickets.save_read_receipt(each) for each in (newer, older, newer)] == [True, False, False]
    session.commit()
    assert session.get(ReadReceipt, (dana.id, ticket.id)).seq == ticket.last_public_seq
    assert ticket.version == version + 1, "the team's page shows who has seen it"


def test_unread_is_what_came_since_one_looked(session, make, dana):
    agent = make.agent()
    ticket = make.ticket(dana)

    def unread(user):
        return {ticket.id: ticket.unread for ticket in customer_list.fetch_list_page(user, {}).tickets}[ticket.id]

    assert unread(dana) is True
    tickets.save_read_receipt(tickets.pending_read_receipt(ticket, dana))
    session.commit()
    assert unread(dana) is False
    tickets.add_note(ticket, author=agent, body="hush")
    session.commit()
    assert unread(dana) is False, "a note is no news to a customer"
    tickets.reply(ticket, author=agent, body="hello")
    session.commit()
    assert unread(dana) is True
    ticket.updated_at = clock.now() - timedelta(days=9)
    session.commit()
    assert unread(make.user(dana.organization)) is False, "what was before their time is not news"


def test_a_page_costs_the_same_number_of_queries_however_long_the_list(session, make, dana, twelve):
    for filters, allowed in (({}, 1), ({"status": "active", "sort": "subject"}, 1)):
        seen = []
        session.expire_all()
        dana.id  # noqa: B018  (loaded before the count begins)

        def count(_connection, _cursor, statement, *_rest, seen=seen):
            seen.append(statement)

        event.listen(session.get_bind(), "before_cursor_execute", count)
        page = customer_list.fetch_list_page(dana, filters)
        [(ticket.requester, ticket.requester_picture) for ticket in page.tickets]
        event.remove(session.get_bind(), "before_cursor_execute", count)
        assert len([statement for statement in seen if statement.lstrip().startswith("SELECT")]) == allowed


def test_nobody_lists_what_they_may_not_see(make, dana, twelve):
    other_customer = make.user(make.organization("Initech"))
    assert customer_list.fetch_list_page(other_customer, {}).tickets == []
    assert customer_list.fetch_list_page(other_customer, {"requester": str(dana.id)}).tickets == []
    assert customer_list.count_tickets(other_customer)["all"] == 0
    own = make.user(dana.organization, ticket_visibility="own")
    assert (
        customer_list.fetch_list_page(own, {}).tickets == [] and customer_list.load_filter_options(own).requesters == ()
    )
    assert customer_list.find_similar(other_customer, "Ticket words") == []


@pytest.mark.parametrize("sort", ["", "oldest", "subject", "status"])
def test_what_somebody_filed_or_follows_is_one_list(session, make, dana, twelve, sort):
    """Who sees only their own tickets: both are read by themselves, and a ticket that is both is listed once."""
    noor = make.user(dana.organization, "Noor", ticket_visibility="own")
    foreign = make.ticket(make.user(make.organization("Initech")), "Of another organization")
    mine = [
        make.ticket(noor, f"Mine {number}", form=make.form("billing") if not number else None) for number in range(4)
    ]
    for number, ticket in enumerate([*twelve[:6], mine[0], foreign]):
        session.add(Follower(ticket_id=ticket.id, user_id=noor.id))
        ticket.status = ("open", "solved")[number % 2]
    session.commit()
    expected = sorted(ticket.subject for ticket in [*twelve[:6], *mine])
    pages, back = walk(noor, {"sort": sort}, size=4)
    assert pages == back and [len(page) for page in pages] == [4, 4, 2]
    assert sorted(sum(pages, [])) == expected
    assert customer_list.count_tickets(noor) == {"all": 10, "active": 7, "pending": 0, "done": 3}
    for filters, listed in (
        ({"mine": "1"}, 4),
        ({"requester": str(dana.id)}, 6),
        ({"status": "done"}, 3),
        ({"form": "billing"}, 1),
        ({"from": "2020-01-01"}, 10),
        ({"q": "mine"}, 4),
        ({"q": "ticket"}, 6),
    ):
        assert len(customer_list.fetch_list_page(noor, filters | {"sort": sort}).tickets) == listed, filters
        counts = customer_list.count_tickets(noor, filters)
        assert counts["done" if "status" in filters else "all"] == listed, filters


@pytest.mark.parametrize("costs", [0, 10**9])  # of comparing each entry of the organization, on PostgreSQL
def test_similar_tickets_are_found_while_typing(make, dana, monkeypatch, costs):
    monkeypatch.setattr(search_postgresql, "COMPARING_COSTS", costs)
    hit = make.ticket(dana, "VPN drops every morning")
    make.ticket(dana, "Coffee")
    assert [ticket.id for ticket in customer_list.find_similar(dana, "my vpn keeps dropping every day")] == [hit.id]
    assert customer_list.find_similar(dana, "vp") == []


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1", "|cmd", "＝1"])
def test_no_cell_is_a_formula(text):
    assert csv_export.escape_cell(text).startswith("'")
    assert (
        csv_export.escape_cell("plain") == "plain"
        and csv_export.escape_cell(None) == ""
        and csv_export.escape_cell(12) == "12"
    )


def export(user, **filters):
    query, order, values = customer_list.filtered_query(user, filters)
    return csv_export.export_query(export_columns.find_columns(user), query, order, values)


@pytest.mark.parametrize(
    ("filters", "field"),
    [({"from": "yesterday"}, "from"), ({"to": "2026-02-30"}, "to"), ({"from": "2026-05-02", "to": "2026-05-01"}, "to")],
)
def test_filters_that_cannot_be_read_export_nothing(dana, filters, field):
    """Else the file would have every ticket, and nobody who opens it would know."""
    assert set(customer_list.fetch_list_page(dana, filters).errors) == {field}
    with pytest.raises(ValidationError) as refused:
        export(dana, **filters)
    assert set(refused.value.errors) == {field}


def test_the_last_day_of_a_filter_lasts_until_its_midnight(session, make, dana):
    """In Berlin, 25 October 2026 has 25 hours and 29 March 2026 has 23."""
    dana.time_zone = "Europe/Berlin"
    late, next_day = make.ticket(dana, "At half past eleven"), make.ticket(dana, "At half past midnight")
    late.created_at = datetime(2026, 10, 25, 22, 30, tzinfo=UTC)
    next_day.created_at = datetime(2026, 3, 29, 22, 30, tzinfo=UTC)
    session.commit()
    for day, expected in (("2026-10-25", [late.number]), ("2026-03-29", [])):
        found = customer_list.fetch_list_page(dana, {"from": day, "to": day}).tickets
        assert [ticket.number for ticket in found] == expected


def test_the_export_is_the_list_with_its_filters(monkeypatch, session, make, dana, twelve):
    import csv

    monkeypatch.setattr(csv_export, "BATCH_SIZE", 5)
    form = make.form(fields=({"key": "serial"}, {"key": "margin", "team_only": True}))
    make.ticket(dana, '=HYPERLINK("http://evil")', form=form, answers={"serial": "-X1", "margin": "thin"})
    text = "".join(export(dana, sort="subject"))
    rows = list(csv.reader(text.removeprefix("\ufeff").splitlines()))
    assert rows[0][:3] == ["Number", "Subject", "Status"] and len(rows) == 14
    evil = next(row for row in rows if "HYPERLINK" in row[1])
    assert evil[1].startswith("'=") and evil[2] == "Received"
    assert rows[0][-1] == "Serial" and evil[-1] == "'-X1" and "thin" not in text
    assert "thin" in "".join(export(make.agent()))
    only = "".join(export(dana, q="hyperlink"))
    assert len(only.splitlines()) == 2
