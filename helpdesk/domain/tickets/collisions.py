"""Two agents on one ticket: what a colleague wrote while somebody was writing."""

from sqlalchemy import select

from helpdesk.domain import locking
from helpdesk.extensions import db
from helpdesk.models.message import Message, MessageKind
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User


def find_newer_reply(ticket: Ticket, author: User, seen_seq: int) -> Message | None:
    """The newest reply of a colleague of ``author`` after number ``seen_seq`` of the timeline; None if there is none.

    Locks the ticket, so that of two replies sent at once the second one finds the first.
    """
    locking.lock_ticket(ticket)
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
