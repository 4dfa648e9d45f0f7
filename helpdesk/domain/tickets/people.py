"""Who follows a ticket, and how far somebody has read it."""

from sqlalchemy import bindparam, select

from helpdesk import after_commit, clock
from helpdesk.domain import outbox, permissions
from helpdesk.domain.errors import Invalid
from helpdesk.domain.tickets import timeline
from helpdesk.domain.tickets.entries import Happened, Said
from helpdesk.extensions import db
from helpdesk.models.people import Role, User, shown_name
from helpdesk.models.tickets import Follower, Kind, ReadMark, Ticket

_mark, _user = ReadMark.__table__, User.__table__
MARKS = (
    select(_mark.c.seq, _user.c["id", "name", "email"])
    .select_from(_mark.join(_user))
    .where(_mark.c.ticket_id == bindparam("ticket_id"), _user.c.role == Role.requester)
    .order_by(_mark.c.at)
)


def follow(ticket: Ticket, user: User, *, actor: User) -> None:
    """Have ``user`` get the ticket's answers by mail: oneself, or a colleague of the same organization; the team also its own."""
    permissions.require(permissions.can_reply(actor, ticket), "You may not add anybody here.")
    is_colleague = not user.is_team and user.organization_id == ticket.organization_id
    sees_them = actor.is_team or user.id == actor.id or (is_colleague and actor.sees == "organization")
    if not user.is_active or not (user.is_team or is_colleague) or not sees_them:
        raise Invalid("Only people of the same organization can follow this ticket.", "user")
    ticket = timeline.lock(ticket)
    if user.id == ticket.requester_id or permissions.follows(user, ticket):
        return
    db.session.add(Follower(ticket_id=ticket.id, user_id=user.id))
    outbox.open_mail_thread(ticket, user)
    timeline.say_event(ticket, "followed", actor, who=user.display_name)


def unfollow(ticket: Ticket, user: User, *, actor: User) -> None:
    """The opposite: oneself, or anybody where ``actor`` is of the team or the requester."""
    permissions.require(
        actor.id == user.id or actor.is_team or actor.id == ticket.requester_id, "You may only remove yourself."
    )
    ticket = timeline.lock(ticket)
    follower = db.session.get(Follower, (ticket.id, user.id))
    if follower:
        db.session.delete(follower)
        outbox.end_mail_thread(ticket, user)
        timeline.say_event(ticket, "unfollowed", actor, who=user.display_name)


def is_unread(ticket: Ticket, reader: User) -> bool:
    """Whether there is something ``reader`` has not had before their eyes. ``ticket.read_seq`` is their mark, where it is known."""
    seen = getattr(ticket, "read_seq", None)
    if seen is None:
        mark = select(ReadMark.seq).where(ReadMark.user_id == reader.id, ReadMark.ticket_id == ticket.id)
        seen = db.session.scalar(mark) or 0
    return seen < (ticket.next_seq - 1 if reader.is_team else ticket.public_seq)


def seen_by(ticket: Ticket, timeline: list[Said | Happened]) -> dict[int, list[str]]:
    """By message id, the names of the customers whose reading ended there: the newest public message each has seen."""
    replies = [entry for entry in timeline if not entry.is_event and entry.kind == Kind.reply]
    seen: dict[int, list[str]] = {}
    for seq, user_id, name, email in db.session.execute(MARKS, {"ticket_id": ticket.id}):
        read = [message for message in replies if message.seq <= seq]
        if read and read[-1].author_id != user_id:
            seen.setdefault(read[-1].id, []).append(shown_name(name, email))
    return seen


def mark_read(ticket: Ticket, reader: User) -> bool:
    """Remember that ``reader`` has everything of ``ticket`` before their eyes; True if that is news."""
    seen = ticket.next_seq - 1 if reader.is_team else ticket.public_seq
    mark = db.session.scalar(select(ReadMark).where(ReadMark.user_id == reader.id, ReadMark.ticket_id == ticket.id))
    if mark is None:
        db.session.add(ReadMark(user_id=reader.id, ticket_id=ticket.id, seq=seen, at=clock.now()))
    elif mark.seq < seen:
        mark.seq = seen
        mark.at = clock.now()
    else:
        return False
    if not reader.is_team:
        after_commit.touch(ticket, team_only=True)
    return True
