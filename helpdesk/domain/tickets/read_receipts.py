"""Who follows a ticket, and how far somebody has read it."""

from dataclasses import dataclass

from sqlalchemy import Insert, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk import after_commit, clock
from helpdesk.domain import outbox
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.people import permissions
from helpdesk.domain.tickets import timeline
from helpdesk.domain.tickets.timeline_entries import TimelineEvent, TimelineMessage
from helpdesk.extensions import db
from helpdesk.models.ticket import Follower, MessageKind, ReadReceipt, Ticket
from helpdesk.models.user import Role, User, format_display_name

_receipt, _user, _ticket = ReadReceipt.__table__, User.__table__, Ticket.__table__
RECEIPTS_QUERY = (
    select(_receipt.c.seq, _user.c["id", "name", "email"])
    .select_from(_receipt.join(_user))
    .where(_receipt.c.ticket_id == bindparam("ticket_id"), _user.c.role == Role.requester)
    .order_by(_receipt.c.at)
)


def _upsert_statement(dialect) -> Insert:
    mark = dialect.insert(_receipt)
    further = {"seq": mark.excluded.seq, "at": mark.excluded.at}
    written = mark.on_conflict_do_update(
        index_elements=_receipt.primary_key, set_=further, where=_receipt.c.seq < mark.excluded.seq
    )
    return written.returning(_receipt.c.seq)


UPSERT_STATEMENTS = {"postgresql": _upsert_statement(postgresql), "sqlite": _upsert_statement(sqlite)}
BUMP_VERSION_STATEMENT = (
    update(_ticket).where(_ticket.c.id == bindparam("ticket")).values(version=_ticket.c.version + 1)
)


def add_follower(ticket: Ticket, user: User, *, actor: User) -> None:
    """Have ``user`` get the ticket's answers by mail: oneself, or a colleague of the same organization; the team also its own."""
    permissions.ensure(permissions.can_reply(actor, ticket), "You may not add anybody here.")
    is_colleague = not user.is_team and user.organization_id == ticket.organization_id
    sees_them = actor.is_team or user.id == actor.id or (is_colleague and actor.sees == "organization")
    if not user.is_active or not (user.is_team or is_colleague) or not sees_them:
        raise ValidationError("Only people of the same organization can follow this ticket.", "user")
    ticket = timeline.lock(ticket)
    if user.id == ticket.requester_id or permissions.is_follower(user, ticket):
        return
    db.session.add(Follower(ticket_id=ticket.id, user_id=user.id))
    _authorize_stream_anew(user)
    outbox.open_mail_thread(ticket, user)
    timeline.add_event(ticket, "followed", actor, who=user.display_name)


def remove_follower(ticket: Ticket, user: User, *, actor: User) -> None:
    """The opposite: oneself, or anybody where ``actor`` is of the team or the requester."""
    permissions.ensure(
        actor.id == user.id or actor.is_team or actor.id == ticket.requester_id, "You may only remove yourself."
    )
    ticket = timeline.lock(ticket)
    follower = db.session.get(Follower, (ticket.id, user.id))
    if follower:
        db.session.delete(follower)
        _authorize_stream_anew(user)
        outbox.end_mail_thread(ticket, user)
        timeline.add_event(ticket, "unfollowed", actor, who=user.display_name)


def _authorize_stream_anew(user: User) -> None:
    """End the live streams of somebody who sees only their own tickets: which ones those are has changed."""
    if not user.is_team and user.sees == "own":
        after_commit.say_changed(f"user:{user.id}")


@dataclass(frozen=True)
class PendingReadReceipt:
    """How far somebody has read a ticket: plain values, written in a transaction after the one in which it was shown."""

    user_id: int
    ticket_id: int
    seq: int
    by_team: bool


def pending_read_receipt(ticket: Ticket, reader: User) -> PendingReadReceipt | None:
    """What to remember of ``reader`` having had ``ticket`` before their eyes; None where it is known already.

    ``ticket.read_seq`` is their mark, where it was read with the ticket.
    """
    known = getattr(ticket, "read_seq", None)
    newest = ticket.next_seq - 1 if reader.is_team else ticket.public_seq
    return (
        None
        if known is not None and known >= newest
        else PendingReadReceipt(reader.id, ticket.id, newest, reader.is_team)
    )


def read_by(ticket: Ticket, timeline: list[TimelineMessage | TimelineEvent]) -> dict[int, list[str]]:
    """By message id, the names of the customers whose reading ended there: the newest public message each has seen."""
    replies = [entry for entry in timeline if not entry.is_event and entry.kind == MessageKind.reply]
    seen: dict[int, list[str]] = {}
    for seq, user_id, name, email in db.session.execute(RECEIPTS_QUERY, {"ticket_id": ticket.id}):
        read = [message for message in replies if message.seq <= seq]
        if read and read[-1].author_id != user_id:
            seen.setdefault(read[-1].id, []).append(format_display_name(name, email))
    return seen


def save_read_receipt(reading: PendingReadReceipt) -> bool:
    """Remember how far somebody has read; True if that is news. A customer's reading is shown to the team at once."""
    remember = UPSERT_STATEMENTS[db.session.get_bind().dialect.name]
    row = {"user_id": reading.user_id, "ticket_id": reading.ticket_id, "seq": reading.seq, "at": clock.now()}
    if db.session.execute(remember, row).first() is None:
        return False
    if not reading.by_team:
        db.session.execute(BUMP_VERSION_STATEMENT, {"ticket": reading.ticket_id})
        after_commit.tell_team(reading.ticket_id)
    return True
