"""The time at which a solved ticket closes automatically."""

from datetime import datetime, timedelta

from helpdesk.domain.administration import settings
from helpdesk.models.ticket import Ticket


def get_closing_time(ticket: Ticket) -> datetime | None:
    """Return when ``ticket`` closes automatically; None if it does not."""
    days = settings.get("close_after_days")
    if not ticket.is_solved or not ticket.solved_at or not days:
        return None
    return ticket.solved_at + timedelta(days=days)
