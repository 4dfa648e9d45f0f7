"""Undo what the team did on a page, for some seconds: take a reply back, or the status as it was.

The window is the setting ``web_undo_seconds``. Until it ends, the deliveries of the reply are in the outbox with a
later due time, so nothing is lost if a process ends, and nothing has left that would have to be taken back.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select

from helpdesk import clock, live_events
from helpdesk.domain import locking, outbox
from helpdesk.domain.administration import settings
from helpdesk.domain.errors import ConflictError
from helpdesk.domain.integrations import webhooks
from helpdesk.domain.people import permissions
from helpdesk.domain.tickets import message_changes, side_effects, tags
from helpdesk.extensions import db
from helpdesk.models.event import Event
from helpdesk.models.message import Message
from helpdesk.models.statuses import Status
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import gettext, lazy_gettext

TOO_LATE = lazy_gettext("Too late to undo: this has already left.")
STATUS_EVENT_KINDS = frozenset({"status", *(each.definition.event_kind for each in Status), "reopened"})


def window_end() -> datetime | None:
    """When what is done now can no longer be undone; None if the window is switched off."""
    seconds = settings.get("web_undo_seconds")
    return clock.now() + timedelta(seconds=seconds) if seconds else None


def take_back_reply(message: Message, *, editor: User) -> Ticket:
    """Remove a reply whose undo window is open, with the status and the assignee that it set.

    Its files become drafts of ``editor`` again. Raises PermissionDenied unless ``editor`` wrote it, and ConflictError
    if it has left or is gone.
    """
    current = locking.lock_message_if(
        message,
        lambda locked: editor.is_team and locked.author_id == editor.id and permissions.can_see(editor, locked.ticket),
        gettext("Only the author can take a reply back."),
    )
    ticket = current.ticket
    if current.is_note or current.release_at is None or current.release_at <= clock.now():
        raise ConflictError(TOO_LATE)
    if not outbox.delete_unsent(current):
        raise ConflictError(TOO_LATE)
    webhooks.delete_unsent(current.id)
    undo_events(ticket, _events_of_reply(current, editor))
    if ticket.first_response_at == current.created_at:
        ticket.first_response_at = None
    for attachment in list(current.attachments):
        attachment.message_id = attachment.ticket_id = None
        attachment.organization_id, attachment.created_at = editor.organization_id, clock.now()
    db.session.flush()
    db.session.execute(delete(Message).where(Message.id == current.id).execution_options(synchronize_session=False))
    db.session.expire(ticket, ["messages"])
    db.session.expunge(current)
    message_changes.refresh_excerpt(ticket)
    side_effects.on_reply_taken_back(ticket)
    outbox.enqueue_card_update(ticket)
    live_events.bump_version_and_publish(ticket)
    return ticket


def find_undoable_reply(ticket: Ticket, author: User, message_id: int) -> Message | None:
    """Return the reply ``message_id`` of ``author``, if its undo window is open."""
    query = select(Message).where(Message.id == message_id, Message.ticket_id == ticket.id)
    message = db.session.scalar(query.where(Message.author_id == author.id, Message.release_at > clock.now()))
    return None if message is None or message.is_note else message


def undo_status(ticket: Ticket, seq: int, *, actor: User) -> Ticket:
    """Set the status as it was before the event ``seq`` of the timeline, and remove that event.

    Raises PermissionDenied, and ConflictError if the window is over, or somebody set another status since.
    """
    ticket = locking.lock_ticket_if(
        ticket, lambda locked: permissions.can_manage(actor, locked), gettext("Only the team sets a status.")
    )
    event = db.session.scalar(select(Event).where(Event.ticket_id == ticket.id, Event.seq == seq))
    if event is None or event.kind not in STATUS_EVENT_KINDS or event.actor_id != actor.id:
        raise ConflictError(gettext("There is nothing to undo any more."))
    if event.created_at + timedelta(seconds=settings.get("web_undo_seconds")) <= clock.now():
        raise ConflictError(TOO_LATE)
    later = exists().where(Event.ticket_id == ticket.id, Event.seq > seq, Event.kind.in_(STATUS_EVENT_KINDS))
    if db.session.scalar(select(later)):
        raise ConflictError(gettext("The status was changed again meanwhile."))
    undo_events(ticket, [event])
    outbox.enqueue_card_update(ticket)
    live_events.bump_version_and_publish(ticket)
    return ticket


def changed_subject(event: Event) -> str:
    """What the event changed: "status", "assigned", "priority" or "tagged"."""
    return "status" if event.kind in STATUS_EVENT_KINDS else event.kind


def undo_events(ticket: Ticket, events: list[Event]) -> None:
    """Bring a locked ticket back to the time before ``events``, the newest first, and delete these."""
    for event in reversed(events):
        if event.kind == "assigned":
            ticket.assignee = db.session.get(User, event.data.get("old_id") or 0)
        elif event.kind == tags.EVENT_KIND:
            tags.undo_change(ticket, event)
        elif event.kind == "priority":
            ticket.priority = event.data["old"]
            side_effects.on_ticket_changed(ticket, "priority", event.data["new"], event.data["old"])
        else:
            _restore_status(ticket, event)
        db.session.delete(event)
    db.session.flush()


def _events_of_reply(message: Message, editor: User) -> list[Event]:
    """The changes of status, assignee, priority and tags that directly follow the reply, by the same person.

    Without those that were changed again since.
    """
    query = select(Event).where(Event.ticket_id == message.ticket_id, Event.seq > message.seq).order_by(Event.seq)
    found: list[Event] = []
    changed_since: set[str] = set()
    for event in db.session.scalars(query):
        subject = changed_subject(event)
        is_undoable = subject in ("status", "priority", tags.EVENT_KIND) or (
            subject == "assigned" and ("old_id" in event.data or not event.data.get("old"))
        )
        follows = event.seq == message.seq + len(found) + 1 and event.actor_id == editor.id
        if follows and is_undoable and not changed_since:
            found.append(event)
        else:
            changed_since.add(subject)
    return [event for event in found if changed_subject(event) not in changed_since]


def _restore_status(ticket: Ticket, event: Event) -> None:
    old, undone = Status(event.data["old"]), str(ticket.status)
    if since := event.data.get("turn_since"):
        ticket.turn_since = datetime.fromisoformat(since)
    ticket.status = old
    ticket.closed_at = None
    ticket.solved_at = (ticket.solved_at or clock.now()) if old == Status.solved else None
    if undone == Status.solved:
        outbox.delete_unsent_solved_mail(ticket)
    side_effects.on_ticket_changed(ticket, "reopened" if undone == Status.solved else "status", undone, str(old))
