"""Tickets that belong together: links, and merging one into another. What was said stays where it was said.

Merging moves no message, so that every copy outside still belongs to its thread and can be edited or taken away. The merged
ticket is closed, and whatever is said to it from then on, through any door, is said to the one it was merged into.
"""

from sqlalchemy import or_, select

from helpdesk.domain import tickets
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.models.qa_review import TicketLink
from helpdesk.models.statuses import Status
from helpdesk.models.ticket import Follower, Ticket
from helpdesk.models.user import User

MAX_LINKS = 50


def merge_tickets(source: Ticket, target: Ticket, *, actor: User) -> Ticket:
    """Close ``source`` as the same matter as ``target``, whose people it brings along. Returns ``target``.

    Raises Invalid where they are not one organization's, and Conflict where one has ended.
    """
    permissions.ensure(
        permissions.can_manage(actor, source) and permissions.can_manage(actor, target), "Only the team merges tickets."
    )
    if source.id == target.id:
        raise ValidationError("A ticket cannot be merged into itself.", "number")
    for ticket in sorted((source, target), key=lambda ticket: ticket.id):
        tickets.lock(ticket)
    if source.organization_id != target.organization_id:
        raise ValidationError(
            "Both tickets must be the same organization's, or its people would read each other's.", "number"
        )
    if source.merged_into_id:
        raise ConflictError(f"This ticket is already merged into #{source.merged_into_id}.", "number")
    if target.merged_into_id or target.is_closed:
        raise ConflictError(f"#{target.number} is closed, so nothing more can be added to it.", "number")
    joining = [source.requester, *_list_followers(source)]
    if not source.is_closed:
        tickets.set_status(source, Status.closed, actor=actor)
    source.merged_into_id = target.id
    db.session.flush()
    tickets.add_event(source, "merged", actor, team_only=False, number=target.number)
    tickets.add_event(target, "merged_here", actor, number=source.number)
    for user in joining:
        if user.is_active and (user.is_team or user.organization_id == target.organization_id):
            tickets.add_follower(target, user, actor=actor)
    return target


def link_tickets(one: Ticket, other: Ticket, *, actor: User) -> None:
    """Note that two tickets have to do with each other; only the team sees it. Linking twice changes nothing."""
    permissions.ensure(
        permissions.can_manage(actor, one) and permissions.can_manage(actor, other), "Only the team links tickets."
    )
    if one.id == other.id:
        raise ValidationError("A ticket cannot be linked to itself.", "number")
    low, high = sorted((one, other), key=lambda ticket: ticket.id)
    tickets.lock(low)
    tickets.lock(high)
    if db.session.get(TicketLink, (low.id, high.id)):
        return
    if len(list_linked_tickets(one, actor)) >= MAX_LINKS:
        raise ValidationError(f"A ticket has at most {MAX_LINKS} links.", "number")
    db.session.add(TicketLink(low_id=low.id, high_id=high.id, linked_by_id=actor.id))
    db.session.flush()
    tickets.add_event(one, "linked", actor, number=other.number)
    tickets.add_event(other, "linked", actor, number=one.number)


def unlink_tickets(one: Ticket, other: Ticket, *, actor: User) -> None:
    """Take the link between them away, if there is one."""
    permissions.ensure(
        permissions.can_manage(actor, one) and permissions.can_manage(actor, other), "Only the team links tickets."
    )
    found = db.session.get(TicketLink, tuple(sorted((one.id, other.id))))
    if found:
        db.session.delete(found)
        tickets.add_event(tickets.lock(one), "unlinked", actor, team_only=True, number=other.number)


def list_linked_tickets(ticket: Ticket, reader: User) -> list[Ticket]:
    """Tickets linked with ``ticket``, merged into it, following it or followed by it, latest first; only what ``reader`` sees."""
    pairs = (
        select(TicketLink.low_id)
        .where(TicketLink.high_id == ticket.id)
        .union(select(TicketLink.high_id).where(TicketLink.low_id == ticket.id))
    )
    near = or_(
        Ticket.id.in_(pairs),
        Ticket.merged_into_id == ticket.id,
        Ticket.follows_id == ticket.id,
        Ticket.id.in_([number for number in (ticket.follows_id, ticket.merged_into_id) if number]),
    )
    query = permissions.visible_tickets(reader).where(near).order_by(Ticket.id.desc()).limit(2 * MAX_LINKS)
    return list(db.session.scalars(query))


def describe_link(ticket: Ticket, other: Ticket) -> str:
    """In which way ``other`` is near ``ticket``: merged, merged into, follow-up, follows, or linked."""
    if other.merged_into_id == ticket.id:
        return "merged here"
    if ticket.merged_into_id == other.id:
        return "merged into it"
    if other.follows_id == ticket.id:
        return "follow-up"
    if ticket.follows_id == other.id:
        return "what this follows"
    return "linked"


def _list_followers(ticket: Ticket) -> list[User]:
    return list(
        db.session.scalars(
            select(User).join(Follower, Follower.user_id == User.id).where(Follower.ticket_id == ticket.id)
        )
    )
