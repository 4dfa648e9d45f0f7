"""Change for whom a ticket is: another person of the same organization becomes its requester."""

from sqlalchemy import select

from helpdesk import live_events
from helpdesk.domain import locking, outbox
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.integrations import webhooks
from helpdesk.domain.people import permissions, users
from helpdesk.domain.tickets import timeline
from helpdesk.extensions import db
from helpdesk.markup.name_order import sort_by_name
from helpdesk.models.follower import Follower
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import gettext


def change_requester(ticket: Ticket, requester: User, *, actor: User, former_follows: bool = True) -> Ticket:
    """Make ``requester`` the one whom the ticket is for; the mails about it go to them from now on.

    With ``former_follows`` the former requester goes on getting the answers as a follower; without, they get no more
    mail and, if they see only their own tickets, cannot open it. Raises PermissionDenied, ValidationError and
    ConflictError.
    """
    ticket = locking.lock_ticket_if(
        ticket, lambda locked: permissions.can_manage(actor, locked), gettext("Only the team changes the requester.")
    )
    requester = locking.share_user(requester)
    if requester.is_team or not requester.is_active or requester.organization_id != ticket.organization_id:
        raise ValidationError(
            gettext(
                "Choose somebody of %(organization)s whom the ticket is for.", organization=ticket.organization.name
            ),
            "requester",
        )
    if ticket.merged_into_id:
        raise ConflictError(gettext("This ticket is merged into another; change that one."), "requester")
    former = ticket.requester
    if former.id == requester.id:
        return ticket
    ticket.requester, ticket.form_token = requester, None
    _end_follow(ticket, requester)
    if former_follows and former.is_active and former.organization_id == ticket.organization_id:
        if not permissions.is_follower(former, ticket):
            db.session.add(Follower(ticket_id=ticket.id, user_id=former.id))
    else:
        _end_follow(ticket, former)
        outbox.end_mail_thread(ticket, former)
    db.session.flush()
    outbox.open_mail_thread(ticket, requester)
    timeline.add_event(ticket, "requester", actor, old=former.display_name, new=requester.display_name)
    for user in (former, requester):  # their lists, and what they may see, have changed
        live_events.publish_after_commit(f"user:{user.id}", f"requester:{user.id}:ticket:{ticket.id}")
    outbox.enqueue_card_update(ticket)
    webhooks.enqueue_ticket_changed(ticket, "requester", {"old": former.email, "new": requester.email})
    return ticket


def list_candidates(ticket: Ticket) -> list[User]:
    """Return the people of the ticket's organization who could be its requester, by name."""
    members = select(User).where(User.organization_id == ticket.organization_id, User.deactivated_at.is_(None))
    members = members.where(*users.IS_PRESENT, User.id != ticket.requester_id)
    found = db.session.scalars(members.order_by(User.search_words, User.id).limit(200))
    return sort_by_name(found, lambda user: user.display_name)


def _end_follow(ticket: Ticket, user: User) -> None:
    follower = db.session.get(Follower, (ticket.id, user.id))
    if follower is not None:
        db.session.delete(follower)
