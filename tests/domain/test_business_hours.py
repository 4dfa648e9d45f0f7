"""Working time is arithmetic: golden cases for the days that surprise, and laws that hold for every schedule."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from helpdesk.domain.sla import business_hours
from helpdesk.domain.sla.business_hours import Schedule

BERLIN = ZoneInfo("Europe/Berlin")
NINE_TO_FIVE = {day: ((9 * 60, 17 * 60),) for day in range(5)}
OFFICE = Schedule(BERLIN, NINE_TO_FIVE, frozenset({date(2026, 12, 25)}))
HOUR = 3600


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("begin", "end", "hours"),
    [
        ("2026-11-23 10:00", "2026-11-23 12:30", 2.5),  # within a day
        ("2026-11-23 07:00", "2026-11-23 23:00", 8),  # a whole day and its nights
        ("2026-11-27 16:00", "2026-11-30 10:00", 2),  # over a weekend
        ("2026-12-24 16:00", "2026-12-28 10:00", 2),  # over Christmas and a weekend
        ("2026-11-28 10:00", "2026-11-29 10:00", 0),  # a weekend
        ("2026-11-23 12:00", "2026-11-23 12:00", 0),
        ("2026-11-23 12:00", "2026-11-23 11:00", 0),  # backwards
        ("2026-10-23 16:00", "2026-10-26 10:00", 2),  # the night the clocks go back
    ],
)
def test_counts_the_hours_people_work(begin, end, hours):
    assert business_hours.working_seconds_between(OFFICE, berlin(begin), berlin(end)) == hours * HOUR


@pytest.mark.parametrize(
    ("begin", "hours", "due"),
    [
        ("2026-11-23 10:00", 4, "2026-11-23 14:00"),
        ("2026-11-23 16:00", 4, "2026-11-24 12:00"),
        ("2026-11-27 16:30", 1, "2026-11-30 09:30"),
        ("2026-11-28 03:00", 8, "2026-11-30 17:00"),  # from a Saturday night, to the minute the day ends
        ("2026-12-24 16:00", 2, "2026-12-28 10:00"),
    ],
)
def test_finds_the_moment_it_is_due(begin, hours, due):
    assert business_hours.add_working_seconds(OFFICE, berlin(begin), hours * HOUR) == berlin(due)


def test_around_the_clock_means_what_the_clock_says_even_when_it_is_changed():
    before_change = berlin("2026-03-28 12:00")
    due = business_hours.add_working_seconds(Schedule(BERLIN), before_change, 24 * HOUR)
    assert due == before_change.astimezone(UTC) + timedelta(hours=24)


def test_a_schedule_without_a_working_day_is_never_due():
    never = Schedule(BERLIN, {0: ((540, 1020),)}, frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(5_000)))
    assert business_hours.add_working_seconds(never, berlin("2026-11-23 10:00"), 60) is None


def test_what_is_used_up_is_due_at_once_even_at_night():
    night = berlin("2026-11-28 03:00")
    assert business_hours.add_working_seconds(OFFICE, night, 0) == night


stretches = some.lists(some.integers(0, 1440), min_size=2, max_size=6, unique=True).map(
    lambda numbers: tuple(zip(*[iter(sorted(numbers))] * 2, strict=False))
)
schedules = some.builds(
    Schedule,
    zone=some.sampled_from([UTC, BERLIN, ZoneInfo("America/St_Johns"), ZoneInfo("Australia/Lord_Howe")]),
    hours=some.dictionaries(some.integers(0, 6), stretches, max_size=7),
    holidays=some.frozensets(some.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=5),
)
moments = some.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1), timezones=some.just(UTC))


@settings(max_examples=150, deadline=None)
@given(schedules, moments, some.integers(1, 400 * HOUR))
def test_what_is_due_after_an_amount_lies_that_amount_ahead(schedule, begin, seconds):
    begin = begin.replace(microsecond=0)
    due = business_hours.add_working_seconds(schedule, begin, seconds)
    if due is not None:
        assert business_hours.working_seconds_between(schedule, begin, due) == seconds
        assert business_hours.working_seconds_between(schedule, begin, due - timedelta(seconds=1)) == seconds - 1


@settings(max_examples=150, deadline=None)
@given(schedules, some.tuples(moments, moments, moments))
def test_two_stretches_in_a_row_add_up(schedule, moments):
    a, b, c = sorted(moment.replace(microsecond=0) for moment in moments)
    between = business_hours.working_seconds_between
    assert between(schedule, a, b) + between(schedule, b, c) == between(schedule, a, c)
    assert between(schedule, a, c) <= (c - a).total_seconds()
