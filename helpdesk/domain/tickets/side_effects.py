"""Side effects of changes of a ticket: SLA timers are updated, webhooks are enqueued, people notified."""

from collections.abc import Sequence

from sqlalchemy import case, func, literal_column, select

from helpdesk.domain.integrations import webhooks
from helpdesk.domain.notifications import events
from helpdesk.domain.sla import new_timers, timers
from helpdesk.models.message import Message
from helpdesk.models.organization import Organization
from helpdesk.models.sla import SlaTimer
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

# Whether the organization of a new ticket is part of another one by now, and that of its requester: 0 for none, NULL
# if they are active no longer. Both rows are read under locks, for which whoever merges, moves or erases them waits.
# The texts have the reason of HAS_WATCHERS.
_merged = select(Organization.merged_into_id.is_not(None)).where(
    Organization.id == literal_column("tickets.organization_id")
)
_present = select(case((User.deactivated_at.is_(None), func.coalesce(User.organization_id, 0)))).where(
    User.id == literal_column("tickets.requester_id")
)
IS_MERGED = _merged.with_for_update(read=True, key_share=True).scalar_subquery().label("is_merged")
REQUESTERS_ORGANIZATION = _present.with_for_update(read=True).scalar_subquery().label("requesters_organization")
# What the statement that inserts a ticket or a message is asked besides, so that nothing else has to be.
ASKED_WITH_MESSAGE = (webhooks.HAS_ACTIVE_WEBHOOKS, events.HAS_WATCHERS)
ASKED_WITH_TICKET = (webhooks.HAS_ACTIVE_WEBHOOKS, IS_MERGED, REQUESTERS_ORGANIZATION)


def on_ticket_created(
    ticket: Ticket, message: Message, planned_timers: Sequence[SlaTimer], *, has_webhooks: bool = True
) -> None:
    """Store the SLA timers of a new ticket and enqueue its webhooks, where the installation has such."""
    new_timers.store_timers(ticket, planned_timers)
    if has_webhooks:
        webhooks.enqueue_ticket_created(ticket, message)
    events.on_unassigned_urgent(ticket)


def on_message_added(message: Message, *, has_webhooks: bool = True, has_watchers: bool = True) -> None:
    """Update the SLA timers of a locked ticket after its first response, and enqueue the webhooks of a new message.

    Call it after the status has changed.
    """
    if message.ticket.first_response_at == message.created_at:  # later replies stop no timer
        timers.update_timers(message.ticket)
    if has_webhooks:
        webhooks.enqueue_message_added(message)
    events.on_message_added(message, has_watchers=has_watchers)


def on_message_changed(message: Message) -> None:
    """Enqueue the webhooks of a message that was edited or deleted."""
    webhooks.enqueue_message_changed(message)


def on_message_made_internal(message: Message) -> None:
    """Enqueue the webhooks of a reply that was turned into a note."""
    webhooks.enqueue_message_made_internal(message)


def on_reply_taken_back(ticket: Ticket) -> None:
    """Update the SLA timers of a locked ticket after a reply was removed within its undo window."""
    timers.update_timers(ticket)


def on_ticket_changed(ticket: Ticket, kind: str, old: object, new: object) -> None:
    """Update the SLA timers of a locked ticket whose status, priority or assignee changed, and enqueue its webhooks."""
    if kind != "assigned":
        timers.update_timers(ticket)
    if kind == "priority" or (kind == "assigned" and new is None):
        events.on_unassigned_urgent(ticket)
    webhooks.enqueue_ticket_changed(ticket, kind, {"old": old, "new": new})
