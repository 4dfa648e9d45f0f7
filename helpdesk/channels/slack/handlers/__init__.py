"""Apply events from Slack: fetch what must be asked of Slack first, then do everything else in one transaction."""

import re
from dataclasses import replace

from helpdesk.channels import slack
from helpdesk.channels.slack.api import directory
from helpdesk.channels.slack.api.requests import SlackRequest
from helpdesk.channels.slack.handlers import (
    app_home,
    authors,
    buttons,
    channel_events,
    commands,
    create_ticket_modal,
    customer_tickets,
    deleted_cards,
    deleted_files,
    edit_ticket_modal,
    ephemeral_replies,
    incoming_files,
    messages,
    offered_messages,
    reply_modal,
    thread_lookup,
)
from helpdesk.channels.slack.handlers.context import EventContext
from helpdesk.channels.slack.handlers.open_modal import open_requested_modal
from helpdesk.channels.slack.parse import envelopes, interactions, json_access
from helpdesk.channels.slack.parse.event_types import (
    ActionEvent,
    ChannelChangeEvent,
    CommandEvent,
    EditEvent,
    MessageEvent,
    ModalEvent,
    ShortcutEvent,
    SlackEvent,
)
from helpdesk.channels.slack.parse.events import BotIdentity
from helpdesk.channels.slack.render import blocks
from helpdesk.database import transactions
from helpdesk.domain.administration import settings
from helpdesk.domain.errors import DomainError
from helpdesk.domain.inbox.channel_event import RemoteFile
from helpdesk.domain.inbox.results import Result, ignored_result
from helpdesk.domain.integrations import custom_emoji
from helpdesk.domain.outbox import errors

TS_PATTERN = re.compile(r"\d{10}\.\d{6}")  # Slack's ts; of one length, so that their order is that of texts

__all__ = [
    "answer_submission",
    "answer_suggestion",
    "apply",
    "fetch_context",
    "on_refused",
    "open_requested_modal",
    "ordering_key",
    "position",
]


def ordering_key(payload: dict) -> str | None:
    """Return the key by which events of one Slack thread are applied in the order they arrived."""
    place = thread_lookup.find_root(payload)
    return thread_lookup.ordering_key(*place) if place else None


def position(payload: dict) -> str | None:
    """Return Slack's time of an event, which may arrive after a later one; None for pressed buttons and commands."""
    event = payload.get("event") if envelopes.payload_kind(payload) == "event" else None
    if not isinstance(event, dict):
        return None
    ts = event.get("ts") if event.get("type") == "message" else event.get("event_ts")
    return ts if isinstance(ts, str) and TS_PATTERN.fullmatch(ts) else None


def answer_submission(payload: dict) -> dict:
    """Return the answer to a submitted modal that is not accepted, {} for any other: the mistakes by block, or the
    modal with what is to be asked, too. Slack takes either only in the answer to the request itself.
    """
    if payload.get("type") != "view_submission":
        return {}
    for event in slack.parse_payload(payload):
        if not isinstance(event, ModalEvent) or event.callback_id not in MODALS:
            continue
        form = MODALS[event.callback_id]
        with transactions.read_only():
            if (agent := authors.find_linked(event)) is not None:
                return form.answer_submission(event, agent)
        profile, ourselves = _find_profile(event)
        with transactions.read_only():
            return form.answer_submission(event, authors.find_agent(profile, ourselves, event))
    return {}


def answer_suggestion(payload: dict) -> dict:
    """Return the options for what an agent types into a select of a modal; none for anybody else."""
    event = interactions.parse_suggestion(payload)
    form = MODALS.get(event.callback_id)
    profile, ourselves = _find_profile(event)
    with transactions.read_only():
        agent = authors.find_agent(profile, ourselves, event)
        return form.suggest(event, agent) if form is not None and agent is not None else {"options": []}


def fetch_context(payload: dict) -> EventContext:
    """Parse the payload and fetch everything that must be asked of Slack about it. Raises ChannelError when Slack does
    not answer.
    """
    if _is_irrelevant(payload):
        return EventContext(why_nothing="In no ticket's thread, or known already.")
    events = tuple(each for each in slack.parse_payload(payload, authors.find_name) if each.kind in HANDLERS)
    people = [each for each in events if each.author_id[:1] in {"U", "W"}]
    ourselves = _find_ourselves(events) if people or any(map(_is_uninstallation, events)) else None
    if (
        ourselves
        and envelopes.payload_kind(payload) == "event"
        and not envelopes.is_for_us(payload, ourselves.app_id, ourselves.team_id, ourselves.enterprise_id)
    ):
        return EventContext(why_nothing="For the app in another workspace.")
    changed = [channel_events.fetch_channels(each) for each in events if isinstance(each, ChannelChangeEvent)]
    authors_found = {each.author_id: directory.find_author(each, ourselves) for each in people} if ourselves else {}
    context = EventContext(
        events,
        ourselves or BotIdentity(),
        profiles={id: profile for id, profile in authors_found.items() if profile is not None},
        places={id: channel for channels_now in changed for id, channel in channels_now.items()},
        why_nothing=f"Nothing for us: {envelopes.describe(payload)}.",
    )
    for each in events:
        if isinstance(each, ActionEvent) and each.action_id == "file_message":
            offered = offered_messages.fetch_offered(each)
            context = replace(context, offered=offered)
            if offered is not None:
                context.files.update(incoming_files.fetch_files(offered.files, each))
        elif each.kind == "message" and _was_edited_early(each, context):
            offered = offered_messages.fetch_message(each.channel_id, each.external_id, each.thread_id or "")
            context = replace(context, offered=offered, is_read_again=True)
            if offered is not None:
                context.files.update(incoming_files.fetch_files(offered.files, each))
        elif isinstance(each, ShortcutEvent):
            context.files.update(incoming_files.fetch_files(each.files, each))
        elif isinstance(each, MessageEvent) and each.files and not each.is_bot:
            context.files.update(incoming_files.fetch_files(_find_wanted_files(each, context), each))
        elif isinstance(each, ModalEvent) and each.private.get("files"):
            context.files.update(incoming_files.fetch_files(create_ticket_modal.remote_files(each.private), each))
        elif isinstance(each, CommandEvent):
            with transactions.read_only():
                agent = authors.find_agent(context.profiles.get(each.author_id), context.ourselves, each)
                context.answers.append(commands.answer_command(each, agent))
    return context


def apply(context: EventContext) -> Result:
    """Apply each event of the payload."""
    result = ignored_result(context.why_nothing)
    for event in context.events:
        handler = HANDLERS.get(event.kind)
        if handler:
            result = handler(event, context)
            if isinstance(event, MessageEvent | EditEvent) and result.state == "done":
                custom_emoji.note_names(custom_emoji.find_names(event.body))
    result.answers += context.answers
    return result


def on_refused(context: EventContext, refusal: DomainError) -> list[SlackRequest]:
    """Make the answers that give the author the reason of a refusal; delete the files fetched for it."""
    incoming_files.delete_files(context)
    answers = []
    for event in context.events:
        if isinstance(event, ModalEvent):
            answers += ephemeral_replies.reply_to_modal(event.private, event.author_id, blocks.notice(refusal.message))
        elif event.author_id and event.channel_id:
            answers.append(ephemeral_replies.reply_sentence(event, refusal.message))
    return answers


def _is_irrelevant(payload: dict) -> bool:
    """Return whether it is a message or reaction below no ticket's card, as most of a workspace, or one known already;
    a message in a customer's channel is relevant everywhere.
    """
    if envelopes.payload_kind(payload) != "event":
        return False
    event = payload.get("event") if isinstance(payload.get("event"), dict) else {}
    if json_access.text_or_empty(event.get("type")) not in {"message", "reaction_added", "reaction_removed"}:
        return False
    place = thread_lookup.find_root(payload)
    with transactions.read_only():
        thread = thread_lookup.find_thread(*place) if place else None
        if thread is None and place and event.get("subtype") == "message_deleted":
            thread = thread_lookup.find_thread_of_message(*place)
        if place and thread is None and thread_lookup.may_be_card(*place):
            raise errors.TemporaryError("A card of ours may be what this hangs below; that is found out first.", None)
        if event.get("type") != "message":
            return place is None or thread_lookup.find_reacted(*place) is None
        is_new_message = event.get("type") == "message" and not event.get("hidden")
        if thread is None:
            is_customers = is_new_message and customer_tickets.find_customers_channel(str(event.get("channel")))
            return not is_customers and not (
                place and deleted_cards.is_possible(payload) and deleted_cards.find(*place)
            )
        return is_new_message and thread_lookup.find_message(thread, str(event.get("ts"))) is not None


def _find_profile(event: SlackEvent) -> tuple[directory.Profile | None, BotIdentity]:
    """Return who did ``event`` and who we are; the first is None while Slack does not tell."""
    try:
        ourselves = directory.get_bot_identity()
        return directory.find_author(event, ourselves), ourselves
    except errors.ChannelError:
        return None, BotIdentity()


def _is_uninstallation(event: SlackEvent) -> bool:
    return isinstance(event, ChannelChangeEvent) and event.what == "uninstalled"


def _find_ourselves(events: tuple[SlackEvent, ...]) -> BotIdentity | None:
    try:
        return directory.get_bot_identity()
    except errors.ChannelBlockedError:
        if any(map(_is_uninstallation, events)):
            return None  # the token is no longer valid, as the event says
        raise


def _find_wanted_files(event: MessageEvent, context: EventContext) -> tuple[RemoteFile, ...]:
    """Return the files to fetch: none where their author is neither an agent nor a customer, and of a message that is
    stored already those that an edit added.
    """
    profile = context.profiles.get(event.author_id)
    with transactions.read_only():
        thread = thread_lookup.find_thread_of_event(event) or deleted_cards.find_replacement(event)
        if thread is None:
            return event.files if _is_accepted_customer(event, context) else ()
        message = thread_lookup.find_message(thread, event.external_id)
        if message is not None:
            return incoming_files.find_added(event.files, message) if isinstance(event, EditEvent) else ()
        is_accepted = authors.find_agent(profile, context.ourselves, event) or authors.find_customer(
            profile, thread, context.ourselves, event
        )
        return event.files if is_accepted else ()


def _was_edited_early(event: MessageEvent, context: EventContext) -> bool:
    """Return whether the message is to be filed as a ticket, and an edit of it was received before."""
    with transactions.read_only():
        return (
            not event.is_bot
            and thread_lookup.find_thread_of_event(event) is None
            and _is_accepted_customer(event, context)
            and thread_lookup.find_early_change(event) == thread_lookup.CHANGED
        )


def _is_accepted_customer(event: MessageEvent, context: EventContext) -> bool:
    channel = customer_tickets.find_customers_channel(event.channel_id)
    if channel is None or settings.get("slack_customer_messages") != "always":
        return False
    profile = context.profiles.get(event.author_id)
    return authors.find_customer_in(profile, channel, context.ourselves, event) is not None


def _handle_modal(event: ModalEvent, context: EventContext) -> Result:
    form = MODALS.get(event.callback_id)
    return form.apply_submission(event, context) if form is not None else ignored_result("No form of ours.")


def _handle_command(event: CommandEvent, context: EventContext) -> Result:
    return Result("done", f"/ticket {event.verb}.")


MODALS = {"edit_ticket": edit_ticket_modal, "create_ticket": create_ticket_modal, "reply_ticket": reply_modal}
HANDLERS = {
    "message": messages.handle_message,
    "edit": messages.handle_edit,
    "delete": messages.handle_delete,
    "file_deleted": deleted_files.handle_file_deletion,
    "reaction": buttons.handle_reaction,
    "action": buttons.handle_button,
    "modal": _handle_modal,
    "command": _handle_command,
    "shortcut": customer_tickets.handle_shortcut,
    "home": app_home.handle_home_opened,
    "channel": channel_events.handle_channel_event,
}
