"""The followers of a ticket, besides its requester."""

from helpdesk import live_events
from helpdesk.domain import locking, outbox
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.integrations import webhooks
from helpdesk.domain.people import permissions
from helpdesk.domain.tickets import timeline
from helpdesk.extensions import db
from helpdesk.models.follower import Follower
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import gettext


def add_follower(ticket: Ticket, user: User, *, actor: User) -> None:
    """Add ``user`` as a follower, who gets the ticket's replies by mail.

    Customers add themselves and colleagues of the same organization; the team may also add agents. Raises
    PermissionDenied and ValidationError.
    """
    ticket = locking.lock_ticket_if(
        ticket, lambda locked: permissions.can_reply(actor, locked), gettext("You may not add anybody here.")
    )
    user = locking.share_user(user)
    is_colleague = not user.is_team and user.organization_id == ticket.organization_id
    sees_them = actor.is_team or user.id == actor.id or (is_colleague and actor.ticket_visibility == "organization")
    if not user.is_active or not (user.is_team or is_colleague) or not sees_them:
        raise ValidationError(gettext("Only people of the same organization can follow this ticket."), "user")
    if user.id == ticket.requester_id or permissions.is_follower(user, ticket):
        return
    db.session.add(Follower(ticket_id=ticket.id, user_id=user.id))
    _close_live_streams(user)
    outbox.open_mail_thread(ticket, user)
    timeline.add_event(ticket, "followed", actor, who=user.display_name)
    webhooks.enqueue_ticket_changed(ticket, "followed", {"old": None, "new": user.email})


def remove_follower(ticket: Ticket, user: User, *, actor: User) -> None:
    """Remove a follower: oneself, or anybody if ``actor`` is of the team or the requester. Raises PermissionDenied."""
    ticket = locking.lock_ticket_if(
        ticket, lambda locked: _may_remove(actor, user, locked), gettext("You may only remove yourself.")
    )
    follower = db.session.get(Follower, (ticket.id, user.id))
    if follower:
        db.session.delete(follower)
        _close_live_streams(user)
        outbox.end_mail_thread(ticket, user)
        timeline.add_event(ticket, "unfollowed", actor, who=user.display_name)
        webhooks.enqueue_ticket_changed(ticket, "unfollowed", {"old": user.email, "new": None})


def _may_remove(actor: User, user: User, ticket: Ticket) -> bool:
    """Whether ``actor`` may remove ``user``: oneself always, also by the link in a mail to a ticket one left."""
    return actor.id == user.id or (
        permissions.can_see(actor, ticket) and (actor.is_team or actor.id == ticket.requester_id)
    )


def _close_live_streams(user: User) -> None:
    """Close the live streams of a user who sees only their own tickets, because the set of these has changed."""
    if not user.is_team and user.ticket_visibility == "own":
        live_events.publish_after_commit(f"user:{user.id}")
