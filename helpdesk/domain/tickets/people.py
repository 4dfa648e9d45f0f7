"""Who follows a ticket, and how far somebody has read it."""

from dataclasses import dataclass

from sqlalchemy import Insert, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk import after_commit, clock
from helpdesk.domain import outbox, permissions
from helpdesk.domain.errors import Invalid
from helpdesk.domain.tickets import timeline
from helpdesk.domain.tickets.entries import Happened, Said
from helpdesk.extensions import db
from helpdesk.models.people import Role, User, shown_name
from helpdesk.models.tickets import Follower, Kind, ReadMark, Ticket

_mark, _user, _ticket = ReadMark.__table__, User.__table__, Ticket.__table__
MARKS = (
    select(_mark.c.seq, _user.c["id", "name", "email"])
    .select_from(_mark.join(_user))
    .where(_mark.c.ticket_id == bindparam("ticket_id"), _user.c.role == Role.requester)
    .order_by(_mark.c.at)
)


def _remember(dialect) -> Insert:
    mark = dialect.insert(_mark)
    further = {"seq": mark.excluded.seq, "at": mark.excluded.at}
    written = mark.on_conflict_do_update(
        index_elements=_mark.primary_key, set_=further, where=_mark.c.seq < mark.excluded.seq
    )
    return written.returning(_mark.c.seq)


REMEMBER = {"postgresql": _remember(postgresql), "sqlite": _remember(sqlite)}
SEEN = update(_ticket).where(_ticket.c.id == bindparam("ticket")).values(version=_ticket.c.version + 1)


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


@dataclass(frozen=True)
class Reading:
    """How far somebody has read a ticket: plain values, written in a transaction after the one in which it was shown."""

    user_id: int
    ticket_id: int
    seq: int
    by_team: bool


def reading(ticket: Ticket, reader: User) -> Reading | None:
    """What to remember of ``reader`` having had ``ticket`` before their eyes; None where it is known already.

    ``ticket.read_seq`` is their mark, where it was read with the ticket.
    """
    known = getattr(ticket, "read_seq", None)
    newest = ticket.next_seq - 1 if reader.is_team else ticket.public_seq
    return None if known is not None and known >= newest else Reading(reader.id, ticket.id, newest, reader.is_team)


def seen_by(ticket: Ticket, timeline: list[Said | Happened]) -> dict[int, list[str]]:
    """By message id, the names of the customers whose reading ended there: the newest public message each has seen."""
    replies = [entry for entry in timeline if not entry.is_event and entry.kind == Kind.reply]
    seen: dict[int, list[str]] = {}
    for seq, user_id, name, email in db.session.execute(MARKS, {"ticket_id": ticket.id}):
        read = [message for message in replies if message.seq <= seq]
        if read and read[-1].author_id != user_id:
            seen.setdefault(read[-1].id, []).append(shown_name(name, email))
    return seen


def mark_read(reading: Reading) -> bool:
    """Remember how far somebody has read; True if that is news. A customer's reading is shown to the team at once."""
    remember = REMEMBER[db.session.get_bind().dialect.name]
    row = {"user_id": reading.user_id, "ticket_id": reading.ticket_id, "seq": reading.seq, "at": clock.now()}
    if db.session.execute(remember, row).first() is None:
        return False
    if not reading.by_team:
        db.session.execute(SEEN, {"ticket": reading.ticket_id})
        after_commit.tell_team(reading.ticket_id)
    return True
