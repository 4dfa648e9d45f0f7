"""What a lead reads on Monday: the numbers are right, and reading leaves a mark."""

import math
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from helpdesk import clock
from helpdesk.channels.email import render
from helpdesk.domain import tickets
from helpdesk.domain.errors import ConflictError, PermissionDenied, ValidationError
from helpdesk.domain.reporting import (
    backlog,
    date_ranges,
    qa_reviews,
    reports,
    review_samples,
    weekly_digest,
)
from helpdesk.domain.reporting.definition import GROUP_LABELS, ReportDefinition
from helpdesk.domain.reporting.series import Series
from helpdesk.models.delivery import Delivery
from helpdesk.models.rating import Rating
from helpdesk.models.ticket import Ticket


@pytest.fixture
def lead(make):
    return make.agent("Jonas Park", role="lead")


@pytest.fixture
def agent(make):
    return make.agent("Maya Lind")


def fill(session, requester, agent, minutes, when):
    """Create a ticket filed at ``when`` for each of ``minutes``: solved after it, first answered in half of it."""
    session.execute(
        insert(Ticket),
        [
            {
                "organization_id": requester.organization_id,
                "requester_id": requester.id,
                "assignee_id": agent.id,
                "subject": "x",
                "status": "solved",
                "priority": "high" if n % 2 else "normal",
                "created_at": when,
                "updated_at": when,
                "turn_since": when,
                "first_response_at": when + timedelta(minutes=n / 2),
                "solved_at": when + timedelta(minutes=n),
            }
            for n in minutes
        ],
    )
    session.commit()


def nearest_rank(values, percent):
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]


def test_medians_are_the_nearest_rank_of_the_events(session, make, agent, lead):
    minutes = [1, 3, 7, 20, 44, 45, 90, 200, 301, 640, 999]
    now = clock.now()
    fill(session, make.user(make.organization("Globex")), agent, minutes, now - timedelta(days=2))
    figures = reports.total_figures((now - timedelta(days=3), now))
    assert (figures.filed, figures.solved) == (11, 11)
    assert figures.resolution_median == pytest.approx(nearest_rank(minutes, 50) * 60, abs=0.01)
    assert figures.resolution_p90 == pytest.approx(nearest_rank(minutes, 90) * 60, abs=0.01)
    assert figures.response_median == pytest.approx(nearest_rank(minutes, 50) * 30, abs=0.01)
    assert reports.total_figures((now - timedelta(days=30), now - timedelta(days=20))).filed == 0


def test_every_grouping_adds_up_to_the_whole(session, make, agent, lead):
    form = make.form("billing", name="Billing")
    globex, initech = make.user(make.organization("Globex")), make.user(make.organization("Initech"))
    now = clock.now()
    fill(session, globex, agent, [10, 20, 30], now - timedelta(days=9))
    fill(session, initech, lead, [5], now - timedelta(hours=5))
    make.ticket(initech, form=form)
    made = {by: reports.make_report(ReportDefinition(by=by)).rows for by in GROUP_LABELS}
    for by, lines in made.items():
        sums = sum(line.figures.filed for line in lines), sum(line.figures.solved for line in lines)
        assert sums == (5, 4), by
        assert all(line.label for line in lines)
    filed = {by: {line.label: line.figures.filed for line in made[by]} for by in ("agent", "form")}
    assert filed["agent"] == {"Maya Lind": 3, "Jonas Park": 1, "Nobody": 1}
    assert filed["form"] == {"No form": 4, "Billing": 1}
    assert len(made["week"]) == 12 and made["week"][-1].figures.backlog == 1 == backlog.count_backlog()


def test_weeks_begin_on_monday_where_the_helpdesk_is(session, app):
    from helpdesk.domain.administration import settings

    settings.set("time_zone", "Pacific/Auckland")
    begins = [part.period[0] for part in date_ranges.find_range("weeks_4").split("week")]
    from zoneinfo import ZoneInfo

    local = [begin.astimezone(ZoneInfo("Pacific/Auckland")) for begin in begins]
    assert {(day.weekday(), day.hour) for day in local} == {(0, 0)}


def test_time_is_counted_for_who_held_the_ball(session, make, agent, monkeypatch):
    now = clock.now()
    at = [now - timedelta(days=3)]
    monkeypatch.setattr(clock, "now", lambda: at[0])
    ticket = make.ticket()
    for status, hours in (("pending", 2), ("on_hold", 5), ("in_progress", 7), ("solved", 11)):
        at[0] += timedelta(hours=hours)
        tickets.set_status(ticket, status, actor=agent)
        session.commit()
    period = now - timedelta(days=7), now
    held = Series(period, waits=period).waited(period)
    assert {who: round(seconds / 3600) for who, seconds in held.items()} == {
        "team": 2 + 11,
        "customer": 5,
        "third_party": 7,
    }


def test_the_reading_list_begins_with_the_badly_rated_and_ends_when_marked(session, make, agent, lead):
    requester = make.user(make.organization())
    fine, bad, own = (make.ticket(requester) for _ in range(3))
    for ticket, who in ((fine, agent), (bad, agent), (own, lead)):
        tickets.assign(ticket, who, actor=lead)
        tickets.solve(ticket, actor=who)
    session.add(Rating(ticket_id=bad.id, score=1))
    session.commit()
    assert [(each.ticket, each.score) for each in review_samples.list_sample(lead)] == [(bad, 1), (fine, None)]
    qa_reviews.save_review(bad, reviewer=lead, rating="improve", comment="Say when you come back.")
    session.commit()
    assert [each.ticket for each in review_samples.list_sample(lead)] == [fine]
    (review,) = qa_reviews.list_comments_for(agent)
    assert (review.comment, review.read_at) == ("Say when you come back.", None)
    assert qa_reviews.get_review(bad, make.agent()) is None and qa_reviews.get_review(bad, agent) is review
    qa_reviews.mark_read([review], agent)
    assert review.read_at is not None
    with pytest.raises(PermissionDenied):
        qa_reviews.save_review(fine, reviewer=agent, rating="good")
    with pytest.raises(ConflictError):
        qa_reviews.save_review(own, reviewer=lead, rating="good")
    with pytest.raises(ValidationError):
        qa_reviews.save_review(fine, reviewer=lead, rating="so-so")
    with pytest.raises(PermissionDenied):
        qa_reviews.list_waiting_on_team(agent)


def test_open_promises_are_ours_and_the_longest_wait_comes_first(session, make, agent, lead):
    requester = make.user(make.organization())
    newer, older, theirs = (make.ticket(requester) for _ in range(3))
    older.turn_since -= timedelta(days=2)
    tickets.set_status(theirs, "pending", actor=agent)
    session.commit()
    assert qa_reviews.list_waiting_on_team(lead) == [older, newer]


def test_the_weekly_summary_goes_once_on_monday_to_those_who_lead(session, make, agent, lead, monkeypatch):
    make.agent(role="admin", mail_updates=False)
    make.ticket(subject="Waits for us")
    monday = clock.now().replace(hour=8, minute=0) + timedelta(days=7 - clock.now().weekday())
    monkeypatch.setattr(clock, "now", lambda: monday)
    assert weekly_digest.send_weekly_digests() == 1
    session.commit()
    assert weekly_digest.send_weekly_digests() == 0
    delivery = session.scalar(select(Delivery).where(Delivery.kind == "weekly_summary"))
    assert delivery.subject_id == lead.id
    mail = render.RENDERERS["weekly_summary"](delivery)
    assert mail.begins.weekday() == 0 and [ref.subject for ref in mail.waiting] == ["Waits for us"]
    assert mail.figures[0].label == "New tickets"
