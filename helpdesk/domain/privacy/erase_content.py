"""Erase what a person wrote, in every copy that the database has of it.

``models.personal_data`` declares which function erases which column. Each function here may run again: what is being
sent at the moment is erased by the next run (``erasure.erase_what_was_being_sent``).
"""

import json
import re
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Select, String, cast, delete, or_, select, union, update

from helpdesk import clock, live_events
from helpdesk.domain import locking, outbox
from helpdesk.domain.inbox import contents
from helpdesk.domain.inbox.channel import Sender, find_senders, sent_by_condition
from helpdesk.domain.privacy.former_identity import FormerIdentity
from helpdesk.domain.tickets import message_changes, tag_references, timeline
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.models.delivery import Delivery
from helpdesk.models.event import Event
from helpdesk.models.form import Answer
from helpdesk.models.imported_record import ImportedRecord, hash_id
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message, MessageRevision
from helpdesk.models.qa_review import QaReview
from helpdesk.models.rating import Rating
from helpdesk.models.tag import Tag
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import Role, User

ERASED_SUBJECT = "Erased subject"
BATCH_SIZE = 500  # rows
NAMING_EVENT_KINDS = ("assigned", "followed", "unfollowed", "filed_for", "requester", "rule")  # their data has names


def select_affected_tickets(user: User) -> Select[int]:
    """The ids of the tickets that ``user`` filed, wrote on or got mails about."""
    affected = union(
        select(Ticket.id).where(Ticket.requester_id == user.id),
        select(Message.ticket_id).where(Message.author_id == user.id),
        select(Thread.ticket_id).where(Thread.user_id == user.id),
    ).subquery()
    return select(affected.c[0])


def lock_everything_of(user: User) -> None:
    """Lock the rows that erasing ``user`` changes, in the order in which everything locks them."""
    sent = sent_by_condition(*find_senders(user, [user.email]))
    affected = select_affected_tickets(user)
    received = select(InboundEvent.id).where(sent | InboundEvent.ticket_id.in_(affected)).order_by(InboundEvent.id)
    db.session.execute(received.with_for_update(of=InboundEvent))
    assigned = select(Ticket.id).where(Ticket.assignee_id == user.id, Ticket.closed_at.is_(None))
    locking.lock_tickets([*db.session.scalars(affected), *db.session.scalars(assigned)])
    threads = select(Thread.id).where(Thread.ticket_id.in_(affected))
    rows = select(Delivery.id).where(Delivery.thread_id.in_(threads)).order_by(Delivery.id)
    db.session.execute(rows.with_for_update(of=Delivery))
    db.session.refresh(user, with_for_update={"key_share": True})


def erase_messages(user: User) -> list[str]:
    """Delete the messages of ``user`` everywhere they were sent, with their revisions, files and quotations.

    Returns the keys of the files to delete after the commit.
    """
    files = is_file_of(user)
    keys = list(db.session.scalars(select(Attachment.key).where(files)))
    talked = select(Message.ticket_id).where(Message.author_id == user.id)
    ticket_ids = db.session.scalars(talked.distinct().order_by(Message.ticket_id)).all()
    for start in range(0, len(ticket_ids), BATCH_SIZE):
        _delete_messages(ticket_ids[start : start + BATCH_SIZE], user)
    ids = select(Message.id).where(Message.author_id == user.id)
    db.session.execute(delete(MessageRevision).where(MessageRevision.message_id.in_(ids)))
    db.session.execute(delete(Attachment).where(files), execution_options={"synchronize_session": False})
    db.session.execute(
        update(Message)
        .where(Message.ticket_id.in_(talked), Message.quoted.is_not(None))
        .values(quoted=None, has_folded_text=False),
        execution_options={"synchronize_session": False},
    )
    return keys


def is_file_of(user: User) -> ColumnElement[bool]:
    """The condition that a file is one of ``user``: uploaded by them, or in a message of theirs that an agent filed or
    split off for them.
    """
    written = select(Message.id).where(Message.author_id == user.id)
    return (Attachment.uploader_id == user.id) | Attachment.message_id.in_(written)


def select_filed_tickets(user: User) -> Select[int]:
    """The ids of the tickets whose subject and answers ``user`` wrote: those that begin with their message, and those
    for them that begin with no other customer's.
    """
    begins = (Message.ticket_id == Ticket.id) & (Message.seq == timeline.FIRST_SEQ)
    others = select(Message.id).join(User, User.id == Message.author_id)
    by_other = others.where(begins, User.role == Role.requester, User.id != user.id).exists()
    filed = union(
        select(Message.ticket_id).where(Message.author_id == user.id, Message.seq == timeline.FIRST_SEQ),
        select(Ticket.id).where(Ticket.requester_id == user.id, ~by_other),
    ).subquery()
    return select(filed.c[0])


def _delete_messages(ticket_ids: Sequence[int], user: User) -> None:
    tickets = locking.lock_tickets(ticket_ids)
    written = Message.ticket_id.in_(ticket_ids), Message.author_id == user.id, Message.deleted_at.is_(None)
    found = db.session.scalars(select(Message).where(*written).order_by(Message.ticket_id, Message.id)).all()
    outbox.fan_out_deletion(*found)
    team_only = dict.fromkeys((message.ticket_id for message in found), True)
    for message in found:
        message.set_body("")
        message.deleted_at = clock.now()
        team_only[message.ticket_id] &= message.is_note
    changed = {ticket: team_only[ticket.id] for ticket in tickets if ticket.id in team_only}
    message_changes.refresh_excerpts(tickets)
    live_events.bump_versions_and_publish(Ticket, changed)


def erase_filed_tickets(user: User, *, subjects: bool) -> None:
    """Empty the answers that ``user`` gave in forms and, with ``subjects``, replace the subjects they wrote."""
    filed = select_filed_tickets(user)
    # Row by row, so that the search index is updated as for any other change.
    for answer in db.session.scalars(select(Answer).where(Answer.ticket_id.in_(filed))):
        db.session.delete(answer)
    if subjects:
        ticket_ids = db.session.scalars(filed).all()
        for ticket in locking.lock_tickets(ticket_ids):
            ticket.subject = ERASED_SUBJECT
        outbox.enqueue_card_updates(ticket_ids)
    db.session.flush()


def erase_reviews(user: User) -> None:
    """Empty the comments of reviews that ``user`` wrote, and of those about them."""
    mine = or_(QaReview.reviewer_id == user.id, QaReview.agent_id == user.id)
    db.session.execute(update(QaReview).where(mine).values(comment="", answer=""))
    filed = select(Ticket.id).where(Ticket.requester_id == user.id)
    db.session.execute(update(Rating).where(Rating.ticket_id.in_(filed)).values(comment=""))


def erase_from_events(user: User, former: FormerIdentity) -> None:
    """Replace the names and addresses of ``user`` in the events about them."""
    events = select(Event).where(Event.kind.in_(NAMING_EVENT_KINDS), former.is_repeated_in(Event.data))
    if not user.is_team:
        events = events.where(Event.ticket_id.in_(select_affected_tickets(user)))
    for event in db.session.scalars(events):
        event.data = former.replace_in(event.data)


def erase_from_tags(names: Iterable[str]) -> None:
    """Delete the tags that name a person, and what the history of tickets says of them.

    ``names``: full names and addresses. A name of several words is found inside a longer tag, too.
    """
    wanted = [words for name in names if (words := _tag_words(name))]
    named = [
        tag
        for tag in db.session.scalars(select(Tag).execution_options(yield_per=BATCH_SIZE))
        if any(_is_named_in(_tag_words(tag.name), words) for words in wanted)
    ]
    for tag in named:
        spelled = json.dumps(tag.name)[1:-1]  # as in JSON that escapes what is beyond ASCII
        text = cast(Event.data, String)
        events = select(Event).where(Event.kind == "tagged", or_(text.contains(tag.name), text.contains(spelled)))
        for event in db.session.scalars(events):
            event.data = {
                key: [name for name in value if name != tag.name] if isinstance(value, list) else value
                for key, value in event.data.items()
            }
        tag_references.erase(tag.name)
        db.session.delete(tag)
    db.session.flush()


def erase_imported_ids(ids: Sequence[int], former: FormerIdentity) -> None:
    """Replace the ids of imported people that are an address or a name of theirs by a hash.

    The record stays, so that the same file imported again does not bring the person back.
    """
    records = select(ImportedRecord).where(ImportedRecord.kind == "person", ImportedRecord.local_id.in_(ids))
    for record in db.session.scalars(records):
        if former.replace_in(record.external_id) != record.external_id:
            record.external_id = hash_id(record.external_id)


def erase_answers_in_events(user: User) -> None:
    """Empty the answers that the history of the tickets of ``user`` repeats."""
    filed = select_filed_tickets(user)
    for event in db.session.scalars(select(Event).where(Event.kind == "answered", Event.ticket_id.in_(filed))):
        event.data = {key: "" if key in ("old", "new") else value for key, value in event.data.items()}


def erase_from_inbox(user: User, senders: Sequence[Sender]) -> None:
    """Empty the events that brought the words of ``user``: those of their tickets, and all that they sent as one of
    ``senders``.
    """
    of_tickets = InboundEvent.ticket_id.in_(select_affected_tickets(user)) & InboundEvent.state.in_(("done", "ignored"))
    sent = sent_by_condition(*senders)
    contents.delete_parts(of_tickets | sent)
    db.session.execute(
        update(InboundEvent).where(of_tickets).values(payload={}, raw=None, content_key=None, result=None),
        execution_options={"synchronize_session": False},
    )
    unfinished = InboundEvent.ticket_id.is_(None) & InboundEvent.state.not_in(("done", "ignored"))
    db.session.execute(delete(InboundEvent).where(sent, unfinished))
    db.session.execute(
        update(InboundEvent).where(sent).values(payload={}, raw=None, content_key=None, result=None),
        execution_options={"synchronize_session": False},
    )


def _tag_words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _is_named_in(tag: list[str], name: list[str]) -> bool:
    """Whether the words of ``name`` stand side by side in ``tag``; a single word is the whole tag."""
    if len(name) == 1:
        return tag == name
    return any(tag[place : place + len(name)] == name for place in range(len(tag)))
