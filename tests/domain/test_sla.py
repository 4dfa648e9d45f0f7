"""A ticket's clocks start, pause, stop and warn as it moves."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, select

from helpdesk import clock
from helpdesk.domain import tickets
from helpdesk.domain.administration import settings
from helpdesk.domain.errors import PermissionDenied, ValidationError
from helpdesk.domain.sla import business_hours, policies, timers
from helpdesk.models.delivery import Delivery
from helpdesk.models.sla import SlaTimer


@pytest.fixture
def now(monkeypatch):
    """A clock that only moves when a test moves it."""

    class Hands:
        at = clock.now().replace(microsecond=0)

        def __call__(self):
            return self.at

        def forward(self, **length):
            self.at += timedelta(**length)

    hands = Hands()
    monkeypatch.setattr(clock, "now", hands)
    return hands


@pytest.fixture
def admin(make):
    return make.agent("Ada Admin", role="admin")


@pytest.fixture
def targets(session, admin):
    policies.set_policies(
        {"normal-first_response": "1h", "normal-resolution": "8h", "urgent-first_response": "15m"}, actor=admin
    )
    session.commit()


def clocks(session, ticket) -> dict[str, SlaTimer]:
    """The ticket's timers; the ticket itself has the due time of the first that runs, which the queue is sorted by."""
    session.expire_all()
    found = {each.kind: each for each in session.scalars(select(SlaTimer).where(SlaTimer.ticket_id == ticket.id))}
    assert ticket.next_due_at == min((each.due_at for each in found.values() if each.due_at), default=None)
    return found


def test_due_times_that_an_earlier_release_left_are_corrected(session, make, targets, admin, now):
    right, wrong, ended = make.ticket(), make.ticket(), make.ticket()
    wrong.next_due_at, ended.next_due_at = None, now()
    session.execute(delete(SlaTimer).where(SlaTimer.ticket_id == ended.id))
    session.commit()
    assert timers.correct_next_due_times() == 2
    session.commit()
    assert clocks(session, wrong)["first_response"].due_at == right.next_due_at == wrong.next_due_at
    assert clocks(session, ended) == {}
    assert timers.correct_next_due_times() == 0


def test_filing_starts_both_clocks_and_an_answer_stops_the_first(session, make, targets, admin, now):
    ticket = make.ticket()
    assert clocks(session, ticket)["first_response"].due_at == now() + timedelta(hours=1)
    assert clocks(session, ticket)["resolution"].due_at == now() + timedelta(hours=8)
    now.forward(minutes=20)
    tickets.reply(ticket, author=admin, body="Looking")
    session.commit()
    first = clocks(session, ticket)["first_response"]
    assert (first.elapsed_seconds, first.breached, first.due_at) == (20 * 60, False, None)
    assert clocks(session, ticket)["resolution"].running_since


def test_time_waiting_for_the_customer_does_not_count(session, make, targets, admin, now):
    ticket = make.ticket()
    now.forward(hours=2)
    tickets.set_status(ticket, "pending", actor=admin)
    session.commit()
    assert clocks(session, ticket)["resolution"].is_paused
    now.forward(days=3)
    tickets.reply(ticket, author=ticket.requester, body="Here it is")
    session.commit()
    assert clocks(session, ticket)["resolution"].due_at == now() + timedelta(hours=6)


@pytest.mark.parametrize("status", ["pending", "on_hold"])
def test_the_first_response_is_awaited_whatever_the_status(session, make, targets, admin, now, status):
    ticket = make.ticket()
    tickets.set_status(ticket, status, actor=admin)
    session.commit()
    assert clocks(session, ticket)["first_response"].due_at == now() + timedelta(hours=1)


@pytest.mark.parametrize("pauses", [True, False])
def test_time_on_hold_counts_unless_the_setting_says_otherwise(session, make, targets, admin, now, pauses):
    settings.set("sla_pauses_on_hold", pauses)
    ticket = make.ticket()
    tickets.set_status(ticket, "on_hold", actor=admin)
    session.commit()
    now.forward(hours=2)
    tickets.set_status(ticket, "open", actor=admin)
    session.commit()
    assert clocks(session, ticket)["resolution"].due_at == now() + timedelta(hours=8 if pauses else 6)


def test_a_note_is_no_answer(session, make, targets, admin, now):
    ticket = make.ticket()
    tickets.add_note(ticket, author=admin, body="Hm")
    session.commit()
    assert clocks(session, ticket)["first_response"].running_since


def test_solved_too_late_is_late_and_taken_up_again_goes_on_where_it_stood(session, make, targets, admin, now):
    ticket = make.ticket()
    now.forward(hours=9)
    tickets.solve(ticket, actor=admin)
    session.commit()
    whole = clocks(session, ticket)["resolution"]
    assert whole.breached and whole.stopped_at == now()
    now.forward(hours=5)
    tickets.reopen(ticket, actor=admin)
    session.commit()
    whole = clocks(session, ticket)["resolution"]
    assert whole.running_since and whole.elapsed_seconds == 9 * 3600 and not whole.breached


def test_another_priority_is_another_target(session, make, targets, admin, now):
    ticket = make.ticket()
    now.forward(minutes=5)
    tickets.set_priority(ticket, "urgent", actor=admin)
    session.commit()
    found = clocks(session, ticket)
    assert found["first_response"].due_at == now() + timedelta(minutes=10)
    assert "resolution" not in found


def test_an_organizations_own_targets_win(session, make, targets, admin, now):
    globex = make.organization("Globex")
    policies.set_policies({"normal-first_response": "10m"}, actor=admin, organization=globex)
    session.commit()
    ticket = make.ticket(make.user(globex))
    assert clocks(session, ticket)["first_response"].due_at == now() + timedelta(minutes=10)


def test_new_targets_reach_the_tickets_that_are_there(session, make, admin, now):
    ticket, solved = make.ticket(), make.ticket()
    tickets.solve(solved, actor=admin)
    policies.set_policies({"normal-resolution": "2h"}, actor=admin)
    assert timers.recalculate() is None
    session.commit()
    assert clocks(session, ticket)["resolution"].due_at == now() + timedelta(hours=2)
    assert clocks(session, solved) == {}
    policies.set_policies({}, actor=admin)
    timers.recalculate()
    session.commit()
    assert clocks(session, ticket) == {}


def test_triage_hears_a_word_once_before_a_breach_and_customers_do_not(session, make, targets, admin, now):
    make.channel("TRIAGE")
    ticket = make.ticket(make.user(make.organization("Globex", slack="CGLOBEX")))
    now.forward(minutes=40)
    assert timers.notify_due_soon() == 0
    now.forward(minutes=6)
    assert timers.notify_due_soon() == 1
    assert timers.notify_due_soon() == 0
    session.commit()
    lines = session.scalars(select(Delivery).where(Delivery.kind == "line")).all()
    assert [line.thread.channel.audience for line in lines] == ["team"]
    assert lines[0].data["sentence"].startswith(f"The first response of #{ticket.number} is due in 14 min")


def test_at_risk_is_the_most_urgent_first(session, make, targets, admin, now):
    normal, urgent = make.ticket(), make.ticket(priority="urgent")
    assert [each.ticket_id for each in timers.list_at_risk()] == [urgent.id, normal.id]


def test_only_an_admin_sets_targets_and_nonsense_is_named(make, admin):
    with pytest.raises(PermissionDenied):
        policies.set_policies({}, actor=make.agent(role="lead"))
    with pytest.raises(ValidationError) as refused:
        policies.set_policies(
            {"high-resolution": "soon", "low-first_response": "9h", "low-resolution": "1h"}, actor=admin
        )
    assert set(refused.value.errors) == {"high-resolution", "low-resolution"}


@pytest.mark.parametrize(
    ("text", "minutes"), [("", None), ("90", 90), ("1h", 60), ("1h 30m", 90), ("2H30", 150), (" 45m ", 45)]
)
def test_lengths_are_read_as_people_write_them(text, minutes):
    assert policies.parse_duration(text) == minutes
    assert policies.parse_duration(policies.format_duration(minutes)) == minutes


@pytest.mark.parametrize(
    ("text", "intervals"),
    [
        ("00:00-23:59", [(0, 1440)]),
        ("00:00-24:00", [(0, 1440)]),
        ("22:00-06:00", [(1320, 1800)]),
        ("9-12, 13:30-17", [(540, 720), (810, 1020)]),
    ],
)
def test_hours_are_read_as_people_write_them(text, intervals):
    assert policies.parse_intervals(text) == intervals


@pytest.mark.parametrize(
    ("hours", "begin", "due"),
    [
        ({str(day): "00:00-23:59" for day in range(7)}, "2026-11-23 23:00", "2026-11-24 01:00"),
        ({str(day): "22:00-06:00" for day in range(5)}, "2026-11-24 05:00", "2026-11-24 23:00"),
        ({"4": "22:00-06:00", "5": "05:00-07:00"}, "2026-11-28 05:30", "2026-12-04 22:30"),
        ({"6": "22:00-06:00"}, "2026-11-30 05:30", "2026-12-06 23:30"),
    ],
)
def test_night_shifts_and_whole_days_are_worked_through(session, admin, hours, begin, due):
    policies.set_business_hours(hours, zone="Europe/Berlin", actor=admin)
    session.commit()
    zone = ZoneInfo("Europe/Berlin")
    at, expected = (datetime.fromisoformat(text).replace(tzinfo=zone) for text in (begin, due))
    assert business_hours.add_working_seconds(timers.working_schedule(), at, 2 * 3600) == expected


@pytest.mark.parametrize("text", ["0", "h", "-1h", "1d", "99999h", "ten"])
def test_what_is_no_length_is_refused(text):
    with pytest.raises(ValueError):
        policies.parse_duration(text)


@pytest.mark.parametrize("text", ["9-9", "24:00-08:00", "09:00-12:00, 11:00-13:00", "9:75-10", "x", "25-26", "9"])
def test_hours_that_make_no_sense_are_refused(text):
    with pytest.raises(ValueError):
        policies.parse_intervals(text)
