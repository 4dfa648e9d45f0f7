"""Merging of one ticket into another.

Messages are not moved, so that every copy in Slack or mail still belongs to its thread and can be edited or deleted.
The merged ticket is closed; a later message to it, in any channel, is added to the ticket it was merged into.
"""

from sqlalchemy import select

from helpdesk.domain import locking, tickets
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.integrations import webhooks
from helpdesk.domain.people import permissions
from helpdesk.domain.tickets import tags
from helpdesk.extensions import db
from helpdesk.models.follower import Follower
from helpdesk.models.statuses import Status
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import gettext


def merge_tickets(source: Ticket, target: Ticket, *, actor: User) -> Ticket:
    """Close ``source`` as a duplicate of ``target``, which is returned and gets its requester and followers as
    followers, and its tags.

    Raises PermissionDenied, ValidationError if the tickets have different organizations, and ConflictError if one is
    already merged or ``target`` is closed.
    """
    if source.id == target.id:
        raise ValidationError(gettext("A ticket cannot be merged into itself."), "number")
    locking.lock_both_if(
        source, target, lambda locked: permissions.can_manage(actor, locked), gettext("Only the team merges tickets.")
    )
    if source.organization_id != target.organization_id:
        raise ValidationError(
            gettext("Both tickets must be the same organization's, or its people would read each other's."), "number"
        )
    if source.merged_into_id:
        raise ConflictError(
            gettext("This ticket is already merged into #%(merged_into_id)s.", merged_into_id=source.merged_into_id),
            "number",
        )
    if target.merged_into_id or target.is_closed:
        raise ConflictError(
            gettext("#%(number)s is closed, so nothing more can be added to it.", number=target.number), "number"
        )
    people = [source.requester, *_list_followers(source)]
    status, turn_since = str(source.status), source.turn_since.isoformat()
    if not source.is_closed:
        tickets.set_status(source, Status.closed, actor=actor)
    source.merged_into_id = target.id
    db.session.flush()
    event = tickets.add_event(source, "merged", actor, team_only=False, number=target.number)
    tickets.add_event(target, "merged_here", actor, number=source.number)
    new_followers = []
    for user in people:
        if user.is_active and (user.is_team or user.organization_id == target.organization_id):
            if user.id != target.requester_id and not permissions.is_follower(user, target):
                new_followers.append(user.id)
            tickets.add_follower(target, user, actor=actor)
    tagged = tags.join_tags(source, target, actor=actor).event
    db.session.flush()
    # What undoing needs: ids, the status and since when, no names.
    former = {"was": status, "turn_since": turn_since, "tagged": tagged.id if tagged else None}
    event.data = {**event.data, **former, "followers": new_followers}
    webhooks.enqueue_ticket_changed(source, "merged", {"old": None, "new": target.number})
    return target


def _list_followers(ticket: Ticket) -> list[User]:
    return list(
        db.session.scalars(
            select(User).join(Follower, Follower.user_id == User.id).where(Follower.ticket_id == ticket.id)
        )
    )
