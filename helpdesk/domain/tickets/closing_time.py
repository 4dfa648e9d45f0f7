"""When something will happen by itself."""

from datetime import datetime, timedelta

from helpdesk.domain.administration import settings
from helpdesk.models.ticket import Ticket


def get_closing_time(ticket: Ticket) -> datetime | None:
    """When a solved ticket closes by itself; None where it does not."""
    days = settings.get("close_after_days")
    if not ticket.is_solved or not ticket.solved_at or not days:
        return None
    return ticket.solved_at + timedelta(days=days)
