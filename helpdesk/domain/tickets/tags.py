"""Tags of tickets: the team's own words, by which tickets are found and counted. Customers see none."""

from collections.abc import Iterable
from typing import Any, NamedTuple, cast

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk import clock
from helpdesk.domain import locking, outbox
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.integrations import webhooks
from helpdesk.domain.people import permissions
from helpdesk.domain.tickets import timeline
from helpdesk.domain.tickets.tag_names import clean_names
from helpdesk.extensions import db
from helpdesk.markup import search_words
from helpdesk.models.event import Event
from helpdesk.models.tag import Tag, TicketTag
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import format_number, gettext

MAX_TAGS = 30  # of one ticket
MAX_TAGS_IN_ALL = 2_000
EVENT_KIND = "tagged"
_tags, _ticket_tags = Tag.__table__, TicketTag.__table__


class TagChange(NamedTuple):
    """The names that a ticket got and lost, and the event that tells it; None if nothing changed."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    event: Event | None


def change_tags(ticket: Ticket, *, actor: User, add: Iterable[str] = (), remove: Iterable[str] = ()) -> TagChange:
    """Give ``ticket`` the tags ``add`` and take ``remove`` away; those it has, or has not, stay as they are.

    Raises PermissionDenied, ValidationError and ConflictError.
    """
    ticket = _lock_for_team(ticket, actor)
    return _change(ticket, clean_names(add), clean_names(remove), actor)


def set_tags(ticket: Ticket, names: Iterable[str], *, actor: User) -> TagChange:
    """Give ``ticket`` these tags and no others. Raises PermissionDenied, ValidationError and ConflictError."""
    wanted = clean_names(names)
    ticket = _lock_for_team(ticket, actor)
    return _change(ticket, wanted, tuple(set(ticket.tags) - set(wanted)), actor)


def join_tags(source: Ticket, target: Ticket, *, actor: User) -> TagChange:
    """Give the locked ``target`` the tags of the locked ``source``, as far as it may have so many."""
    missing = [name for name in source.tags if name not in target.tags]
    return _change(target, tuple(missing[: max(0, MAX_TAGS - len(target.tags))]), (), actor)


def store_tags(ticket: Ticket, names: tuple[str, ...]) -> None:
    """Give a new ticket tags without telling anybody. Raises ValidationError and ConflictError."""
    add_tag_ids(ticket, _find_or_create(names))
    db.session.expire(ticket, ["tag_text"])


def add_tags(ticket: Ticket, names: Iterable[str]) -> TagChange:
    """Give a locked ticket these tags, without a permission check: a rule does it.

    Raises ValidationError and ConflictError.
    """
    return _change(ticket, clean_names(names), (), None)


def undo_change(ticket: Ticket, event: Event) -> None:
    """Take back what ``event`` changed on a locked ticket; the caller deletes the event."""
    names = select(_tags.c.id).where(_tags.c.name.in_(event.data["added"]))
    of_ticket = _ticket_tags.c.ticket_id == ticket.id
    db.session.execute(delete(_ticket_tags).where(of_ticket, _ticket_tags.c.tag_id.in_(names)))
    if event.data["removed"]:
        add_tag_ids(ticket, _find_or_create(tuple(event.data["removed"])))
    db.session.expire(ticket, ["tag_text"])
    webhooks.enqueue_ticket_changed(
        ticket, EVENT_KIND, {"added": event.data["removed"], "removed": event.data["added"]}
    )


def reverse_change(ticket: Ticket, event: Event, actor: User) -> bool:
    """Change the tags of a locked ticket back, as far as nobody changed them since; ``event`` stays, without its mark.

    Returns whether something changed.
    """
    change = _change(ticket, tuple(event.data["removed"]), tuple(event.data["added"]), actor)
    event.data = {name: value for name, value in event.data.items() if name != "bulk"}
    return change.event is not None


def add_tag_ids(ticket: Ticket, ids: list[int]) -> None:
    """Give a locked ticket the tags with these ids, as far as it has not got them."""
    rows = [{"ticket_id": ticket.id, "tag_id": tag_id} for tag_id in sorted(set(ids))]
    if rows:
        db.session.execute(
            _insert(_ticket_tags).values(rows).on_conflict_do_nothing(index_elements=["ticket_id", "tag_id"])
        )


def _lock_for_team(ticket: Ticket, actor: User) -> Ticket:
    return locking.lock_ticket_if(
        ticket, lambda locked: permissions.can_manage(actor, locked), gettext("Only the team sets tags.")
    )


def _change(ticket: Ticket, add: tuple[str, ...], remove: tuple[str, ...], actor: User | None) -> TagChange:
    """Change the tags of a locked ticket, and tell its timeline, its cards and webhooks."""
    present = ticket.tags
    added = tuple(sorted(name for name in add if name not in present))
    removed = tuple(sorted(name for name in remove if name in present and name not in add))
    if not added and not removed:
        return TagChange((), (), None)
    if len(present) + len(added) - len(removed) > MAX_TAGS:
        raise ValidationError(gettext("A ticket has at most %(number)s tags.", number=format_number(MAX_TAGS)), "tags")
    if added:
        add_tag_ids(ticket, _find_or_create(added))
    if removed:
        ids = select(_tags.c.id).where(_tags.c.name.in_(removed))
        db.session.execute(
            delete(_ticket_tags).where(_ticket_tags.c.ticket_id == ticket.id, _ticket_tags.c.tag_id.in_(ids))
        )
    db.session.expire(ticket, ["tag_text"])
    changes: dict[str, object] = {"added": list(added), "removed": list(removed)}
    event = timeline.add_event(ticket, EVENT_KIND, actor, team_only=True, **cast(Any, changes))
    db.session.flush()
    webhooks.enqueue_ticket_changed(ticket, EVENT_KIND, changes)
    outbox.enqueue_card_update(ticket)
    return TagChange(added, removed, event)


def _find_or_create(names: tuple[str, ...]) -> list[int]:
    """The ids of the tags with these names; those that there are not yet are made.

    Rows are inserted in the order of their names, so that two transactions wait for each other in one order.
    """
    found = _read_tags(names)
    missing = sorted(set(names) - {name for name, _ in found})
    if missing:
        count = db.session.scalar(select(func.count()).select_from(_tags)) or 0
        if count + len(missing) > MAX_TAGS_IN_ALL:
            raise ValidationError(
                gettext(
                    "There are %(number)s tags already; take one of them, or let an admin merge some.",
                    number=format_number(MAX_TAGS_IN_ALL),
                ),
                "tags",
            )
        rows = [
            {"name": name, "search_words": search_words.join_words(name), "created_at": clock.now()} for name in missing
        ]
        db.session.execute(_insert(_tags).values(rows).on_conflict_do_nothing(index_elements=["name"]))
        found = _read_tags(names)
    ids = []
    for name, tag_id in found:
        if tag_id is None:
            raise ConflictError(
                gettext("The tag %(name)s is being removed in this moment; use another.", name=name), "tags"
            )
        ids.append(tag_id)
    return ids


def _read_tags(names: tuple[str, ...]) -> list[tuple[str, int | None]]:
    """(name, id of the tag to use) of each tag; the id is None for one that is being removed.

    The rows stay as they are until the transaction ends.
    """
    query = select(*_tags.c["id", "name", "ended_at", "merged_into_id"]).where(_tags.c.name.in_(names))
    rows = db.session.execute(query.order_by(_tags.c.id).with_for_update(of=_tags, read=True))
    return [(row.name, row.id if row.ended_at is None else row.merged_into_id) for row in rows]


def _insert(table: Any) -> postgresql.Insert | sqlite.Insert:
    is_sqlite = db.session.get_bind().dialect.name == "sqlite"
    return sqlite.insert(table) if is_sqlite else postgresql.insert(table)
