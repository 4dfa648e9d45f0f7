"""Customers' messages in their own channel outside any ticket's thread: each becomes a ticket, or its author is asked
or informed. The setting slack_customer_messages chooses; no message is ignored without a sentence to its author.
"""

from helpdesk import urls
from helpdesk.channels.slack import origin_threads
from helpdesk.channels.slack.api import directory
from helpdesk.channels.slack.api.requests import SlackRequest
from helpdesk.channels.slack.handlers import authors, ephemeral_replies, incoming_files, thread_lookup
from helpdesk.channels.slack.handlers.context import CustomerMessage, EventContext
from helpdesk.channels.slack.parse.event_types import ActionEvent, MessageEvent, ShortcutEvent, SlackEvent
from helpdesk.channels.slack.render import blocks
from helpdesk.domain import email_address, tickets
from helpdesk.domain.administration import settings
from helpdesk.domain.inbox.results import Result, ignored_result
from helpdesk.domain.outbox import errors
from helpdesk.domain.people import admission, users
from helpdesk.extensions import db
from helpdesk.markup import markdown_rendering
from helpdesk.models.channel import Channel
from helpdesk.models.message import Message
from helpdesk.models.organization import Organization
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import gettext, lazy_gettext

MAX_SUBJECT_WORDS_LENGTH = 80  # characters of a message's first line that become the subject
NEVER_MESSAGE = lazy_gettext(
    "Messages in this channel are not filed as tickets, so support may not see this one. Write in a ticket's thread, "
    "or file a ticket in the portal:"
)
UNKNOWN_MESSAGE = lazy_gettext(
    "You are not known here as a customer, so support may not see this message. File a ticket in the portal:"
)
PROGRAM_MESSAGE = lazy_gettext("An app wrote this in your name, so it was not sent to anybody. Write it yourself.")
ASKED, INFORMED = "Its author was asked.", "Its author was informed."
# An address is needed for every requester; this domain exists nowhere (RFC 2606), so nothing is ever sent to it.
SLACK_ONLY_DOMAIN = "slack.invalid"
SLACK_ONLY_REASON = "This person is known from Slack only."


def find_customers_channel(channel_id: str) -> Channel | None:
    """Return the channel in use of a customer with this Slack id."""
    channel = thread_lookup.find_channel(channel_id)
    return channel if channel is not None and channel.audience == "customer" and not channel.removed_at else None


def handle_message(event: MessageEvent, context: EventContext) -> Result:
    """Handle a message that is in no ticket's thread."""
    channel = find_customers_channel(event.channel_id)
    profile = context.profiles.get(event.author_id)
    if channel is None or event.kind != "message":
        return ignored_result("Not in a ticket's thread.")
    if profile is None or not authors.is_possible_customer(profile, context.ourselves, event):
        return ignored_result("Not a customer's message.")
    if authors.find_customer_in(profile, channel, context.ourselves, event) is None:
        content = blocks.link_line(UNKNOWN_MESSAGE, gettext("New ticket"), urls.absolute_url("/tickets/new"))
        answers = [] if event.is_bot else [ephemeral_replies.reply_ephemerally(event, content)]
        return Result("ignored", "Not a customer of this channel.", None, answers)
    if event.is_bot:
        return refuse_program(event, context)
    early_change = thread_lookup.find_early_change(event)
    if early_change == thread_lookup.DELETED:
        return ignored_result("It was deleted before it came.")
    choice = settings.get("slack_customer_messages")
    if choice == "always" and early_change == thread_lookup.CHANGED:
        if not context.is_read_again:
            raise errors.TemporaryError("It was edited in this moment, and is read again.")
        return file_ticket(context.offered, event, context) if context.offered else ignored_result("It is gone.")
    if choice == "always":
        message = CustomerMessage(
            event.channel_id,
            event.external_id,
            event.thread_id,
            event.whole or event.body,
            event.files,
            event.author_id,
        )
        return file_ticket(message, event, context)
    if thread_lookup.was_handled(event, (ASKED, INFORMED)):
        return ignored_result("Known already.")
    if choice == "never":
        content = blocks.link_line(NEVER_MESSAGE, gettext("New ticket"), urls.absolute_url("/tickets/new"))
        return Result("done", INFORMED, None, [ephemeral_replies.reply_ephemerally(event, content)])
    content = blocks.file_offer(f"{event.external_id}:{event.thread_id or ''}")
    return Result("done", ASKED, None, [ephemeral_replies.reply_ephemerally(event, content)])


def refuse_program(event: MessageEvent, context: EventContext) -> Result:
    """Refuse what a program wrote; where it did so with a person's token, that person is informed.

    Slack gives every message that comes by the Web API the ``bot_id`` of its app, also one in a person's name
    (claude-threads#526).
    """
    profile = context.profiles.get(event.author_id)
    if profile is None or profile.is_bot:
        return ignored_result("A program's message.")
    answer = ephemeral_replies.reply_sentence(event, PROGRAM_MESSAGE)
    return Result("ignored", "A program's message in a person's name.", None, [answer])


def handle_offer(event: ActionEvent, context: EventContext) -> Result:
    """Apply the answer to the question whether a message is a ticket: file it, or take the question away."""
    if event.action_id == "dismiss_offer":
        return Result("done", "No ticket.", None, [ephemeral_replies.replace_ephemeral(event, "Not filed.")])
    message = context.offered
    if message is None or message.author_id != event.author_id:
        sentence = gettext("This message is gone from Slack, so it was not filed.")
        return Result("ignored", sentence, None, [ephemeral_replies.replace_ephemeral(event, sentence)])
    return file_ticket(message, event, context)


def handle_shortcut(event: ShortcutEvent, context: EventContext) -> Result:
    """File the message on which a customer used the shortcut."""
    place = event.channel_id, event.external_id, event.thread_id
    message = CustomerMessage(*place, event.body, event.files, event.author_id)
    return file_ticket(message, event, context)


def file_ticket(message: CustomerMessage, event: SlackEvent, context: EventContext) -> Result:
    """Make a ticket of a customer's message. Its thread is one of the ticket's, where it is no other ticket's."""
    channel = find_customers_channel(message.channel_id)
    profile = context.profiles.get(event.author_id)
    who = authors.find_customer_in(profile, channel, context.ourselves, event) if channel is not None else None
    if channel is None or who is None:
        return Result("ignored", "Not a customer.", None, [_answer(event, blocks.agents_only_notice())])
    known = thread_lookup.find_thread(message.channel_id, message.thread_ts or message.ts)
    if known is not None and message.thread_ts is None:
        # The same message may come as several events (node-slack-sdk#2141).
        answers = [] if isinstance(event, MessageEvent) else [_answer(event, _filed_line(known.ticket))]
        return Result("done", "Filed already.", known.ticket_id, answers)
    organization = db.session.get_one(Organization, channel.organization_id)
    requester = who if isinstance(who, User) else _find_or_create_requester(who, organization)
    filed_ts = message.ts if isinstance(event, MessageEvent) else origin_threads.format_ts(event.when)
    origin = origin_threads.find_origin(channel, message.thread_ts or message.ts, organization.id, filed_ts)
    ticket = tickets.create_ticket(
        requester=requester,
        organization_id=organization.id,
        subject=_subject(message.body),
        body=message.body,
        attachments=incoming_files.build_attachments(message.files, context, requester, organization.id),
        form_token=f"slack {message.channel_id} {message.ts}"[:64],
        origin_thread=origin,
    )
    if origin is not None:
        _link_first_message(ticket, channel, message)
    return Result("done", "A customer's ticket.", ticket.id, [_answer(event, _filed_line(ticket))])


def _answer(event: SlackEvent, content: dict) -> SlackRequest:
    if isinstance(event, ActionEvent):
        return ephemeral_replies.replace_ephemeral_content(event, content)
    return ephemeral_replies.reply_ephemerally(event, content)


def _filed_line(ticket: Ticket) -> dict:
    hint = gettext("Answers come in this thread.")
    return blocks.link_line(
        gettext("Filed as"), f"#{ticket.number} {ticket.subject}", urls.ticket_url(ticket.number), hint
    )


def _subject(body: str) -> str:
    lines = [markdown_rendering.make_excerpt(line, MAX_SUBJECT_WORDS_LENGTH).strip() for line in body.splitlines()]
    with_words = [line for line in lines if any(character.isalnum() for character in line)]
    with_signs = [line for line in lines if any(character.isprintable() for character in line)]
    return next(iter(with_words + with_signs), gettext("Files from Slack"))


def _link_first_message(ticket: Ticket, channel: Channel, message: CustomerMessage) -> None:
    """Let edits and the deletion of the Slack message follow: it is the ticket's first message."""
    thread = db.session.query(Thread).filter_by(ticket_id=ticket.id, channel_id=channel.id).one()
    first = db.session.query(Message).filter_by(ticket_id=ticket.id, seq=1).one()
    if first.origin_thread_id is None:
        first.origin_thread_id, first.origin_external_id = thread.id, message.ts


def _find_or_create_requester(profile: directory.Profile, organization: Organization) -> User:
    """Return the user for a customer of a shared channel: with their own address where Slack gives one that the
    organization admits, else with one that no mail is sent to.
    """
    try:
        address = email_address.canonical_address(profile.email)
        is_admitted = organization.id in {each.id for each in admission.admitting_organizations(address)}
    except ValueError:
        address, is_admitted = "", False
    if not is_admitted or users.find_user(address) is not None:
        address = f"{profile.id.lower()}@{SLACK_ONLY_DOMAIN}"
    user = users.find_user(address) or users.create_user(address, name=profile.name[:200], organization=organization)
    if address.endswith(f"@{SLACK_ONLY_DOMAIN}"):
        user.email_undeliverable_reason = SLACK_ONLY_REASON
    if user.organization_id != organization.id:
        user.organization = organization
    user.picture_url = user.picture_url or profile.picture[:500] or None
    return user
