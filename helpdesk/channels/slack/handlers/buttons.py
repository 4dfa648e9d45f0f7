"""Apply pressed buttons and reactions: what agents do to a ticket without writing."""

from collections.abc import Callable

from helpdesk.channels.slack import visibility
from helpdesk.channels.slack.handlers import authors, customer_tickets, ephemeral_replies, messages, thread_lookup
from helpdesk.channels.slack.handlers.context import EventContext
from helpdesk.channels.slack.parse.event_types import ActionEvent, ReactionEvent
from helpdesk.database.row_ids import parse_id
from helpdesk.domain import outbox, tickets
from helpdesk.domain.errors import ConflictError
from helpdesk.domain.inbox.results import Result, ignored_result
from helpdesk.domain.people import permissions
from helpdesk.domain.tickets import reactions
from helpdesk.extensions import db
from helpdesk.models.message import Message
from helpdesk.models.priorities import HIGHEST_PRIORITY
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import format_list, gettext, lazy_gettext


def handle_button(event: ActionEvent, context: EventContext) -> Result:
    """Apply a pressed button of a card or of an ephemeral message."""
    name = event.action_id
    if name in OFFER_ACTIONS:
        return customer_tickets.handle_offer(event, context)
    if name not in CARD_ACTIONS and name not in PENDING_MESSAGE_ACTIONS:
        return ignored_result("No button of ours that does anything.")
    agent = authors.resolve_agent(event, context)
    if agent is None:
        return Result(
            "ignored",
            "Not an agent.",
            None,
            [ephemeral_replies.reply_sentence(event, ephemeral_replies.AGENTS_ONLY_MESSAGE)],
        )
    if name in PENDING_MESSAGE_ACTIONS:
        return _act_on_pending_message(event, agent, PENDING_MESSAGE_ACTIONS[name])
    ticket = find_ticket(event)
    if ticket is None:
        return ignored_result("A card of no ticket.")
    CARD_ACTIONS[name](ticket, agent)
    answers = []
    if event.container == "ephemeral":  # a card changes by itself, a list does not
        answers = [ephemeral_replies.reply_sentence(event, DONE_SENTENCES[name].format(number=ticket.number))]
    return Result("done", f"The button {name}.", ticket.id, answers)


def handle_reaction(event: ReactionEvent, context: EventContext) -> Result:
    """Apply an agent's reaction to a card that has a meaning; store every other one to a message or a card."""
    found = thread_lookup.find_reacted(event.channel_id, event.external_id)
    if found is None or not thread_lookup.is_active_thread(found[0]):
        return ignored_result("No reaction we act on.")
    thread, message = found
    agent = authors.resolve_agent(event, context)
    verb = REACTION_ACTIONS.get(event.name) if thread.external_id == event.external_id else None
    if verb is None:
        return _record_reaction(event, context, thread, message, agent)
    if agent is None:
        return ignored_result("Not an agent's reaction.")
    if not event.added:
        return ignored_result("Taking it away undoes nothing.")
    verb(thread.ticket, agent)
    return Result("done", f"A reaction: {event.name}.", thread.ticket_id)


def _record_reaction(
    event: ReactionEvent, context: EventContext, thread: Thread, message: Message, agent: User | None
) -> Result:
    profile = context.profiles.get(event.author_id)
    author = agent or authors.find_customer(profile, thread, context.ourselves, event)
    if author is None:
        return ignored_result("A reaction of nobody who may write here.")
    person = author if isinstance(author, User) else reactions.Outsider(author.id, author.name)
    reactions.record_reaction(message, event.emoji, thread=thread, author=person, is_added=event.added)
    return Result("done", f"A reaction to a message: {event.name}.", message.ticket_id)


def find_ticket(event: ActionEvent) -> Ticket | None:
    """Return the ticket whose card or row has the pressed button: by its thread, else by its number, in a channel that
    the ticket may be named in.
    """
    thread = thread_lookup.find_thread(event.channel_id, event.external_id)
    if thread is not None:
        return thread.ticket
    channel = thread_lookup.find_channel(event.channel_id)
    ticket = db.session.get(Ticket, parse_id(str(event.value or "")) or 0)
    if event.container in {"ephemeral", "view"}:
        return ticket  # a list or a card that only the agent sees
    if channel is None:
        return None
    if ticket is None or (channel.audience == "customer" and channel.organization_id != ticket.organization_id):
        return None
    return ticket


def _assign_to_self(ticket: Ticket, agent: User) -> None:
    tickets.assign(ticket, agent, actor=agent)


def _solve(ticket: Ticket, agent: User) -> None:
    tickets.solve(ticket, actor=agent)


def _reopen(ticket: Ticket, agent: User) -> None:
    tickets.reopen(ticket, actor=agent)


def _set_urgent(ticket: Ticket, agent: User) -> None:
    tickets.set_priority(ticket, HIGHEST_PRIORITY, actor=agent)


def _act_on_pending_message(event: ActionEvent, agent: User, action: Callable[[Message, User], str]) -> Result:
    message = db.session.get(Message, parse_id(str(event.value or "")) or 0)
    origin = db.session.get(Thread, message.origin_thread_id) if message and message.origin_thread_id else None
    is_elsewhere = origin is not None and origin.channel.external_id != event.channel_id
    if message is None or not message.from_team or is_elsewhere:
        return Result(
            "ignored",
            "A message that is gone.",
            None,
            [ephemeral_replies.replace_ephemeral(event, gettext("This message is gone."))],
        )
    try:
        sentence = action(message, agent)
    except ConflictError as conflict:
        sentence = conflict.message
    return Result("done", sentence, message.ticket_id, [ephemeral_replies.replace_ephemeral(event, sentence)])


def _convert_to_note(message: Message, agent: User) -> str:
    if message.deleted_at:
        return gettext("This message was deleted.")
    if message.is_note and message.publish_at is None:
        return gettext("This is a note already.")
    return messages.convert_to_note(message, agent, also_late=True)


def _end_undo_window(message: Message, agent: User) -> str:
    mailed = tuple(name for name, _ in visibility.find_copies(message).mailed)
    left = ""
    if mailed:
        left = " " + gettext("The email to %(names)s had left before.", names=format_list(mailed, "unit"))
    if message.deleted_at:
        return gettext("This message was deleted, so nothing more leaves.") + left
    if message.publish_at is not None:
        permissions.ensure(permissions.can_manage(agent, message.ticket), gettext("Only the team can do this."))
        tickets.publish_held(message)
        origin = db.session.get(Thread, message.origin_thread_id)
        return visibility.describe_reply(message, origin) if not message.is_note else gettext("It stays a note.")
    if message.is_note:
        return gettext("This is a note, so nothing leaves.") + left
    waiting = visibility.find_waiting(message)
    outbox.end_undo_window(message, actor=agent)
    return waiting or gettext("It has gone everywhere already.") + left


CARD_ACTIONS = {"take_it": _assign_to_self, "solve": _solve, "reopen": _reopen}
DONE_SENTENCES = {
    "take_it": lazy_gettext("#{number} is yours."),
    "solve": lazy_gettext("#{number} is solved."),
    "reopen": lazy_gettext("#{number} is open again."),
}
PENDING_MESSAGE_ACTIONS = {"make_internal": _convert_to_note, "send_now": _end_undo_window}
OFFER_ACTIONS = {"file_message", "dismiss_offer"}
REACTION_ACTIONS = {"eyes": _assign_to_self, "white_check_mark": _solve, "rotating_light": _set_urgent}
