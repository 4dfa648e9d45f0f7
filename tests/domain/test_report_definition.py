"""What a report is about: ranges of days, the ones before, and what an address says."""

from datetime import date

import pytest

from helpdesk.domain.reporting import date_ranges, unknown_values
from helpdesk.domain.reporting.definition import GROUP_LABELS, ReportDefinition
from helpdesk.domain.tickets import tags
from helpdesk.models.priorities import Priority

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_ranges_of_days_and_the_ones_before(app):
    october = date_ranges.DateRange(date(2026, 10, 1), date(2026, 10, 31))
    assert october.before() == date_ranges.DateRange(date(2026, 9, 1), date(2026, 9, 30))
    quarter = date_ranges.DateRange(date(2026, 1, 1), date(2026, 3, 31))
    assert quarter.before() == date_ranges.DateRange(date(2025, 10, 1), date(2025, 12, 31))
    some = date_ranges.DateRange(date(2026, 3, 3), date(2026, 3, 9))
    assert some.before() == date_ranges.DateRange(date(2026, 2, 24), date(2026, 3, 2))
    year = date_ranges.DateRange(date(2026, 1, 1), date(2026, 12, 31))
    assert (year.choose_unit(), year.choose_unit("day"), len(year.split("month"))) == ("week", "week", 12)
    weeks = date_ranges.DateRange(date(2026, 11, 4), date(2026, 11, 17)).split("week")
    assert [(part.first.day, part.last.day) for part in weeks] == [(4, 8), (9, 15), (16, 17)]


def test_what_an_address_says_is_read_with_defaults(app):
    read = ReportDefinition.read
    assert read({"by": "<b>", "weeks": "x", "range": "?", "from": "x"}) == ReportDefinition()
    assert read({"weeks": "4"}).range == "weeks_4"
    turned = read({"from": "2026-11-09", "to": "2026-11-02"}).days
    assert (turned.first, turned.last) == (date(2026, 11, 2), date(2026, 11, 9))
    assert read({"from": "0001-01-01", "to": "2026-11-02"}).days.days <= date_ranges.MAX_DAYS
    asked = {"range": "dates", "from": "2026-11-02", "to": "2026-11-09", "by": "agent", "tag": "refund"}
    assert read(asked).address_values() == asked


def test_what_an_address_asks_for_that_does_not_exist_is_said(app, make, session):
    """Each name and value that is left out or finds nothing, and none that is read."""
    unknown = dict.fromkeys(unknown_values.LABELS, "x")
    assert set(unknown_values.find_unknown(unknown)) == set(unknown)
    assert unknown_values.find_unknown({"priority": "x"}) == {"priority": "Priority: there is no “x”."}
    agent, ticket = make.agent(), make.ticket(make.user(make.organization("Globex")), form=make.form("billing"))
    tags.set_tags(ticket, ["refund"], actor=agent)
    session.commit()
    known = {
        "range": date_ranges.RANGE_LABELS,
        "weeks": ["4", ""],
        "from": ["2026-11-02"],
        "to": ["2026-11-09"],
        "by": GROUP_LABELS,
        "organization": ["globex"],
        "assignee": [str(agent.id), "none"],
        "form": ["billing", "*"],
        "tag": ["refund", "#Refund", "*"],
        "priority": list(Priority),
    }
    assert set(known) == set(unknown_values.LABELS)
    wrong = [
        (name, value)
        for name, values in known.items()
        for value in values
        if unknown_values.find_unknown({name: value})
    ]
    assert wrong == []
