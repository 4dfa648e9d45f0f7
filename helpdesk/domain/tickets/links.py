"""Links between related tickets."""

from sqlalchemy import or_, select

from helpdesk.domain import locking, tickets
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.models.ticket import Ticket
from helpdesk.models.ticket_link import TicketLink
from helpdesk.models.user import User
from helpdesk.translation import format_number, gettext, lazy_gettext

MAX_LINKS = 50
REFUSAL = lazy_gettext("Only the team links tickets.")


def link_tickets(one: Ticket, other: Ticket, *, actor: User) -> None:
    """Link two related tickets; only the team sees it. Linking twice changes nothing.

    Raises PermissionDenied and ValidationError.
    """
    if one.id == other.id:
        raise ValidationError(gettext("A ticket cannot be linked to itself."), "number")
    low, high = locking.lock_both_if(one, other, lambda locked: permissions.can_manage(actor, locked), REFUSAL)
    if db.session.get(TicketLink, (low.id, high.id)):
        return
    if len(list_linked_tickets(one, actor)) >= MAX_LINKS:
        raise ValidationError(
            gettext("A ticket has at most %(most_links)s links.", most_links=format_number(MAX_LINKS)), "number"
        )
    db.session.add(TicketLink(low_id=low.id, high_id=high.id, linked_by_id=actor.id))
    db.session.flush()
    tickets.add_event(one, "linked", actor, number=other.number)
    tickets.add_event(other, "linked", actor, number=one.number)


def unlink_tickets(one: Ticket, other: Ticket, *, actor: User) -> None:
    """Delete the link between two tickets, if it exists. Raises PermissionDenied."""
    low, high = locking.lock_both_if(one, other, lambda locked: permissions.can_manage(actor, locked), REFUSAL)
    link = db.session.get(TicketLink, (low.id, high.id), populate_existing=True)
    if link:
        db.session.delete(link)
        tickets.add_event(one, "unlinked", actor, team_only=True, number=other.number)


def list_linked_tickets(ticket: Ticket, reader: User) -> list[Ticket]:
    """Return the related tickets that ``reader`` may see, latest first.

    These are linked and merged tickets and follow-ups, in either direction.
    """
    pairs = (
        select(TicketLink.low_id)
        .where(TicketLink.high_id == ticket.id)
        .union(select(TicketLink.high_id).where(TicketLink.low_id == ticket.id))
    )
    is_related = or_(
        Ticket.id.in_(pairs),
        Ticket.merged_into_id == ticket.id,
        Ticket.follows_id == ticket.id,
        Ticket.id.in_([number for number in (ticket.follows_id, ticket.merged_into_id) if number]),
    )
    query = permissions.visible_tickets(reader).where(is_related).order_by(Ticket.id.desc()).limit(2 * MAX_LINKS)
    return list(db.session.scalars(query))


def find_follow_up(ticket: Ticket, reader: User) -> int | None:
    """Return the number of the latest ticket that follows up on ``ticket``, if ``reader`` may see one."""
    follow_ups = permissions.visible_tickets(reader).where(Ticket.follows_id == ticket.id)
    found = db.session.scalar(follow_ups.order_by(Ticket.id.desc()).limit(1))
    return found.number if found else None


def list_merged(ticket: Ticket, reader: User) -> list[int]:
    """Return the numbers of the tickets that were merged into ``ticket`` and that ``reader`` may see."""
    merged = permissions.visible_tickets(reader).where(Ticket.merged_into_id == ticket.id)
    return list(db.session.scalars(merged.with_only_columns(Ticket.id).order_by(Ticket.id)))


def describe_link(ticket: Ticket, other: Ticket) -> str:
    """Return how ``other`` is related to ``ticket``: merged, merged into, follow-up, follows, or linked."""
    if other.merged_into_id == ticket.id:
        return gettext("merged here")
    if ticket.merged_into_id == other.id:
        return gettext("merged into it")
    if other.follows_id == ticket.id:
        return gettext("follow-up")
    if ticket.follows_id == other.id:
        return gettext("what this follows")
    return gettext("linked")
