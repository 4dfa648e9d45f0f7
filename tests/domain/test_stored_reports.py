"""Reports from stored sums are what a count of the tickets says, whatever changed since the sums were stored."""

import random
from array import array
from datetime import timedelta
from inspect import isgenerator

import pytest
import time_machine
from sqlalchemy import delete, func, select, text, update

from helpdesk import clock
from helpdesk.domain.administration import settings
from helpdesk.domain.reporting import (
    day_sums,
    drill_down,
    longest_lists,
    reports,
    selections,
    series,
    stored_days,
    stored_reports,
)
from helpdesk.domain.reporting.date_ranges import UNITS
from helpdesk.domain.reporting.definition import ReportDefinition
from helpdesk.extensions import db
from helpdesk.models.report_day import ReportChange, ReportDay, ReportVersion
from helpdesk.models.tag import Tag
from helpdesk.models.ticket import Ticket
from tests.domain import direct_figures, invented_tickets
from tests.domain.report_changes import Changes

ASKED = (
    {"range": "weeks_12"},
    {"range": "weeks_4", "by": "organization"},
    {"range": "weeks_12", "by": "agent", "organization": "globex"},
    {"range": "weeks_4", "by": "tag", "assignee": "none"},
    {"from": "2026-10-03", "to": "2026-11-11", "by": "form", "tag": "refund"},
    {"range": "last_month", "by": "priority", "form": "billing"},
    {"range": "weeks_4", "by": "day", "priority": "low"},
    {"range": "weeks_12", "by": "month", "tag": "*"},
)
COUNTS = ("filed", "answered", "unanswered", "solved", "one_touch", "ratings", "reopened", "backlog",
          "response_met", "response_missed", "resolution_met", "resolution_missed")  # fmt: skip
MEASURES = ("response_median", "response_p90", "resolution_median", "resolution_p90", "rating")


@pytest.fixture
def chance():
    return random.Random(27)


@pytest.fixture
def world(session, make):
    """The invented tickets and a lead, at the time at which they end."""
    settings.set("time_zone", "Europe/Berlin")
    invented_tickets.insert_tickets(session, make)
    session.add(Tag(name="late"))
    lead = make.agent("Ada", role="admin")
    session.execute(update(Ticket).values(next_seq=300))
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT setval(pg_get_serial_sequence('tickets', 'id'), 1000)"))
    session.commit()
    with time_machine.travel(invented_tickets.NOW, tick=False) as traveller:
        yield traveller, lead


def store_all() -> int:
    """Store whatever can be stored of ASKED; how many days and weeks."""
    stored = 0
    while stored_days.add_up_changes():
        db.session.commit()
    for values in ASKED:
        asked = ReportDefinition.read(values)
        selection, days = selections.select_tickets(asked), asked.days
        begin, end = days.compared_period()[0], days.period[1]
        wanted = {selection: stored_reports.Asked(begin, end).from_midnight()}
        if asked.by not in UNITS:
            wanted[selection.by(asked.by)] = days.period
        for each, period in wanted.items():
            stored += series.store_days(each, period, 1000)
            db.session.commit()
        for name in longest_lists.NAMES if values in ASKED[:3] else ():
            stored += longest_lists.store(name, selection, days.period, 1000)
            db.session.commit()
    return stored


def describe(figures) -> dict:
    counts = {name: getattr(figures, name) for name in COUNTS}
    measures = {name: getattr(figures, name) for name in MEASURES}
    return counts | {
        name: value if value is None else pytest.approx(value, abs=1e-3) for name, value in measures.items()
    }


def compare(values: dict, after: str) -> None:
    """The report says what a count of the tickets says."""
    asked = ReportDefinition.read(values)
    where, now = asked.conditions(), clock.now()
    found = reports.make_report(asked, with_waits=True)
    days, what = found.days.period, (after, values)
    earlier = found.compared
    total = direct_figures.measure((earlier[0], days[1]), direct_figures.TimeGroups([earlier[1], *days]), where)
    nothing = direct_figures.Figures()
    for place, period, figures in ((0, earlier, found.before), (2, days, found.total)):
        expected = total.get(place, nothing)
        expected.backlog = found.backlog if period[1] > now else direct_figures.count_open_at([period[1]], where)[0]
        assert describe(figures) == describe(expected), what
    ends = [part.definition.days.period[1] for part in found.parts]
    parts = direct_figures.measure(days, direct_figures.TimeGroups(ends), where)
    past = [end for end in ends if end <= now]
    backlogs = [*direct_figures.count_open_at(past or [now], where)[: len(past)], found.backlog]
    for place, part in enumerate(found.parts):
        expected = parts.get(place, direct_figures.Figures())
        expected.backlog = backlogs[place] if place < len(backlogs) else None
        assert describe(part.figures) == describe(expected), (what, place)
    if asked.by not in UNITS:
        groups = direct_figures.measure(days, direct_figures.FieldGroups(asked.by), where)
        key = lambda figures: [getattr(figures, name) or 0 for name in (*COUNTS, *MEASURES)]  # noqa: E731
        rows = sorted((row.figures for row in found.rows), key=key)
        assert [describe(row) for row in rows] == [describe(row) for row in sorted(groups.values(), key=key)], what
    waits = direct_figures.time_by_waiting_on(days, where)
    assert found.waits == {who: pytest.approx(seconds, abs=0.1) for who, seconds in waits.items()}, what


def compare_lists(values: dict, after: str) -> None:
    """The first page of each list with values is that of all tickets sorted at once."""
    asked = ReportDefinition.read(values)
    for name in longest_lists.NAMES:
        query, value, unit = drill_down.build_query(asked, name)
        order = (value.asc() if unit == "score" else value.desc(), Ticket.id.desc())
        rows = [(row[0].id, row[1]) for row in db.session.execute(query.order_by(*order))]
        found = drill_down.list_tickets(asked, name)
        assert found.count == len(rows), (after, name, values)
        shown = rows[: drill_down.PAGE_SIZE]
        assert [(ticket.id, number) for ticket, number in found.rows] == shown, (after, name, values)


@pytest.mark.slow
def test_reports_are_right_after_every_change(world, chance):
    traveller, lead = world
    changes, names = Changes(chance, lead), Changes.list_names()
    chance.shuffle(names)
    assert len(names) >= 35 and store_all() > 300
    for values in ASKED:
        assert not any(reports.make_report(ReportDefinition.read(values)).missing.values()), values
    for number, name in enumerate(names):
        made = getattr(changes, name)()
        for _ in made if isgenerator(made) else ():
            compare(ASKED[0], name)
        db.session.commit()
        for values in (ASKED[0], ASKED[1 + number % 7]):
            compare(values, name)
        if number % 2:
            compare_lists(ASKED[number % 3], name)
        if number % 4 == 3:
            traveller.shift(timedelta(hours=chance.randrange(5, 40)))
        if number % 2:
            store_all()
    for values in ASKED:
        compare(values, "all")


def test_sums_are_stored_once_and_hold(world):
    _, _ = world
    assert store_all() > 300 and store_all() == 0
    number = db.session.scalar(select(func.count()).select_from(ReportDay))
    settings.set("time_zone", "America/New_York")  # days begin at other times; what is stored of the others stays
    db.session.commit()
    compare(ASKED[0], "zone")
    assert store_all() > 300
    compare(ASKED[0], "zone, stored")
    assert db.session.scalar(select(func.count()).select_from(ReportDay)) > number


def test_changes_are_added_up_without_any_day_noticing(world):
    db.session.execute(delete(ReportDay))
    report_period = ReportDefinition.read(ASKED[0]).days.period
    spans = series.split_by_days(report_period)

    def numbers():
        known = stored_days.Versions(*report_period, selections.ALL)
        by_property = stored_days.Versions(*report_period, selections.ALL.by("agent"))
        return [(known.of(span), by_property.of(span)) for span in spans if stored_days.can_be_stored(span)]

    before, moved = numbers(), 0
    assert len({number for number, _ in before}) > 20 and any(both > number for number, both in before)
    while count := stored_days.add_up_changes():
        moved += count
    assert moved > 500 and numbers() == before
    assert not db.session.scalar(select(func.count()).select_from(ReportChange))
    assert db.session.scalar(select(func.count()).select_from(ReportVersion)) > 200


def test_what_a_report_lacks_is_stored_by_the_next_job(world):
    asked = ReportDefinition.read({"range": "weeks_4", "organization": "globex", "by": "agent"})
    unknown = reports.make_report(ReportDefinition.read({"range": "weeks_4", "organization": "nobody"}))
    assert unknown.total.filed == 0
    report = reports.make_report(asked)
    assert report.missing[""] and report.missing["agent"]
    stored_reports.ask_for(asked, report.missing)
    for name in ("solved", "rated"):
        stored_reports.ask_for(asked, {f"{stored_reports.LIST}{name}": drill_down.list_tickets(asked, name).missing})
    stored_reports.ask_for(unknown.definition, unknown.missing)
    db.session.rollback()
    stored_reports.store_due_days()
    after = reports.make_report(asked)
    assert not any(after.missing.values()) and after.total == report.total
    assert not drill_down.list_tickets(asked, "solved").missing and drill_down.list_tickets(asked, "one_touch").missing
    assert not reports.make_report(ReportDefinition()).missing[""]
    keys = set(db.session.scalars(select(ReportDay.selection)))
    assert len(keys) == 5 and "" in keys and len([key for key in keys if key.endswith(";agent")]) == 1


def test_old_sums_are_deleted_and_those_of_another_format_are_not_read(world):
    store_all()
    db.session.execute(update(ReportDay).where(ReportDay.selection == "").values(content=b"\x00" * 300))
    db.session.commit()
    compare(ASKED[0], "another format")
    assert reports.make_report(ReportDefinition()).missing[""]
    old = clock.now() - stored_days.KEPT_FOR - timedelta(minutes=1)
    db.session.execute(update(ReportDay).where(ReportDay.selection == "").values(stored_at=old))
    stored_days.delete_old()
    db.session.commit()
    kept = set(db.session.scalars(select(ReportDay.selection)))
    assert kept and "" not in kept


def test_the_nearest_rank_of_many_lists_is_that_of_all_their_values(chance):
    for size in (0, 1, 2, 50, 4_000, 20_000):
        values = [float(chance.choice((chance.randrange(50), chance.randrange(10**6)))) for _ in range(size)]
        lists = [array("d", sorted(values[start::7])) for start in range(7)]
        ordered = sorted(values)
        for percent in (1, 50, 90, 100):
            rank = (size * percent + 99) // 100
            assert day_sums.find_percentiles(lists, percent) == [ordered[rank - 1] if size else None]
    uneven = [array("d", [7.0] * 9_000), array("d", [1.0]), array("d", range(3_000))]
    assert day_sums.find_percentiles(uneven, 1, 50, 99) == [7.0, 7.0, 2_879.0]
