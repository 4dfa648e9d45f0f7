"""Every number of a report is what plain Python counts in the rows, for every grouping, filter and range of days."""

import math
from collections import defaultdict
from dataclasses import asdict
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import select

from helpdesk.domain.administration import settings
from helpdesk.domain.reporting import date_ranges, drill_down, figures, reports, selections, waiting_times
from helpdesk.domain.reporting import definition as definition_of
from helpdesk.domain.reporting.definition import GROUP_LABELS, ReportDefinition
from helpdesk.domain.reporting.series import Series
from tests.domain import direct_figures, invented_tickets
from tests.domain.invented_tickets import NOW, WAITING


@pytest.fixture
def world(session, make):
    """The invented tickets, at the time at which they end."""
    settings.set("time_zone", "Europe/Berlin")
    made = invented_tickets.insert_tickets(session, make)
    session.commit()
    with time_machine.travel(NOW, tick=False):
        yield made


def seconds(begin, end):
    return (end - begin).total_seconds()


def nearest_rank(values, percent):
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1] if values else None


def count_by_hand(tickets, begin, end):
    """The figures of a period in plain Python, by the words of the glossary."""

    def inside(moment):
        return moment is not None and begin <= moment < end

    filed = [each for each in tickets if inside(each["created_at"])]
    solved = [each for each in tickets if inside(each["solved_at"])]
    responses = [seconds(t["created_at"], t["first_response_at"]) for t in filed if t["first_response_at"]]
    resolutions = [seconds(t["created_at"], t["solved_at"]) for t in solved]
    scores = [each["score"] for each in solved if each["score"]]
    touched = [
        sum(t <= each["solved_at"] and team and kind == "reply" and not gone for t, team, kind, gone in each["replies"])
        for each in solved
    ]
    targets = defaultdict(lambda: [0, 0])
    for timer in [timer for each in tickets for timer in each["timers"]]:
        if inside(timer["stopped_at"]):
            targets[timer["kind"]][timer["breached"]] += 1
        elif timer["due_at"] and inside(timer["due_at"]) and timer["due_at"] < NOW:
            targets[timer["kind"]][1] += 1
    return {
        "filed": len(filed),
        "answered": len(responses),
        "unanswered": sum(not t["first_response_at"] and t["status"] != "solved" for t in filed),
        "response_median": nearest_rank(responses, 50),
        "response_p90": nearest_rank(responses, 90),
        "solved": len(solved),
        "resolution_median": nearest_rank(resolutions, 50),
        "resolution_p90": nearest_rank(resolutions, 90),
        "one_touch": sum(count <= 1 for count in touched),
        "rating": sum(scores) / len(scores) if scores else None,
        "ratings": len(scores),
        "reopened": sum(any(inside(at) and kind == "reopened" for at, kind, _, _ in t["history"]) for t in tickets),
        "response_met": targets["first_response"][0],
        "response_missed": targets["first_response"][1],
        "resolution_met": targets["resolution"][0],
        "resolution_missed": targets["resolution"][1],
    }


def open_at(tickets, moment):
    moment = min(moment, NOW)
    return sum(
        each["created_at"] < moment and not (each["solved_at"] and each["solved_at"] < moment) for each in tickets
    )


def assert_same(found: figures.Figures, expected: dict):
    for name, value in expected.items():
        assert getattr(found, name) == (value if value is None else pytest.approx(value, abs=0.01)), name


def test_total_and_period_before_are_what_the_rows_say(world):
    days = ReportDefinition.read({"from": "2026-10-20", "to": "2026-11-09"}).days
    total, before = reports.compare(days)
    zone = ZoneInfo("Europe/Berlin")  # summer time ends within the range
    begin, end = datetime(2026, 10, 20, tzinfo=zone), datetime(2026, 11, 10, tzinfo=zone)
    earlier = datetime(2026, 9, 29, tzinfo=zone)
    assert_same(total, count_by_hand(world, begin, end) | {"backlog": open_at(world, end)})
    assert_same(before, count_by_hand(world, earlier, begin) | {"backlog": open_at(world, begin)})
    assert total.filed and total.reopened and total.response_missed and total.ratings and total.one_touch
    assert (
        total.response_rate == total.ratings / total.solved and total.one_touch_rate == total.one_touch / total.solved
    )


def test_a_week_that_is_not_over_is_compared_with_as_much_of_the_last(world):
    total, before = reports.compare(date_ranges.find_range("this_week"))
    zone = ZoneInfo("Europe/Berlin")
    monday = datetime(2026, 11, 23, tzinfo=zone)
    assert_same(total, count_by_hand(world, monday, NOW) | {"backlog": open_at(world, NOW)})
    assert_same(before, count_by_hand(world, monday - timedelta(days=7), NOW - timedelta(days=7)))


def test_every_part_of_time_is_what_the_rows_say(world):
    for unit, count in {"day": 56, "week": 9, "month": 2}.items():
        report = reports.make_report(ReportDefinition.read({"from": "2026-10-01", "to": "2026-11-25", "by": unit}))
        assert report.unit == unit and len(report.rows) == count
        for row in report.rows:
            begin, end = row.definition.days.period
            assert_same(row.figures, count_by_hand(world, begin, end) | {"backlog": open_at(world, end)})
        assert sum(row.figures.filed for row in report.rows) == report.total.filed
        assert report.backlog == sum(each["status"] in WAITING for each in world)


def test_every_group_is_what_the_rows_say_and_its_filter_finds_the_same(world):
    keys = {
        "agent": "assignee_id",
        "organization": "organization_id",
        "priority": "priority",
        "form": "form_version_id",
    }
    for group, column in {**keys, "tag": "tags"}.items():
        report = reports.make_report(ReportDefinition.read({"from": "2026-10-01", "to": "2026-11-20", "by": group}))
        begin, end = report.days.period
        for row in report.rows:
            counted = direct_figures.measure(
                (begin, end), direct_figures.TimeGroups([end]), row.definition.conditions()
            )[0]
            assert_same(row.figures, asdict(counted))
        values = {name for each in world for name in each["tags"] or (None,)} if group == "tag" else None
        parts = [
            count_by_hand([each for each in world if value in (each["tags"] or (None,))], begin, end)
            if group == "tag"
            else count_by_hand([each for each in world if each[column] == value], begin, end)
            for value in values or {each[column] for each in world}
        ]
        names = ("filed", "solved", "reopened", "answered", "one_touch")
        by_hand = sorted(parts, key=lambda part: [part[name] for name in names])
        found = sorted((row.figures for row in report.rows), key=lambda row: [getattr(row, name) for name in names])
        assert len(found) == len(by_hand), group
        for row, part in zip(found, by_hand, strict=True):
            assert_same(row, part)
    assert {*keys, "tag"} == {name for name in GROUP_LABELS if name not in date_ranges.UNITS}


def test_filters_together_count_the_tickets_that_meet_all_of_them(world, session):
    from helpdesk.models.organization import Organization

    organization, agent = session.scalar(select(Organization.id).where(Organization.slug == "globex")), None
    agent = next(each["assignee_id"] for each in world if each["assignee_id"])
    asked = {"organization": "globex", "assignee": str(agent), "tag": "refund", "range": "weeks_12"}
    definition = ReportDefinition.read(asked)
    meets = [
        each
        for each in world
        if each["organization_id"] == organization and each["assignee_id"] == agent and "refund" in each["tags"]
    ]
    total, _ = reports.compare(definition.days, selections.select_tickets(definition))
    assert total.filed
    assert_same(total, count_by_hand(meets, *definition.days.period))


def test_the_list_behind_each_number_has_as_many_tickets(world):
    definition = ReportDefinition.read({"from": "2026-10-10", "to": "2026-11-15"})
    total, _ = reports.compare(definition.days)
    numbers = {
        "filed": total.filed,
        "unanswered": total.unanswered,
        "first_response": total.answered,
        "solved": total.solved,
        "one_touch": total.one_touch,
        "rated": total.ratings,
        "reopened": total.reopened,
        "response_missed": total.response_missed,
        "resolution_missed": total.resolution_missed,
        "backlog": total.backlog,
    }
    for name, number in numbers.items():
        found = drill_down.list_tickets(definition, name)
        assert found.count == number and len(found.rows) == min(number, drill_down.PAGE_SIZE), name
    assert set(drill_down.METRIC_LABELS) == {*numbers, *waiting_times.LISTS}
    for narrowed in ({"tag": "refund"}, {"tag": definition_of.WITHOUT}, {"organization": "globex", "priority": "low"}):
        asked = ReportDefinition.read({"from": "2026-10-10", "to": "2026-11-15", **narrowed})
        open_then = reports.compare(asked.days, selections.select_tickets(asked))[0].backlog
        assert drill_down.list_tickets(asked, "backlog").count == open_then and open_then, narrowed
    longest = [value for _, value in drill_down.list_tickets(definition, "solved").rows]
    assert longest == sorted(longest, reverse=True) and longest


def test_waiting_is_counted_within_the_days_and_for_open_tickets_too(world):
    definition = ReportDefinition.read({"from": "2026-10-10", "to": "2026-11-15"})
    begin, end = definition.days.period
    expected, by_ticket = defaultdict(float), defaultdict(float)
    for ticket in world:
        steps = [(ticket["created_at"], "open"), *((at, new) for at, _, _, new in ticket["history"]), (NOW, "")]
        for (at, status), (until, _) in zip(steps, steps[1:], strict=False):
            length = seconds(max(at, begin), min(until, end))
            if length > 0 and status in WAITING:
                expected[WAITING[status]] += length
                by_ticket[ticket["id"], WAITING[status]] += length
    found = Series((begin, end), waits=(begin, end)).waited((begin, end))
    assert {str(who): value for who, value in found.items()} == {
        who: pytest.approx(value, abs=1) for who, value in expected.items()
    }
    page = drill_down.list_tickets(definition, "waiting_customer")
    assert page.count == sum(who == "customer" for _, who in by_ticket)
    ticket, value = page.rows[0]
    assert value == pytest.approx(by_ticket[ticket.id, "customer"], abs=1)


def test_tickets_without_a_tag_are_one_row_by_tag(world):
    report = reports.make_report(ReportDefinition(range="weeks_4", by="tag", tag=definition_of.WITHOUT))
    assert [row.figures.filed for row in report.rows] == [report.total.filed] and report.total.filed
