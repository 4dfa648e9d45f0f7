"""How a ticket moves: status, assignee, priority, and what moves by itself (the table of design.md §2)."""

from helpdesk import clock
from helpdesk.domain import outbox, permissions
from helpdesk.domain.errors import Conflict, Invalid
from helpdesk.domain.tickets import consequences, timeline
from helpdesk.models.people import User
from helpdesk.models.tickets import HOLDERS, Message, Priority, Status, Ticket

SET_BY_TEAM = (Status.open, Status.in_progress, Status.pending, Status.on_hold, Status.solved, Status.closed)


def set_status(ticket: Ticket, status: str, *, actor: User) -> Ticket:
    """Set any status. Raises NotAllowed, Invalid, and Conflict on a closed ticket, which stays closed."""
    permissions.require(permissions.can_work(actor, ticket), "Only the team sets a status.")
    if status not in SET_BY_TEAM:
        raise Invalid("There is no such status.", "status")
    return _set(timeline.lock(ticket), Status(status), actor)


def solve(ticket: Ticket, *, actor: User) -> Ticket:
    """Say that the ticket is done. Solving a solved ticket changes nothing."""
    permissions.require(permissions.can_solve(actor, ticket), "You may not solve this ticket.")
    return _set(timeline.lock(ticket), Status.solved, actor)


def reopen(ticket: Ticket, *, actor: User) -> Ticket:
    """Take a solved ticket up again. On one that is not solved nothing changes; raises Conflict on a closed one."""
    permissions.require(permissions.can_solve(actor, ticket), "You may not reopen this ticket.")
    ticket = timeline.lock(ticket)
    if ticket.is_closed:
        raise Conflict("This ticket is closed. File a follow-up instead.")
    return _set(ticket, Status.open, actor) if ticket.status == Status.solved else ticket


def close(ticket: Ticket) -> Ticket:
    """End a solved ticket for good; the helpdesk itself does this after some days."""
    ticket = timeline.lock(ticket)
    return _set(ticket, Status.closed, None) if ticket.status == Status.solved else ticket


def assign(ticket: Ticket, assignee: User | None, *, actor: User) -> Ticket:
    """Make ``assignee`` (of the team, or nobody) responsible."""
    permissions.require(permissions.can_work(actor, ticket), "Only the team assigns tickets.")
    if assignee is not None and not (assignee.is_team and assignee.is_active):
        raise Invalid("A ticket is assigned to somebody of the team.", "assignee")
    ticket = timeline.lock(ticket)
    if ticket.assignee_id != (assignee.id if assignee else None):
        assigned(ticket, assignee, actor=actor)
        outbox.card_changed(ticket)
    return ticket


def set_priority(ticket: Ticket, priority: str, *, actor: User) -> Ticket:
    """Say how urgent it is."""
    permissions.require(permissions.can_work(actor, ticket), "Only the team sets a priority.")
    if priority not in list(Priority):
        raise Invalid("There is no such priority.", "priority")
    ticket = timeline.lock(ticket)
    if ticket.priority != priority:
        old = str(ticket.priority)
        timeline.say_event(ticket, "priority", actor, old=old, new=str(priority))
        ticket.priority = priority
        ticket.updated_at = clock.now()
        consequences.changed(ticket, "priority", old, str(priority))
        outbox.card_changed(ticket)
    return ticket


def moved_by_reply(ticket: Ticket, message: Message) -> None:
    """What a reply does to the status of a locked ticket: a customer's opens it, the team's first takes it up.

    The ticket's cards are drawn anew when the reply itself is sent out.
    """
    if message.from_team:
        if ticket.status == Status.open:
            _move(ticket, Status.in_progress, message.author, quietly=True)
    elif ticket.status in (Status.in_progress, Status.pending, Status.solved):
        _move(ticket, Status.open, message.author, quietly=ticket.status != Status.solved, actor_name=message.speaker)


def assigned(ticket: Ticket, assignee: User | None, *, actor: User) -> None:
    """Write an assignment down on a locked ticket."""
    old = ticket.assignee.display_name if ticket.assignee else None
    timeline.say_event(ticket, "assigned", actor, old=old, new=assignee.display_name if assignee else None)
    ticket.assignee = assignee
    ticket.updated_at = clock.now()
    consequences.changed(ticket, "assigned", old, assignee.display_name if assignee else None)


def _set(ticket: Ticket, status: Status, actor: User | None) -> Ticket:
    if ticket.status == status:
        return ticket
    _move(ticket, status, actor)
    outbox.card_changed(ticket)
    if status == Status.solved and actor is not None:
        outbox.mail_about(ticket, "solved", except_user=actor)
    return ticket


def _move(ticket: Ticket, status: Status, actor: User | None, quietly: bool = False, actor_name: str = "") -> None:
    if ticket.is_closed:
        raise Conflict("A closed ticket stays closed. File a follow-up instead.", "status")
    now = clock.now()
    if HOLDERS[Status(ticket.status)] != HOLDERS[status]:
        ticket.status_since = now
    kind = {Status.solved: "solved", Status.closed: "closed"}.get(status)
    if kind is None:
        kind = "reopened" if ticket.status == Status.solved else "status"
    timeline.say_event(
        ticket,
        kind,
        actor,
        actor_name=actor_name,
        team_only=quietly and kind == "status",
        old=str(ticket.status),
        new=str(status),
    )
    old = str(ticket.status)
    ticket.status = status
    ticket.solved_at = now if status == Status.solved else ticket.solved_at if status == Status.closed else None
    ticket.closed_at = now if status == Status.closed else None
    ticket.closing_warned_at = None if status != Status.closed else ticket.closing_warned_at
    ticket.updated_at = now
    consequences.changed(ticket, kind, old, str(status))
