"""Buttons and reactions: what agents do to a ticket without a word."""

from helpdesk.channels.values import Heard
from helpdesk.domain import outbox, tickets
from helpdesk.domain.errors import Conflict
from helpdesk.domain.inbox.from_slack import places, speakers, speaking, telling
from helpdesk.domain.inbox.from_slack.understood import Understood
from helpdesk.domain.inbox.results import Result, ignored
from helpdesk.extensions import db
from helpdesk.models.channels import Thread
from helpdesk.models.people import User
from helpdesk.models.tickets import Message, Priority, Ticket


def action(heard: Heard, understood: Understood) -> Result:
    """Somebody pressed a button of a card, or of what we whispered to them."""
    name = heard.data.get("action_id")
    if name not in ON_CARD and name not in ON_PROMISE:
        return ignored("No button of ours that does anything.")
    agent = speakers.agent(heard, understood)
    if agent is None:
        return Result("ignored", "Not an agent.", None, [telling.say(heard, telling.AGENTS_ONLY)])
    if name in ON_PROMISE:
        return _on_promise(heard, agent, ON_PROMISE[name])
    ticket = ticket_of(heard)
    if ticket is None:
        return ignored("A card of no ticket.")
    ON_CARD[name](ticket, agent)
    return Result("done", f"The button {name}.", ticket.id)


def reaction(heard: Heard, understood: Understood) -> Result:
    """An agent reacted to a card; taking a reaction back does nothing."""
    verb = ON_REACTION.get(heard.data.get("name")) if heard.data.get("added") else None
    thread = places.thread(heard.channel_id, heard.external_id) if verb else None
    if thread is None or not places.is_connected(thread):
        return ignored("No reaction we act on.")
    agent = speakers.agent(heard, understood)
    if agent is None:
        return ignored("Not an agent's reaction.")
    verb(thread.ticket, agent)
    return Result("done", f"A reaction: {heard.data['name']}.", thread.ticket_id)


def ticket_of(heard: Heard) -> Ticket | None:
    """The ticket whose card bears the pressed button: by its place, else by its number if the ticket lives in that channel."""
    thread = places.thread(heard.channel_id, heard.external_id)
    if thread is not None:
        return thread.ticket
    number, channel = str(heard.data.get("value") or ""), places.channel(heard.channel_id)
    if channel is None or not number.isdecimal() or len(number) > 18:
        return None
    ticket = db.session.get(Ticket, int(number))
    if ticket is None or (channel.audience == "customer" and channel.organization_id != ticket.organization_id):
        return None
    return ticket


def _take(ticket: Ticket, agent: User) -> None:
    tickets.assign(ticket, agent, actor=agent)


def _solve(ticket: Ticket, agent: User) -> None:
    tickets.solve(ticket, actor=agent)


def _reopen(ticket: Ticket, agent: User) -> None:
    tickets.reopen(ticket, actor=agent)


def _make_urgent(ticket: Ticket, agent: User) -> None:
    tickets.set_priority(ticket, Priority.urgent, actor=agent)


def _on_promise(heard: Heard, agent: User, verb) -> Result:
    number = str(heard.data.get("value") or "")
    message = db.session.get(Message, int(number)) if number.isdecimal() and len(number) < 19 else None
    origin = db.session.get(Thread, message.origin_thread_id) if message and message.origin_thread_id else None
    if origin is None or origin.channel.external_id != heard.channel_id:
        return Result("ignored", "A message that is gone.", None, [telling.replace(heard, "This message is gone.")])
    try:
        sentence = verb(message, agent)
    except Conflict as late:
        sentence = late.sentence
    return Result("done", sentence, message.ticket_id, [telling.replace(heard, sentence)])


def _make_internal(message: Message, agent: User) -> str:
    if message.deleted_at:
        return "This message was deleted."
    if not message.is_note:
        tickets.make_note(message, editor=agent)
        speaking.remark(message)
    return speaking.now_a_note(message)


def _send_now(message: Message, agent: User) -> str:
    if message.deleted_at:
        return "This message was deleted, so no email leaves."
    if message.is_note:
        return "This is a note, so no email leaves."
    outbox.send_now(message, actor=agent)
    return "The email is on its way."


ON_CARD = {"take_it": _take, "solve": _solve, "reopen": _reopen}
ON_PROMISE = {"make_internal": _make_internal, "send_now": _send_now}
ON_REACTION = {"eyes": _take, "white_check_mark": _solve, "rotating_light": _make_urgent}
