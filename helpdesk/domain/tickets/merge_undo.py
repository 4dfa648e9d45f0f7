"""Undoing of a merge, for a day: the merged ticket is open again as it was.

What was written to it since then is in the other ticket and stays there.
"""

from datetime import datetime, timedelta

from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain import locking, outbox, tickets
from helpdesk.domain.errors import ConflictError
from helpdesk.domain.people import permissions
from helpdesk.domain.tickets import side_effects, tags
from helpdesk.extensions import db
from helpdesk.models.event import Event
from helpdesk.models.statuses import Status
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import gettext

UNDO_PERIOD = timedelta(days=1)


def find_merge(source: Ticket) -> Event | None:
    """Return the event of the merge of ``source`` that can still be undone."""
    if source.merged_into_id is None:
        return None
    merges = select(Event).where(Event.ticket_id == source.id, Event.kind == "merged")
    event = db.session.scalar(merges.order_by(Event.seq.desc()).limit(1))
    is_undoable = event is not None and "was" in event.data and event.created_at > clock.now() - UNDO_PERIOD
    return event if is_undoable else None


def undo_merge(source: Ticket, *, actor: User) -> Ticket:
    """Undo the merge of ``source``: its status, and what the other ticket got of its followers and tags.

    Returns the ticket it was merged into. Raises PermissionDenied, and ConflictError after UNDO_PERIOD.
    """
    target = source.merged_into
    if target is None:
        raise ConflictError(gettext("There is nothing to undo any more."))
    locking.lock_both_if(
        source, target, lambda locked: permissions.can_manage(actor, locked), gettext("Only the team merges tickets.")
    )
    event = find_merge(source)
    if event is None or source.merged_into_id != target.id:
        raise ConflictError(gettext("There is nothing to undo any more."))
    source.merged_into_id = None
    db.session.flush()
    for user in db.session.scalars(select(User).where(User.id.in_(event.data["followers"])).order_by(User.id)):
        tickets.remove_follower(target, user, actor=actor)
    if tagged := db.session.get(Event, event.data["tagged"] or 0):
        tags.change_tags(target, remove=tagged.data["added"], actor=actor)
    tickets.add_event(source, "unmerged", actor, team_only=False, number=target.number)
    tickets.add_event(target, "unmerged", actor, team_only=True, number=source.number)
    _restore_status(source, event, actor)
    outbox.enqueue_card_update(source)
    return target


def _restore_status(ticket: Ticket, event: Event, actor: User) -> None:
    status = Status(event.data["was"])
    if ticket.status == status:
        return
    old, now = str(ticket.status), clock.now()
    since = event.data.get("turn_since")
    ticket.status, ticket.closed_at, ticket.updated_at = status, None, now
    ticket.turn_since = datetime.fromisoformat(since) if since else now
    ticket.solved_at = (ticket.solved_at or now) if status == Status.solved else None
    tickets.add_event(ticket, "reopened", actor, team_only=True, old=old, new=str(status))
    side_effects.on_ticket_changed(ticket, "reopened", old, str(status))
