"""Undo what somebody changed for several tickets together, for some seconds.

The events of such a change have its mark in their data. A ticket on which the same thing was changed again since stays
as it is.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select

from helpdesk import clock, live_events
from helpdesk.domain import locking, outbox
from helpdesk.domain.administration import settings
from helpdesk.domain.people import permissions
from helpdesk.domain.tickets import tags, undo
from helpdesk.extensions import db
from helpdesk.models.event import Event
from helpdesk.models.statuses import Status
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

UNDO_SECONDS = 60  # for what mails nobody; a mail about a solved ticket waits web_undo_seconds
MARK = "bulk"  # in Event.data
KINDS = undo.STATUS_EVENT_KINDS | {"assigned", "priority", tags.EVENT_KIND}


def mark_changes(first_seqs: Mapping[int, int], *, actor: User, bulk: str) -> int:
    """Mark what ``actor`` changed since, and return on how many tickets.

    ``first_seqs``: by the id of each locked ticket the number that its timeline gave to the first change.
    """
    db.session.flush()
    query = select(Event).where(Event.ticket_id.in_(first_seqs), Event.kind.in_(KINDS), Event.actor_id == actor.id)
    events = [
        event
        for event in db.session.scalars(query.where(Event.seq >= min(first_seqs.values(), default=0)))
        if event.seq >= first_seqs[event.ticket_id]
    ]
    for event in events:
        event.data = {**event.data, MARK: bulk}
    return len({event.ticket_id for event in events})


def list_changes(bulk: str, actor: User) -> list[Event]:
    """Return the events of what ``actor`` changed together under this mark, as far as it can still be undone."""
    if not bulk:
        return []
    now = clock.now()
    query = select(Event).where(
        Event.kind.in_(KINDS), Event.created_at >= now - timedelta(seconds=UNDO_SECONDS), Event.actor_id == actor.id
    )
    events = db.session.scalars(query.where(Event.data[MARK].as_string() == bulk))
    return [event for event in events if undoable_until(event) > now]


def undoable_until(event: Event) -> datetime:
    """Return when what ``event`` tells can no longer be undone."""
    is_mailed = event.data.get("new") == Status.solved
    return event.created_at + timedelta(seconds=settings.get("web_undo_seconds") if is_mailed else UNDO_SECONDS)


def undo_changes(bulk: str, *, actor: User) -> int:
    """Take back what ``actor`` changed together under this mark. Returns on how many tickets.

    Tickets are locked in the order of their numbers.
    """
    by_ticket: dict[int, list[Event]] = defaultdict(list)
    for event in list_changes(bulk, actor):
        by_ticket[event.ticket_id].append(event)
    locking.lock_tickets(list(by_ticket))
    number = 0
    for ticket_id, events in sorted(by_ticket.items()):
        ticket = db.session.get(Ticket, ticket_id)
        if ticket is not None and permissions.can_manage(actor, ticket):
            number += _undo_on_ticket(ticket, events, actor)
    return number


def _undo_on_ticket(ticket: Ticket, events: list[Event], actor: User) -> bool:
    later = select(Event).where(Event.ticket_id == ticket.id, Event.seq > min(event.seq for event in events))
    changes = [(event.seq, undo.changed_subject(event)) for event in db.session.scalars(later)]
    has_changed = False
    for event in sorted(events, key=lambda event: event.seq):
        subject = undo.changed_subject(event)
        if event.kind == tags.EVENT_KIND:
            has_changed |= tags.reverse_change(ticket, event, actor)
        elif not any(seq > event.seq and other == subject for seq, other in changes):
            undo.undo_events(ticket, [event])
            has_changed = True
    if has_changed:
        outbox.enqueue_card_update(ticket)
        live_events.bump_version_and_publish(ticket)
    return has_changed
