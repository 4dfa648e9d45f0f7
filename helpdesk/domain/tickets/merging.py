"""Tickets that belong together: links, and merging one into another. What was said stays where it was said.

Merging moves no message, so that every copy outside still belongs to its thread and can be edited or taken away. The merged
ticket is closed, and whatever is said to it from then on, through any door, is said to the one it was merged into.
"""

from sqlalchemy import select

from helpdesk.domain import tickets
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.models.follower import Follower
from helpdesk.models.statuses import Status
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User


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


def _list_followers(ticket: Ticket) -> list[User]:
    return list(
        db.session.scalars(
            select(User).join(Follower, Follower.user_id == User.id).where(Follower.ticket_id == ticket.id)
        )
    )
