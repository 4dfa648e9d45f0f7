"""Status, assignee and priority of a ticket, and how replies change the status."""

from datetime import datetime
from typing import Any

from helpdesk import clock
from helpdesk.domain import locking, outbox
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.notifications import events
from helpdesk.domain.people import permissions
from helpdesk.domain.tickets import change_listeners, side_effects, timeline
from helpdesk.models.delivery import DeliveryKind
from helpdesk.models.message import Message
from helpdesk.models.priorities import Priority
from helpdesk.models.statuses import WAITING_ON, Status, get_definition
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import gettext


def set_status(ticket: Ticket, status: str, *, actor: User, release_at: datetime | None = None) -> Ticket:
    """Set any status; the mail about a solved ticket is not sent before ``release_at``.

    Raises PermissionDenied, ValidationError, and ConflictError on a closed ticket.
    """
    ticket = _lock_for_team(ticket, actor, gettext("Only the team sets a status."))
    if status not in list(Status):
        raise ValidationError(gettext("There is no such status."), "status")
    return _change_and_run_rules(ticket, Status(status), actor, release_at)


def solve(ticket: Ticket, *, actor: User, release_at: datetime | None = None) -> Ticket:
    """Set the status to solved; on a solved ticket nothing changes. The mail is not sent before ``release_at``.

    Raises PermissionDenied and ConflictError.
    """
    ticket = locking.lock_ticket_if(
        ticket, lambda locked: permissions.can_solve(actor, locked), gettext("You may not solve this ticket.")
    )
    return _change_and_run_rules(ticket, Status.solved, actor, release_at)


def reopen(ticket: Ticket, *, actor: User) -> Ticket:
    """Reopen a solved ticket; on an unsolved one nothing changes. Raises PermissionDenied and ConflictError."""
    ticket = locking.lock_ticket_if(
        ticket, lambda locked: permissions.can_solve(actor, locked), gettext("You may not reopen this ticket.")
    )
    if ticket.is_closed:
        raise ConflictError(gettext("This ticket is closed. File a follow-up instead."))
    return _change_and_run_rules(ticket, Status.open, actor) if ticket.is_solved else ticket


def close(ticket: Ticket) -> Ticket:
    """Close a solved ticket, as the system does after some days; on any other ticket nothing changes."""
    ticket = locking.lock_ticket(ticket)
    return change_status(ticket, Status.closed, None) if ticket.is_solved else ticket


def assign(ticket: Ticket, assignee: User | None, *, actor: User) -> Ticket:
    """Assign ``ticket`` to an agent, or to nobody. Raises PermissionDenied and ValidationError."""
    ticket = _lock_for_team(ticket, actor, gettext("Only the team assigns tickets."))
    if assignee is not None and not (assignee.is_team and assignee.is_active):
        raise ValidationError(gettext("A ticket is assigned to somebody of the team."), "assignee")
    if ticket.assignee_id != (assignee.id if assignee else None):
        change_assignee(ticket, assignee, actor=actor)
        change_listeners.after_change(ticket)
    return ticket


def set_priority(ticket: Ticket, priority: str, *, actor: User) -> Ticket:
    """Set the priority. Raises PermissionDenied and ValidationError."""
    ticket = _lock_for_team(ticket, actor, gettext("Only the team sets a priority."))
    if priority not in list(Priority):
        raise ValidationError(gettext("There is no such priority."), "priority")
    if ticket.priority != priority:
        change_priority(ticket, priority, actor=actor)
        change_listeners.after_change(ticket)
    return ticket


def change_assignee(ticket: Ticket, assignee: User | None, *, actor: User | None) -> None:
    """Assign a locked ticket and update its cards, without a permission check; ``actor`` None: a rule."""
    record_assignment(ticket, assignee, actor=actor)
    outbox.enqueue_card_update(ticket)


def change_priority(ticket: Ticket, priority: str, *, actor: User | None) -> None:
    """Set another priority on a locked ticket, without a permission check; ``actor`` None: a rule."""
    old = str(ticket.priority)
    timeline.add_event(ticket, "priority", actor, old=old, new=str(priority))
    ticket.priority = priority
    ticket.updated_at = clock.now()
    side_effects.on_ticket_changed(ticket, "priority", old, str(priority))
    outbox.enqueue_card_update(ticket)


def apply_reply_to_status(ticket: Ticket, message: Message) -> None:
    """Set the status that a reply causes on a locked ticket, as the definition of its present status says.

    The ticket's cards are updated when the reply itself is sent.
    """
    definition = get_definition(ticket.status)
    if message.from_team:
        if definition.on_agent_reply:
            _write_status(ticket, Status(definition.on_agent_reply), message.author, quietly=True)
    elif definition.on_requester_reply:
        new_status = Status(definition.on_requester_reply)
        _write_status(
            ticket, new_status, message.author, quietly=not ticket.is_solved, actor_name=message.author_display_name
        )


def record_assignment(ticket: Ticket, assignee: User | None, *, actor: User | None) -> None:
    """Assign a locked ticket, without a permission check."""
    old = ticket.assignee.display_name if ticket.assignee else None
    new = assignee.display_name if assignee else None
    before: dict[str, Any] = {"old_id": ticket.assignee_id} if old else {}  # for undoing
    timeline.add_event(ticket, "assigned", actor, old=old, new=new, **before)
    ticket.assignee = assignee
    ticket.updated_at = clock.now()
    side_effects.on_ticket_changed(ticket, "assigned", old, new)
    events.on_assigned(ticket, assignee, actor)


def _lock_for_team(ticket: Ticket, actor: User, refusal: str) -> Ticket:
    return locking.lock_ticket_if(ticket, lambda locked: permissions.can_manage(actor, locked), refusal)


def _change_and_run_rules(ticket: Ticket, status: Status, actor: User, release_at: datetime | None = None) -> Ticket:
    is_other = ticket.status != status
    ticket = change_status(ticket, status, actor, release_at)
    if is_other:
        change_listeners.after_change(ticket)
    return ticket


def change_status(ticket: Ticket, status: Status, actor: User | None, release_at: datetime | None = None) -> Ticket:
    """Set the status of a locked ticket, without a permission check; ``actor`` None: the system or a rule."""
    if ticket.status == status:
        return ticket
    _write_status(ticket, status, actor)
    outbox.enqueue_card_update(ticket)
    if status == Status.solved:
        outbox.enqueue_ticket_mail(ticket, DeliveryKind.solved, except_user=actor, due_at=release_at)
    return ticket


def _write_status(
    ticket: Ticket, status: Status, actor: User | None, quietly: bool = False, actor_name: str = ""
) -> None:
    if ticket.is_closed:
        raise ConflictError(gettext("A closed ticket stays closed. File a follow-up instead."), "status")
    now, turn_since = clock.now(), ticket.turn_since
    if ticket.waiting_on != WAITING_ON[status]:
        ticket.turn_since = now
    kind = status.definition.event_kind
    if kind == "status" and ticket.is_solved:
        kind = "reopened"
    timeline.add_event(
        ticket,
        kind,
        actor,
        actor_name=actor_name,
        team_only=quietly and kind == "status",
        old=str(ticket.status),
        new=str(status),
        turn_since=turn_since.isoformat(),
    )
    old = str(ticket.status)
    ticket.status = status
    ticket.solved_at = now if status == Status.solved else ticket.solved_at if status == Status.closed else None
    ticket.closed_at = now if status == Status.closed else None
    ticket.closing_warned_at = None if status != Status.closed else ticket.closing_warned_at
    ticket.updated_at = now
    side_effects.on_ticket_changed(ticket, kind, old, str(status))
