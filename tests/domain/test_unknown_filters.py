"""Filters of the queue whose value names nothing: they match nothing, and a sentence says so."""

import pytest

from helpdesk.domain.errors import ValidationError
from helpdesk.domain.reporting import reports, saved_reports
from helpdesk.domain.reporting.definition import FILTER_NAMES, ReportDefinition
from helpdesk.domain.reporting.selections import select_tickets
from helpdesk.domain.ticket_lists import agent_queue, saved_views, unknown_filters
from helpdesk.domain.tickets import tags
from helpdesk.models.priorities import Priority
from helpdesk.models.statuses import Status

UNKNOWN = {
    "status": "x",
    "priority": "x",
    "assignee": "9" * 40,
    "age": "x",
    "requester": "x",
    "organization": "x",
    "form": "x",
    "tag": "x",
}


@pytest.fixture
def agent(make):
    return make.agent("Maya Lind")


def test_what_names_nothing_matches_nothing(make, agent):
    make.ticket(make.user(make.organization()))
    for name, value in UNKNOWN.items():
        assert not agent_queue.fetch_queue_page(agent, {"view": "all", name: value}).tickets, name
        assert agent_queue.list_views(agent, {name: value})[-1].count in (0, None)
    unknown = unknown_filters.find_unknown(UNKNOWN | {"view": "<b>", "sort": "x", "q": "x"}, is_empty=True)
    assert set(unknown) == {*UNKNOWN, "view", "sort"}
    assert unknown["status"] == "Status: there is no “x”."


def test_what_names_something_is_known(session, make, agent):
    ticket = make.ticket(make.user(make.organization("Globex")), form=make.form("billing"))
    tags.set_tags(ticket, ["urgent"], actor=agent)
    session.commit()
    known = {
        "view": [*agent_queue.VIEW_LABELS],
        "status": [*Status],
        "priority": [*Priority],
        "age": [*agent_queue.AGE_LABELS],
        "sort": [*agent_queue.SELECTABLE_ORDERS, "own", ""],
        "assignee": ["me", "none", str(agent.id)],
        "requester": [str(ticket.requester_id)],
        "organization": ["globex"],
        "form": ["billing"],
        "tag": ["urgent", "#Urgent"],
    }
    assert set(known) == set(unknown_filters.LABELS) == set(agent_queue.FILTER_NAMES) - {"q"}
    for name, values in known.items():
        for value in values:
            assert unknown_filters.find_unknown({name: value}, is_empty=True) == {}, (name, value)


@pytest.mark.parametrize("name", UNKNOWN)
def test_no_view_is_saved_whose_filter_names_nothing(session, agent, name):
    with pytest.raises(ValidationError) as refused:
        saved_views.save_view("Fires", {"view": "all", name: UNKNOWN[name]}, owner=agent)
    assert set(refused.value.errors) == {name} and UNKNOWN[name] in refused.value.message
    saved_views.save_view("Fires", {"view": "all", "q": UNKNOWN[name]}, owner=agent)


@pytest.mark.parametrize("name", FILTER_NAMES)
def test_a_report_about_what_names_nothing_counts_nothing_and_is_not_saved(session, make, name):
    lead = make.agent(role="lead")
    make.ticket(make.user(make.organization()))
    report = ReportDefinition.read({"by": "form", name: UNKNOWN[name]})
    assert reports.figures_by_group(report, select_tickets(report))[0] == []
    everything = ReportDefinition.read({"by": "form"})
    assert reports.figures_by_group(everything, select_tickets(everything))[0]
    save = {"name": "Odd", "schedule": "", "recipients": [], "actor": lead}
    with pytest.raises(ValidationError) as refused:
        saved_reports.save_report(None, definition=report, **save)
    assert set(refused.value.errors) == {name}
    saved_reports.save_report(None, definition=everything, **save)
