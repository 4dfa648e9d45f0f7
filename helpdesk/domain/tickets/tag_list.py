"""All tags of the installation: how many tickets have each, and renaming, merging and removing them.

Ended tags leave their tickets in batches, each one transaction, so that a tag of many tickets holds nobody up: a job
continues until no ticket has them. Programs that synchronise read the tickets again.
"""

from typing import NamedTuple

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from helpdesk import clock, live_events
from helpdesk.domain import background_jobs, locking, outbox
from helpdesk.domain.administration import audit_log
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import permissions
from helpdesk.domain.tickets import tag_names, tag_references, tags
from helpdesk.extensions import db
from helpdesk.markup.name_order import sort_by_name
from helpdesk.models.statuses import UNSOLVED
from helpdesk.models.tag import Tag, TicketTag
from helpdesk.models.ticket import LAST_CHANGE, Ticket
from helpdesk.models.user import User
from helpdesk.translation import gettext, lazy_gettext

JOB = "apply_tag_change"
BATCH_SIZE = 100  # tickets
MAX_SUGGESTIONS = 300
REFUSAL = lazy_gettext("Only admins change what tags there are.")


class TagCount(NamedTuple):
    """A tag with the number of tickets that have it, and of those among them that are not solved."""

    id: int
    name: str
    tickets: int
    unsolved: int


def list_counts() -> list[TagCount]:
    """Every tag in alphabetical order with its numbers. One query."""
    is_unsolved = Ticket.status.in_([str(status) for status in UNSOLVED])
    query = (
        select(Tag.id, Tag.name, func.count(Ticket.id), func.count(Ticket.id).filter(is_unsolved))
        .outerjoin(TicketTag, TicketTag.tag_id == Tag.id)
        .outerjoin(Ticket, Ticket.id == TicketTag.ticket_id)
        .where(Tag.ended_at.is_(None))
        .group_by(Tag.id, Tag.name)
    )
    return sort_by_name((TagCount(*row) for row in db.session.execute(query)), lambda tag: tag.name)


def list_names(limit: int = MAX_SUGGESTIONS) -> list[str]:
    """The names of tags in alphabetical order, at most ``limit``."""
    query = select(Tag.name).where(Tag.ended_at.is_(None)).order_by(Tag.search_words, Tag.id).limit(limit)
    return sort_by_name(db.session.scalars(query), str)


def list_ids() -> dict[int, str]:
    """The name of every tag by its id, in the order of the names."""
    rows = db.session.execute(select(Tag.id, Tag.name).where(Tag.ended_at.is_(None)))
    return {row.id: row.name for row in sort_by_name(rows, lambda row: row.name)}


def find_tag(tag_id: int) -> Tag | None:
    """The tag with this id, unless it ended."""
    tag = db.session.get(Tag, tag_id) if 0 < tag_id < 2**63 else None
    return tag if tag is not None and tag.ended_at is None else None


def find_by_name(text: str) -> Tag | None:
    """The tag of this name however it is written, unless it ended."""
    try:
        name = tag_names.clean_name(text)
    except ValidationError:
        return None
    return db.session.scalar(select(Tag).where(Tag.name == name, Tag.ended_at.is_(None)))


def rename_tag(tag: Tag, name: str, *, actor: User) -> Tag:
    """Give the tag another name; every ticket has it at once. A name that is taken merges the two tags.

    Returns the tag that has the name. Raises PermissionDenied, ValidationError and ConflictError.
    """
    tag = _lock_tag(tag, actor)
    name = tag_names.clean_name(name)
    if not name:
        raise ValidationError(gettext("Write a name."), "name")
    if name == tag.name:
        return tag
    taken = db.session.scalar(select(Tag).where(Tag.name == name))
    if taken is not None:
        return merge_tags(tag, taken, actor=actor)
    audit_log.add_entry("renamed a tag", actor, tag.name, to=name)
    tag_references.rename(tag.name, name)
    try:
        with db.session.begin_nested():
            tag.name, tag.renamed_at = name, clock.now()
    except IntegrityError:
        raise ConflictError(gettext("Somebody has just made a tag of this name."), "name") from None
    background_jobs.enqueue_job(JOB, tag.id)
    return tag


def merge_tags(source: Tag, target: Tag, *, actor: User) -> Tag:
    """Have ``target`` wherever ``source`` is. Returns ``target``.

    Raises PermissionDenied, ValidationError, and ConflictError if one of them ended.
    """
    if source.id == target.id:
        raise ValidationError(gettext("Choose another tag."), "name")
    low, high = sorted((source, target), key=lambda tag: tag.id)
    low, high = _lock_tag(low, actor), _lock_tag(high, actor)
    audit_log.add_entry("merged a tag", actor, source.name, to=target.name)
    tag_references.rename(source.name, target.name)
    _end(source, target)
    return target


def remove_tag(tag: Tag, *, actor: User) -> None:
    """Take the tag off every ticket. Raises PermissionDenied and ConflictError."""
    tag = _lock_tag(tag, actor)
    audit_log.add_entry("removed a tag", actor, tag.name)
    tag_references.forget(tag.name)
    _end(tag, None)


def apply_change(tag_id: int) -> bool:
    """Make the next batch of what was asked for. Returns whether another one is left; the caller commits."""
    tag = db.session.get(Tag, tag_id, populate_existing=True)
    if tag is None:
        return False
    waiting = select(TicketTag.ticket_id).where(TicketTag.tag_id == tag.id)
    if tag.ended_at is None:
        if tag.renamed_at is None:
            return False
        waiting = waiting.join(Ticket, Ticket.id == TicketTag.ticket_id).where(LAST_CHANGE < tag.renamed_at)
    ids = list(db.session.scalars(waiting.order_by(TicketTag.ticket_id).limit(BATCH_SIZE)))
    for ticket in locking.lock_tickets(ids):
        if tag.ended_at is not None:
            _take_off(ticket, tag)
        live_events.bump_version_and_publish(ticket, team_only=True)
        if not ticket.is_done:
            outbox.enqueue_card_update(ticket)
    if len(ids) == BATCH_SIZE:
        return True
    if tag.ended_at is None:
        tag.renamed_at = None
    elif not db.session.scalar(select(TicketTag.ticket_id).where(TicketTag.tag_id == tag.id).limit(1)):
        db.session.delete(tag)
    return False


def _lock_tag(tag: Tag, actor: User) -> Tag:
    permissions.ensure(permissions.can_administer(actor), REFUSAL)
    query = select(Tag).where(Tag.id == tag.id, Tag.ended_at.is_(None)).with_for_update(of=Tag)
    locked = db.session.scalar(query.execution_options(populate_existing=True))
    if locked is None:
        raise ConflictError(gettext("This tag was removed or merged meanwhile."))
    return locked


def _end(tag: Tag, successor: Tag | None) -> None:
    tag.ended_at, tag.merged_into_id = clock.now(), successor.id if successor is not None else None
    db.session.execute(update(Tag).where(Tag.merged_into_id == tag.id).values(merged_into_id=tag.merged_into_id))
    db.session.flush()
    background_jobs.enqueue_job(JOB, tag.id)


def _take_off(ticket: Ticket, tag: Tag) -> None:
    if tag.merged_into_id is not None:
        tags.add_tag_ids(ticket, [tag.merged_into_id])
    db.session.execute(delete(TicketTag).where(TicketTag.ticket_id == ticket.id, TicketTag.tag_id == tag.id))
    db.session.expire(ticket, ["tag_text"])
