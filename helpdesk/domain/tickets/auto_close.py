"""Automatic closing of solved tickets after some days, with a warning mail before. A worker calls it regularly."""

from datetime import timedelta

from sqlalchemy import Select, select

from helpdesk import clock
from helpdesk.domain import locking, outbox, tickets
from helpdesk.domain.administration import settings
from helpdesk.domain.tickets import closing_time
from helpdesk.extensions import db
from helpdesk.models.delivery import DeliveryKind
from helpdesk.models.statuses import Status
from helpdesk.models.ticket import Ticket

BATCH_SIZE = 50  # tickets of one transaction, which are locked until it ends


def warn_before_closing() -> int:
    """Send a warning for tickets that close soon, BATCH_SIZE at most; returns how many.

    The caller commits and calls again while the result is not 0.
    """
    days, before = settings.get("close_after_days"), settings.get("close_warning_days")
    if not days or not before:
        return 0
    soon = clock.now() - timedelta(days=max(0, days - before))
    due = _solved_tickets_query().where(Ticket.solved_at <= soon, Ticket.closing_warned_at.is_(None))
    warned = 0
    for ticket in locking.lock_tickets(db.session.scalars(due)):
        if ticket.is_solved and ticket.solved_at and ticket.solved_at <= soon and ticket.closing_warned_at is None:
            ticket.closing_warned_at = clock.now()
            tickets.add_event(ticket, "warned", None, team_only=True)
            outbox.enqueue_ticket_mail(ticket, DeliveryKind.closing_soon)
            warned += 1
    db.session.flush()
    return warned


def close_due_tickets() -> int:
    """Close tickets that are due, BATCH_SIZE at most; returns how many. None closes before its full warning time."""
    days, before = settings.get("close_after_days"), settings.get("close_warning_days")
    if not days:
        return 0
    now = clock.now()
    due = _solved_tickets_query().where(Ticket.solved_at <= now - timedelta(days=days))
    warned_before = now - timedelta(days=min(before, days))
    if before:
        due = due.where(Ticket.closing_warned_at <= warned_before)
    closed = 0
    for ticket in locking.lock_tickets(db.session.scalars(due)):
        at = closing_time.get_closing_time(ticket)
        if (
            at
            and at <= now
            and (not before or (ticket.closing_warned_at and ticket.closing_warned_at <= warned_before))
        ):
            tickets.close(ticket)
            closed += 1
    db.session.flush()
    return closed


def _solved_tickets_query() -> Select[int]:
    """Return the ids of solved tickets."""
    return (
        select(Ticket.id).where(Ticket.status == Status.solved).order_by(Ticket.solved_at, Ticket.id).limit(BATCH_SIZE)
    )
