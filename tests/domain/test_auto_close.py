"""Solved tickets close by themselves, after a notice; and how people rated them."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain import tickets
from helpdesk.domain.administration import settings
from helpdesk.domain.errors import ConflictError, PermissionDenied, ValidationError
from helpdesk.domain.tickets import auto_close, ratings
from helpdesk.models.delivery import Delivery
from helpdesk.models.event import Event


@pytest.fixture
def dana(make):
    return make.user(make.organization("Globex"), "Dana Kim")


@pytest.fixture
def solved(session, make, dana):
    """``solved(days)``: a ticket solved that many days ago."""

    def make_one(days, subject="Done"):
        ticket = make.ticket(dana, subject)
        tickets.solve(ticket, actor=make.agent())
        ticket.solved_at = clock.now() - timedelta(days=days)
        session.commit()
        return ticket

    return make_one


def run(session):
    done = auto_close.warn_before_closing(), auto_close.close_due_tickets()
    session.commit()
    return done


def test_a_solved_ticket_is_announced_and_then_closed(session, solved):
    ticket, young = solved(6.5), solved(2)
    assert run(session) == (1, 0)
    assert run(session) == (0, 0)
    assert session.scalar(select(Delivery.kind).where(Delivery.kind == "closing_soon"))
    assert session.scalar(select(Event).where(Event.kind == "warned")).team_only
    ticket.solved_at = clock.now() - timedelta(days=7.5)
    ticket.closing_warned_at = clock.now() - timedelta(days=1)
    session.commit()
    assert run(session) == (0, 1)
    assert ticket.status == "closed" and ticket.closed_at
    assert young.status == "solved" and young.closing_warned_at is None


def test_nobody_is_closed_out_without_the_full_warning(session, solved):
    ticket = solved(30)
    assert run(session) == (1, 0)
    ticket.closing_warned_at = clock.now() - timedelta(hours=20)
    session.commit()
    assert run(session) == (0, 0)
    ticket.closing_warned_at = clock.now() - timedelta(hours=25)
    session.commit()
    assert run(session) == (0, 1)


def test_the_settings_decide(session, solved):
    ticket = solved(400)
    settings.set("close_after_days", 0)
    assert run(session) == (0, 0)
    settings.set("close_after_days", 7)
    settings.set("close_warning_days", 0)
    assert run(session) == (0, 1)
    assert ticket.status == "closed"


def test_a_reopened_ticket_begins_anew(session, solved, dana):
    ticket = solved(6.5)
    assert run(session) == (1, 0)
    tickets.reply(ticket, author=dana, body="Not yet")
    session.commit()
    assert ticket.status == "open" and ticket.closing_warned_at is None
    assert run(session) == (0, 0)


def test_the_requester_rates_a_solved_ticket_once(session, make, solved, dana):
    ticket = solved(1)
    assert ratings.can_rate(dana, ticket)
    for score in ("0", "6", "", "x", "٣"):
        with pytest.raises(ValidationError):
            ratings.save_rating(ticket, user=dana, score=score)
    rating = ratings.save_rating(ticket, user=dana, score="4", comment=" Quick \x00")
    session.commit()
    assert (rating.score, rating.comment) == (4, "Quick")
    assert session.scalar(select(Event).where(Event.kind == "rated")).data == {"score": 4}
    with pytest.raises(ConflictError):
        ratings.save_rating(ticket, user=dana, score="1")


def test_others_do_not_rate_and_an_open_ticket_is_not_rated(session, make, solved, dana):
    ticket = solved(1)
    for other in (make.user(dana.organization), make.agent()):
        assert not ratings.can_rate(other, ticket)
        with pytest.raises(PermissionDenied):
            ratings.save_rating(ticket, user=other, score=5)
    tickets.reopen(ticket, actor=dana)
    with pytest.raises(ConflictError):
        ratings.save_rating(ticket, user=dana, score=5)


def test_two_faces_are_one_and_five_and_off_is_off(session, make, solved, dana):
    ticket = solved(1)
    settings.set("rating_style", "faces")
    with pytest.raises(ValidationError):
        ratings.save_rating(ticket, user=dana, score=3)
    settings.set("rating_style", "off")
    assert not ratings.can_rate(dana, ticket)
    with pytest.raises(ConflictError):
        ratings.save_rating(ticket, user=dana, score=5)
