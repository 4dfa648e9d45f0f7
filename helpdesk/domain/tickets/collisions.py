"""A ticket that changes while somebody writes on it: a colleague's reply, or others who will read theirs."""

from sqlalchemy import exists, select

from helpdesk.domain import locking
from helpdesk.extensions import db
from helpdesk.models.event import Event
from helpdesk.models.message import Message, MessageKind
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

AUDIENCE_EVENTS = ("moved", "requester", "followed", "merged")  # after which others read a reply


def has_other_audience(ticket: Ticket, author: User, seen_seq: int) -> bool:
    """Whether others would read a reply than after number ``seen_seq`` of the timeline, and not by ``author``'s doing.

    Locks an open ticket, so that it is not moved before the reply is written. A reply on a merged one goes to another,
    which is locked first (``locking.lock_merge_target``).
    """
    if not ticket.is_closed:
        locking.lock_ticket(ticket)
    if ticket.next_seq - 1 <= seen_seq:
        return False
    changes = exists().where(
        Event.ticket_id == ticket.id,
        Event.seq > seen_seq,
        Event.kind.in_(AUDIENCE_EVENTS),
        Event.actor_id.is_distinct_from(author.id),
    )
    return bool(db.session.scalar(select(changes)))


def find_newer_reply(ticket: Ticket, author: User, seen_seq: int) -> Message | None:
    """The newest reply of a colleague of ``author`` after number ``seen_seq`` of the timeline; None if there is none.

    Locks the ticket, so that of two replies sent at once the second one finds the first.
    """
    locking.lock_ticket(ticket)
    if ticket.next_seq - 1 <= seen_seq:
        return None
    return db.session.scalar(
        select(Message)
        .where(
            Message.ticket_id == ticket.id,
            Message.seq > seen_seq,
            Message.kind == MessageKind.reply,
            Message.from_team,
            Message.author_id.is_distinct_from(author.id),
            Message.deleted_at.is_(None),
        )
        .order_by(Message.seq.desc())
        .limit(1)
    )
