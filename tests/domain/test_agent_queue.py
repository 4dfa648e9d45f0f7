"""The queue: which tickets are in which view, filters, counts and pages."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from helpdesk import clock
from helpdesk.domain import tickets
from helpdesk.domain.errors import PermissionDenied, ValidationError
from helpdesk.domain.ticket_lists import (
    agent_queue,
    agent_queue_queries,
    saved_views,
    search,
    search_matches,
)
from helpdesk.domain.tickets import bulk_update, tags
from helpdesk.models.canned_reply import CannedReply
from helpdesk.models.statuses import Status
from helpdesk.models.ticket import Ticket


@pytest.fixture
def agent(make):
    return make.agent("Maya Lind")


def numbers(agent, **filters):
    return [ticket.number for ticket in agent_queue.fetch_queue_page(agent, filters).tickets]


def counts(agent):
    return {view.key: view.count for view in agent_queue.list_views(agent)}


def test_every_view_holds_what_its_name_says_and_its_count_is_right(session, make, agent):
    requester, other = make.user(make.organization()), make.agent()
    fresh, mine, waiting, held, solved, old = (make.ticket(requester) for _ in range(6))
    tickets.assign(mine, agent, actor=agent)
    tickets.assign(waiting, other, actor=agent)
    tickets.set_status(waiting, "pending", actor=agent)
    tickets.set_status(held, "on_hold", actor=agent)
    tickets.solve(solved, actor=agent)
    tickets.solve(old, actor=agent)
    old.solved_at -= timedelta(days=30)
    session.commit()
    expected = {
        "mine": [mine],
        "unassigned": [held, fresh],
        "open": [mine, fresh],
        "waiting": [waiting],
        "on_hold": [held],
        "at_risk": [],
        "solved": [solved],
        "all": [old, solved, held, waiting, mine, fresh],
    }
    for view, wanted in expected.items():
        found = numbers(agent, view=view)
        assert sorted(found) == sorted(ticket.number for ticket in wanted), view
        if view != "all":
            assert counts(agent)[view] == len(wanted), view


def test_with_a_filter_each_view_counts_what_it_holds(session, make, agent):
    globex, initech = make.user(make.organization("Globex")), make.user(make.organization("Initech"))
    filed = [make.ticket(person, priority=priority) for person in (globex, initech) for priority in ("high", "low")]
    filed += [make.ticket(globex, priority="high") for _ in range(4)]
    tickets.assign(filed[0], agent, actor=agent)
    tickets.set_status(filed[4], "pending", actor=agent)
    tickets.solve(filed[5], actor=agent)
    for ticket, minutes in ((filed[0], 30), (filed[4], 60), (filed[6], 600), (filed[1], 30)):
        ticket.next_due_at = clock.now() + timedelta(minutes=minutes)
    tags.set_tags(filed[0], ["vip"], actor=agent)
    session.commit()
    for filters in (
        {"priority": "high"},
        {"organization": "globex", "priority": "high"},
        {"assignee": "me"},
        {"tag": "vip"},
        {"requester": str(initech.id)},
        {"status": "pending"},
        {"q": "from:globex"},
    ):
        for view in agent_queue.list_views(agent, filters):
            if view.key != "all":
                assert view.count == len(numbers(agent, view=view.key, **filters)), (view.key, filters)
    assert {"mine": 1, "unassigned": 4, "at_risk": 2, "solved": 1}.items() <= {
        view.key: view.count for view in agent_queue.list_views(agent, {"priority": "high"})
    }.items()
    assert numbers(agent, view="at_risk") == [filed[0].number, filed[1].number, filed[4].number]


def test_filters_narrow(session, make, agent):
    globex, initech = make.organization("Globex"), make.organization("Initech")
    form = make.form("billing")
    urgent = make.ticket(make.user(globex), priority="urgent", form=form)
    plain = make.ticket(make.user(initech))
    plain.created_at -= timedelta(days=4)
    session.commit()
    assert numbers(agent, organization="globex") == [urgent.number]
    assert numbers(agent, priority="urgent") == [urgent.number]
    assert numbers(agent, form="billing") == [urgent.number]
    assert numbers(agent, age="3") == [plain.number]
    assert numbers(agent, assignee="none", organization="initech") == [plain.number]
    assert numbers(agent, organization="nowhere") == []
    assert numbers(agent, sort="oldest") == [plain.number, urgent.number]
    assert len(numbers(agent, view="<b>", sort="x")) == 2


def test_search_works_inside_a_view(session, make, agent):
    requester = make.user(make.organization())
    found = make.ticket(requester, subject="Zebra crossing")
    make.ticket(requester, subject="Something else")
    assert numbers(agent, q="zebra") == [found.number]
    assert numbers(agent, q="zebra", view="waiting") == []


def test_paging_meets_every_ticket_once_in_both_directions(make, agent):
    requester = make.user(make.organization())
    wanted = [make.ticket(requester).number for _ in range(7)]  # what waits longest comes first
    first = agent_queue.fetch_queue_page(agent, {}, size=3)
    second = agent_queue.fetch_queue_page(agent, {}, first.next, size=3)
    third = agent_queue.fetch_queue_page(agent, {}, second.next, size=3)
    assert [t.number for page in (first, second, third) for t in page.tickets] == wanted
    assert third.next is None and first.previous is None
    assert [t.number for t in agent_queue.fetch_queue_page(agent, {}, third.previous, size=3).tickets] == wanted[3:6]


@pytest.mark.parametrize("filters", [{"view": "all", "status": "solved"}, {"view": "solved"}])
def test_paging_meets_every_ticket_of_a_status_and_no_other(make, agent, filters):
    requester = make.user(make.organization())
    filed = [make.ticket(requester) for _ in range(8)]
    done = [tickets.solve(ticket, actor=agent).number for ticket in filed[::-2]]
    pages = [agent_queue.fetch_queue_page(agent, filters, size=2)]
    while pages[-1].next:
        pages.append(agent_queue.fetch_queue_page(agent, filters, pages[-1].next, size=2))
    assert [row.number for page in pages for row in page.tickets] == done[::-1]
    before = agent_queue.fetch_queue_page(agent, filters, pages[-1].previous, size=2)
    assert [row.number for row in before.tickets] == done[:1:-1] and before.previous is None
    assert numbers(agent, **filters, sort="oldest") == sorted(done)


def test_customers_see_in_it_only_what_is_theirs(make):
    one, other = make.organization(), make.organization()
    mine = make.ticket(make.user(one))
    make.ticket(make.user(other))
    assert numbers(mine.requester, view="all") == [mine.number]


def test_unread_is_what_came_after_ones_last_look(session, make, agent):
    ticket = make.ticket()
    assert agent_queue.fetch_queue_page(agent, {}).tickets[0].unread
    tickets.save_read_receipt(tickets.pending_read_receipt(ticket, agent))
    session.commit()
    assert not agent_queue.fetch_queue_page(agent, {}).tickets[0].unread


def test_saved_views_are_ones_own_or_shared(session, make, agent):
    other = make.agent()
    saved_views.save_view("Globex fires", {"view": "open", "priority": "urgent", "junk": "x"}, owner=agent)
    shared = saved_views.save_view("Everybody's", {"view": "all"}, owner=agent, shared=True)
    session.commit()
    assert [view.label for view in agent_queue.load_filter_choices(agent).saved] == ["Everybody's", "Globex fires"]
    assert [(view.label, view.filters) for view in agent_queue.load_filter_choices(other).saved] == [
        ("Everybody's", {"view": "all"})
    ]
    saved_views.save_view("Globex fires", {"view": "mine"}, owner=agent)
    session.commit()
    assert [dict(view.filters) for view in agent_queue.load_filter_choices(agent).saved] == [
        {"view": "all"},
        {"view": "mine"},
    ]
    with pytest.raises(PermissionDenied):
        saved_views.delete_view(shared, actor=other)
    with pytest.raises(ValidationError):
        saved_views.save_view("  ", {}, owner=agent)


def test_bulk_changes_what_it_can_and_says_what_it_could_not(session, make, agent):
    requester = make.user(make.organization())
    one, two, closed = (make.ticket(requester) for _ in range(3))
    tickets.set_status(closed, "closed", actor=agent)
    session.commit()
    outcome = bulk_update.update_tickets(
        [one.id, two.id, closed.id, 999_999], actor=agent, status="pending", assignee=str(agent.id)
    )
    session.commit()
    assert (outcome.changed, [number for number, _ in outcome.refused]) == (2, [closed.number])
    assert (one.status, one.assignee_id, closed.assignee_id) == ("pending", agent.id, None)
    assert f"1 stayed as it was: #{closed.number}" in outcome.sentence
    bulk_update.update_tickets([one.id], actor=agent, assignee="none")
    assert one.assignee_id is None
    for wrong in ({"numbers": []}, {"numbers": [1]}, {"numbers": list(range(101)), "status": "open"}):
        with pytest.raises(ValidationError):
            bulk_update.update_tickets(**wrong, actor=agent)
    with pytest.raises(PermissionDenied):
        bulk_update.update_tickets([one.id], actor=requester, status="solved")


@pytest.mark.parametrize("view", ["mine", "unassigned", "open"])
def test_what_needs_us_comes_first(session, make, agent, view):
    requester = make.user(make.organization())
    urgent, old, young, waiting, due = (make.ticket(requester) for _ in range(5))
    if view == "mine":
        for ticket in (urgent, old, young, waiting, due):
            tickets.assign(ticket, agent, actor=agent)
    tickets.set_status(waiting, "pending", actor=agent)
    for hours, ticket in enumerate((urgent, young, old, waiting, due), start=1):
        ticket.turn_since = clock.now() - timedelta(hours=hours)
    for hours, ticket in ((-1, urgent), (2, due)):
        ticket.next_due_at = clock.now() + timedelta(hours=hours)
    session.commit()
    expected = [each.number for each in (urgent, due, old, young, waiting) if view != "open" or each is not waiting]
    assert numbers(agent, view=view) == expected
    assert numbers(agent, view=view, sort="activity") != expected
    assert [sort for sort, _ in agent_queue.list_orders(view)][:2] == ["", "activity"]
    first = agent_queue.fetch_queue_page(agent, {"view": view}, size=2)
    second = agent_queue.fetch_queue_page(agent, {"view": view}, after=first.next, size=3)
    assert [row.number for row in (*first.tickets, *second.tickets)] == expected
    assert [row.number for row in agent_queue.fetch_queue_page(agent, {"view": view}, second.previous, 2).tickets] == (
        expected[:2]
    )


def test_counts_follow_the_filters_and_the_search(session, make, agent):
    globex, initech = make.organization("Globex"), make.organization("Initech")
    zebra = make.ticket(make.user(globex), subject="The zebra is on fire")
    other, waiting = make.ticket(make.user(globex)), make.ticket(make.user(initech), subject="Zebra paper")
    tickets.assign(other, agent, actor=agent)
    tickets.set_status(waiting, "pending", actor=agent)
    session.commit()

    def found(**filters):
        return {view.key: view.count for view in agent_queue.list_views(agent, filters) if view.count}

    assert found(organization=globex.slug) == {"mine": 1, "unassigned": 1, "open": 2}
    assert found(q="zebra") == {"unassigned": 2, "open": 1, "waiting": 1}
    assert found(q="zebra", assignee="me") == {}
    assert numbers(agent, view="open", q="zebra") == [zebra.number]


@pytest.mark.parametrize("are_looked_up", [True, False])
def test_many_found_tickets_are_counted_by_view_whether_they_are_compared_or_looked_up(
    session, make, agent, monkeypatch, are_looked_up
):
    monkeypatch.setattr(search, "MANY_FOUND", 1)
    monkeypatch.setattr(search_matches, "MAX_COMPARED", 0 if are_looked_up else 1_000)
    agent_queue_queries.found_counts_query.cache_clear()
    dana, solved_before = make.user(make.organization()), clock.now() - timedelta(days=30)
    for subject in (
        "Scanner mine",
        "Scanner of nobody",
        "Scanner solved",
        "Scanner of last month",
        "Printer of nobody",
    ):
        make.ticket(dana, subject=subject)
    by_subject = {ticket.subject: ticket for ticket in session.scalars(select(Ticket))}
    by_subject["Scanner mine"].assignee_id = agent.id
    for subject, solved_at in (("Scanner solved", clock.now()), ("Scanner of last month", solved_before)):
        by_subject[subject].status, by_subject[subject].solved_at = Status.solved, solved_at
    session.commit()
    found = {view.key: view.count for view in agent_queue.list_views(agent, {"q": "scanner"}) if view.count}
    assert found == {"mine": 1, "unassigned": 1, "open": 2, "solved": 1}
    agent_queue_queries.found_counts_query.cache_clear()


def test_what_the_filters_offer_is_what_the_database_has_now_and_what_one_may_use(session, make, agent):
    globex, other = make.organization('The "Globex" \\ 日本'), make.agent("Noor")
    session.add(CannedReply(title="Mine alone", body="x", owner_id=agent.id))
    session.commit()
    counted = select(func.count(Ticket.id))
    for _ in range(2):
        mine, theirs = (agent_queue.load_filter_choices(person, counted) for person in (agent, other))
        assert (globex.slug, 'The "Globex" \\ 日本') in mine.organizations
        assert [name for _, name in mine.macros] == ["Mine alone"] and not theirs.macros
        assert mine.number == theirs.number == 0
    globex.name = "Acme"
    make.ticket(make.user(globex))
    session.commit()
    choices = agent_queue.load_filter_choices(agent, counted)
    assert (globex.slug, "Acme") in choices.organizations and choices.number == 1
    assert agent_queue.load_filter_choices(agent).number == 0
