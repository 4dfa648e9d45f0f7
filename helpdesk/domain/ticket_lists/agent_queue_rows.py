"""The rows of the team's queue."""

from datetime import datetime
from typing import NamedTuple

from helpdesk.models.statuses import WaitingOn, get_definition
from helpdesk.models.ticket import split_tags
from helpdesk.models.user import format_display_name


class QueueRow(NamedTuple):
    """A ticket with the columns that the queue shows."""

    number: int
    subject: str
    excerpt: str
    status: str
    turn_since: datetime
    priority: str
    version: int
    unread: bool
    due_at: datetime | None
    organization: str
    requester: str
    assignee: str | None
    assignee_picture: str | None
    tags: tuple[str, ...]
    updated_at: datetime

    @property
    def waiting_on(self) -> WaitingOn | None:
        """Who has to act next, as in ``Ticket.waiting_on``."""
        return get_definition(self.status).waiting_on


def make_row(
    number: int,
    subject: str,
    excerpt: str,
    status: str,
    turn_since: datetime,
    priority: str,
    version: int,
    unread: bool,
    due_at: datetime | None,
    organization: str,
    requester_name: str | None,
    requester_email: str,
    assignee_name: str | None,
    assignee_email: str | None,
    assignee_picture: str | None,
    tag_text: str | None,
    updated_at: datetime,
    *_order_keys: object,
) -> QueueRow:
    """Return the row of what ``agent_queue_queries.page_query`` selects."""
    if assignee_email:
        assignee_name = format_display_name(assignee_name or "", assignee_email)
    return QueueRow(
        number,
        subject,
        excerpt,
        status,
        turn_since,
        priority,
        version,
        bool(unread),
        due_at,
        organization,
        format_display_name(requester_name or "", requester_email),
        assignee_name,
        assignee_picture,
        split_tags(tag_text),
        updated_at,
    )
