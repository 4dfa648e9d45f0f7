"""What stands beside a ticket's conversation."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from helpdesk.domain import permissions
from helpdesk.extensions import db
from helpdesk.models.channels import Thread
from helpdesk.models.forms import Answer
from helpdesk.models.people import User
from helpdesk.models.tickets import Follower, Ticket

COLLEAGUES = 200  # people offered as followers
OTHERS = 5  # other tickets of the organization


def of(ticket: Ticket, reader: User) -> dict:
    """What tickets/_facts.html needs."""
    answers = db.session.scalars(
        select(Answer).where(Answer.ticket_id == ticket.id).options(joinedload(Answer.field)).order_by(Answer.id)
    )
    followers = list(
        db.session.scalars(
            select(User).join(Follower, Follower.user_id == User.id).where(Follower.ticket_id == ticket.id).order_by(User.name)
        )
    )
    people = _people(ticket, reader)
    following = {user.id for user in followers} | {ticket.requester_id}
    return {
        "ticket": ticket,
        "answers": [answer for answer in answers if answer.text and (reader.is_team or not answer.field.team_only)],
        "followers": followers,
        "colleagues": [
            (user.id, user.display_name)
            for user in people
            if user.organization_id == ticket.organization_id and user.id not in following
        ],
        "agents": [(user.id, user.display_name) for user in people if user.is_team],
        "places": [_place(thread) for thread in threads(ticket)] if reader.is_team else [],
        "other_tickets": _others(ticket, reader) if reader.is_team else [],
    }


def threads(ticket: Ticket) -> list[Thread]:
    """Where the ticket lives, read once a request."""
    kept = ticket.__dict__.get("_threads_read")
    if kept is None:
        kept = ticket.__dict__["_threads_read"] = list(
            db.session.scalars(
                select(Thread)
                .where(Thread.ticket_id == ticket.id, Thread.ended_at.is_(None))
                .options(joinedload(Thread.user))
                .order_by(Thread.id)
            )
        )
    return kept


def _people(ticket: Ticket, reader: User) -> list[User]:
    """The organization's people, and for the team its own, in one query."""
    colleagues = (User.organization_id == ticket.organization_id) & (User.role == "requester")
    wanted = colleagues | (User.role != "requester") if reader.is_team else colleagues
    if not reader.is_team and reader.sees == "own":
        return []
    people = select(User).where(wanted, User.deactivated_at.is_(None)).order_by(User.name, User.id).limit(COLLEAGUES)
    return list(db.session.scalars(people))


def _place(thread: Thread) -> dict:
    channel = thread.channel
    url = ""
    if channel.kind == "slack" and thread.external_id:
        url = f"https://slack.com/archives/{channel.external_id}/p{thread.external_id.replace('.', '')}"
    return {
        "kind": channel.kind,
        "label": f"email to {thread.user.display_name}" if thread.user else channel.label,
        "audience": channel.audience,
        "url": url,
        "trouble": channel.blocked_reason or (thread.user.mail_dead_reason if thread.user else None),
    }


def _others(ticket: Ticket, reader: User) -> list[Ticket]:
    others = (
        permissions.visible_tickets(reader)
        .where(Ticket.organization_id == ticket.organization_id, Ticket.id != ticket.id)
        .order_by(Ticket.updated_at.desc(), Ticket.id.desc())
        .limit(OTHERS)
    )
    return list(db.session.scalars(others))
