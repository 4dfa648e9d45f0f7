"""Erase tickets that were closed longer ago than the retention period."""

from datetime import timedelta

from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain.administration import settings
from helpdesk.domain.privacy import database_file
from helpdesk.domain.privacy.erasure import BATCH_SIZE, count_rows, erase_tickets
from helpdesk.extensions import db
from helpdesk.models.statuses import Status
from helpdesk.models.ticket import Ticket


def erase_expired_tickets() -> tuple[bool, list[str]]:
    """Erase one batch of the tickets that were closed more than ``retention_days`` (a setting) ago.

    Returns whether more is left, and the keys of the files to delete after the commit.
    """
    days = settings.get("retention_days")
    if not days:
        return False, []
    before = clock.now() - timedelta(days=days)
    old = select(Ticket.id).where(Ticket.status == Status.closed, Ticket.updated_at < before, Ticket.closed_at < before)
    ids = list(db.session.scalars(old.order_by(Ticket.updated_at).limit(BATCH_SIZE)))
    if not ids:
        return False, []
    database_file.request_cleaning()
    return len(ids) == BATCH_SIZE, erase_tickets(ids)


def count_expiring_tickets(days: int) -> int:
    """Return how many tickets would be erased now if ``retention_days`` were ``days``."""
    before = clock.now() - timedelta(days=days)
    return count_rows(Ticket, Ticket.status == Status.closed, Ticket.updated_at < before, Ticket.closed_at < before)
