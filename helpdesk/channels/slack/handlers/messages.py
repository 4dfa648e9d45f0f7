"""Apply new, edited and deleted messages in a ticket's thread."""

from datetime import timedelta

from sqlalchemy import select

from helpdesk import clock, jobs
from helpdesk.channels.slack import origin_threads, visibility
from helpdesk.channels.slack.handlers import (
    authors,
    customer_tickets,
    deleted_cards,
    ephemeral_replies,
    incoming_files,
    thread_lookup,
)
from helpdesk.channels.slack.handlers.context import EventContext
from helpdesk.channels.slack.handlers.deleted_files import DELETED_FILE_REASON
from helpdesk.channels.slack.parse.event_types import DeletionEvent, EditEvent, MessageEvent
from helpdesk.channels.slack.render import blocks
from helpdesk.domain import outbox, tickets
from helpdesk.domain.administration import settings
from helpdesk.domain.errors import ConflictError
from helpdesk.domain.inbox.results import Result, ignored_result
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread
from helpdesk.models.user import User
from helpdesk.translation import gettext, lazy_gettext

MOVED = "Its follow-up ticket was moved to another customer."
STAYS_NOTE_MESSAGE = lazy_gettext("A note stays a note. To answer the customer, write a new message.")
TOO_LATE_MESSAGE = lazy_gettext(
    "Your change was not sent: this message went out as a reply, and its email has left, so it cannot become a note. "
    "Write a new message that begins with note: instead."
)
DETACHED_THREAD_MESSAGE = lazy_gettext(
    "This thread no longer belongs to its ticket, so what you wrote was not sent to anybody."
)
BEFORE_CARD_MESSAGE = lazy_gettext(
    "The ticket's card was not in this thread yet, so what you wrote was not sent to anybody."
)
ALREADY_MAILED_MESSAGE = lazy_gettext(
    "This is gone from the portal and taken out of Slack. Its email had left already and stays in mailboxes."
)


def handle_message(event: MessageEvent, context: EventContext) -> Result:
    """Apply a message in a thread: an agent's reply or note, a customer's reply, or nothing."""
    thread = deleted_cards.find_or_record_thread(event)
    if thread is None:
        return _handle_message_of_no_ticket(event, context)
    if event.is_bot:
        return customer_tickets.refuse_program(event, context)
    if thread_lookup.find_our_delivery(thread, event.external_id) or thread_lookup.find_message(
        thread, event.external_id
    ):
        return ignored_result("Known already.")
    is_before_card = origin_threads.is_before_card(thread, event.external_id)
    if is_before_card and origin_threads.is_before_filing(thread, event.external_id):
        return ignored_result("Written before this thread was the ticket's.")
    if thread_lookup.was_deleted_early(event):
        return ignored_result("It was deleted before it came.")
    agent = authors.resolve_agent(event, context)
    if not thread_lookup.is_active_thread(thread):
        return Result(
            "ignored", "The thread has ended.", None, [ephemeral_replies.reply_sentence(event, DETACHED_THREAD_MESSAGE)]
        )
    if agent is not None and is_before_card:
        answer = ephemeral_replies.reply_sentence(event, BEFORE_CARD_MESSAGE)
        return Result("ignored", "Written before the card was there.", None, [answer])
    if agent is not None:
        return _handle_agent_message(event, thread, agent, context)
    return _handle_customer_message(event, thread, context)


def handle_edit(event: EditEvent, context: EventContext) -> Result:
    """Apply an edit of a message.

    Who may read the message stays the same, with one exception: a mark for the team may turn a reply into a note while
    it was not mailed.
    """
    thread = deleted_cards.find_or_record_thread(event)
    if thread is None:
        return ignored_result("Not in a ticket's thread.")
    message = thread_lookup.find_message(thread, event.external_id)
    if message is None:
        return handle_message(event, context)  # the edit arrived before its original
    if message.organization_id != thread.organization_id:
        return ignored_result(MOVED)
    stamp = str(event.edited_ts or "")
    if message.deleted_at or not (_is_later(stamp, message.origin_edited) or _is_next(event, message)):
        return ignored_result("An older edit than the one we have.")
    message.origin_edited = stamp
    mark, answers = event.visibility, []
    is_unmarked = mark is None and event.previous != event.previous_whole and not thread.channel.internal_by_default
    if (mark == "public" or is_unmarked) and message.is_note and message.publish_at is None:
        answers = [ephemeral_replies.reply_sentence(event, STAYS_NOTE_MESSAGE)]
    elif mark == "internal" and message.from_team and (message.publish_at or not message.is_note):
        try:
            sentence = convert_to_note(message, message.author)
        except ConflictError:
            return Result(
                "done",
                "An edit that came too late.",
                message.ticket_id,
                [ephemeral_replies.reply_sentence(event, TOO_LATE_MESSAGE)],
            )
        answers = [ephemeral_replies.reply_sentence(event, sentence)]
    for file_id in event.deleted_files:
        tickets.withdraw_files(message, file_id, DELETED_FILE_REASON)
    if added := incoming_files.find_added(event.files, message):
        organization_id = None if message.from_team else message.organization_id
        tickets.add_files(message, incoming_files.build_attachments(added, context, message.author, organization_id))
    tickets.edit_message(message, editor=None, body=_strip_prefix(event, message.from_team))
    return Result("done", "An edit.", message.ticket_id, answers)


def handle_delete(event: DeletionEvent, context: EventContext) -> Result:
    """Apply the deletion of a message, also where the deletion arrives before the message."""
    thread = deleted_cards.find_or_record_thread(event)
    if thread is None:
        return ignored_result("Not in a ticket's thread.")
    message = thread_lookup.find_message(thread, event.external_id)
    if message is None:
        return ignored_result(thread_lookup.early_deletion_result(event.external_id))
    if message.organization_id != thread.organization_id:
        return ignored_result(MOVED)
    tickets.delete_message(message, editor=None)
    answers = (
        [ephemeral_replies.reply_sentence(event, ALREADY_MAILED_MESSAGE)]
        if message.from_team and _was_mailed(message) and event.author_id
        else []
    )
    return Result("done", "A deletion.", message.ticket_id, answers)


def mark_as_note(message: Message) -> None:
    """Show by a reaction on an agent's Slack message that it is a note now."""
    thread = db.session.get(Thread, message.origin_thread_id) if message.origin_thread_id else None
    if thread is not None:
        for marker in ("public", "held"):
            _enqueue_marker(thread, message.origin_external_id, marker, "reactions.remove")
        _enqueue_marker(thread, message.origin_external_id, "internal")


def mark_as_published(message: Message) -> None:
    """Show by a reaction on an agent's Slack message that it went out: it waited until now."""
    thread = db.session.get(Thread, message.origin_thread_id) if message.origin_thread_id else None
    if thread is not None and thread.channel.kind == "slack":
        _enqueue_marker(thread, message.origin_external_id, "held", "reactions.remove")
        _enqueue_marker(thread, message.origin_external_id, "public")


def convert_to_note(message: Message, agent: User, also_late: bool = False) -> str:
    """Make an agent's reply a note. Returns the sentence about what was taken back, and what could not be."""
    copies = visibility.find_copies(message)
    tickets.convert_to_note(message, editor=agent, also_late=also_late)
    mark_as_note(message)
    return visibility.describe_withdrawal(message, copies, agent)


def _handle_message_of_no_ticket(event: MessageEvent, context: EventContext) -> Result:
    """Handle a message outside tickets' threads. An agent who writes below the card of a ticket that has left this
    customer is notified; below one of which nobody knows whose it was, the team is, too.
    """
    if event.is_bot or event.thread_id is None or authors.resolve_agent(event, context) is None:
        return customer_tickets.handle_message(event, context)
    answers = [ephemeral_replies.reply_sentence(event, DETACHED_THREAD_MESSAGE)]
    if thread_lookup.has_ticket_left(event.channel_id, event.thread_id):
        return Result("ignored", "Its ticket has left this customer.", None, answers)
    if deleted_cards.find(event.channel_id, event.thread_id) is None:
        return customer_tickets.handle_message(event, context)
    deleted_cards.notify_team(thread_lookup.find_channel(event.channel_id), event.thread_id)
    return Result("ignored", deleted_cards.UNMATCHED, None, answers)


def _undo_mode(thread: Thread) -> str:
    return thread.channel.undo_mode or settings.get("slack_undo_mode")


def _handle_agent_message(event: MessageEvent, thread: Thread, agent: User, context: EventContext) -> Result:
    mark = event.visibility or ("internal" if thread.channel.internal_by_default else "public")
    fields = {
        "author": agent,
        "body": event.body,
        "origin": thread,
        "origin_external_id": event.external_id,
        "attachments": incoming_files.build_attachments(event.files, context, agent),
    }
    if mark == "internal":
        note = tickets.add_note(thread.ticket, **fields)
        note.origin_edited = event.edited_ts or None
        _enqueue_marker(thread, event.external_id, "internal")
        warning = gettext(
            "Kept as a note for the team. But everybody in %(channel)s has already seen it, customers too. "
            "Write notes in the team's channel or in the portal.",
            channel=thread.channel.label,
        )
        return Result(
            "done",
            "A note.",
            note.ticket_id,
            [ephemeral_replies.reply_sentence(event, warning)] if thread.is_customers else [],
        )
    undo = timedelta(seconds=settings.get("undo_seconds"))
    is_held = bool(undo) and _undo_mode(thread) == "hold"
    if is_held:
        reply = tickets.hold_reply(thread.ticket, publish_at=clock.now() + undo, **fields)
    else:
        reply = tickets.reply(thread.ticket, release_at=clock.now() + undo, **fields)
    reply.origin_edited = event.edited_ts or None
    _enqueue_marker(thread, event.external_id, "held" if is_held else "public")
    content = visibility.pending_notice(reply, thread, undo)
    return Result("done", "A reply.", reply.ticket_id, [ephemeral_replies.reply_ephemerally(event, content)])


def _handle_customer_message(event: MessageEvent, thread: Thread, context: EventContext) -> Result:
    profile = context.profiles.get(event.author_id)
    customer = authors.find_customer(profile, thread, context.ourselves, event)
    if customer is None:
        return Result(
            "ignored",
            "Not from an agent.",
            None,
            [ephemeral_replies.reply_ephemerally(event, blocks.agents_only_notice(settings.get("portal_name")))],
        )
    if event.is_ext_shared:
        thread.channel.is_shared = True  # the event that says so may have been lost
    user = customer if isinstance(customer, User) else None
    attachments = incoming_files.build_attachments(event.files, context, user, thread.organization_id)
    body, position = _strip_prefix(event, False), {"origin": thread, "origin_external_id": event.external_id}
    if user is None:
        message = tickets.reply_from_outside(
            thread.ticket,
            name=profile.name[:200],
            picture=profile.picture[:500] or None,
            body=body,
            attachments=attachments,
            **position,
        )
    else:
        try:
            with db.session.begin_nested():
                message = tickets.reply(thread.ticket, author=user, body=body, attachments=attachments, **position)
        except ConflictError:
            token = f"slack {event.channel_id} {event.external_id}"[:64]
            new = tickets.create_follow_up(
                thread.ticket, requester=user, body=body, form_token=token, attachments=attachments, **position
            )
            sentence = gettext(
                "This ticket is closed, so what you wrote became the new ticket #%(number)s.", number=new.number
            )
            return Result("done", "A follow-up.", new.id, [ephemeral_replies.reply_sentence(event, sentence)])
    message.origin_edited = event.edited_ts or None
    return Result("done", "A customer's reply.", message.ticket_id)


def _strip_prefix(event: MessageEvent, from_team: bool) -> str:
    """Return the body without its prefix for the team; a customer who writes "note:" means the word."""
    return event.body if from_team else (event.whole or event.body)


def _is_later(stamp: str, known: str | None) -> bool:
    try:
        return not known or float(stamp or 0) > float(known)
    except ValueError:
        return False


def _is_next(event: EditEvent, message: Message) -> bool:
    """Return whether the edit was made in the same second as the last one, and of the words that one left: Slack's time
    of an edit has whole seconds.
    """
    is_same_second = bool(event.edited_ts) and event.edited_ts == message.origin_edited
    return is_same_second and message.body in (event.previous.strip(), event.previous_whole.strip())


def _was_mailed(message: Message) -> bool:
    mailed = (
        select(Delivery.id)
        .join(Thread, Thread.id == Delivery.thread_id)
        .join(Channel, Channel.id == Thread.channel_id)
        .where(Delivery.message_id == message.id, Delivery.state == DeliveryState.sent, Channel.kind == "email")
    )
    return db.session.scalar(mailed.limit(1)) is not None


def _enqueue_marker(thread: Thread, ts: str, visibility: str, method: str = "reactions.add") -> None:
    put = outbox.enqueue_delivery(
        thread, DeliveryKind.mark, queue_key="card", method=method, timestamp=ts, name=blocks.MARKER_EMOJI[visibility]
    )
    jobs.enqueue_after_commit("deliver", put.id)
