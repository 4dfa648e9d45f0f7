"""Open modals within the request itself, because Slack allows three seconds after a click; nothing is stored here."""

import logging

from helpdesk import config
from helpdesk.channels import slack
from helpdesk.channels.slack import origin_threads
from helpdesk.channels.slack.api import client as clients
from helpdesk.channels.slack.api import directory
from helpdesk.channels.slack.api.requests import SlackRequest, response_url_request, web_api_request
from helpdesk.channels.slack.handlers import (
    authors,
    buttons,
    create_ticket_modal,
    customer_tickets,
    edit_ticket_modal,
    ephemeral_replies,
    reply_modal,
    thread_lookup,
)
from helpdesk.channels.slack.parse import envelopes
from helpdesk.channels.slack.parse.event_types import ActionEvent, CommandEvent, ShortcutEvent, SlackEvent
from helpdesk.channels.slack.parse.events import BotIdentity
from helpdesk.channels.slack.render import blocks
from helpdesk.database import transactions
from helpdesk.database.row_ids import parse_id
from helpdesk.domain.outbox.errors import ChannelError, PermanentError
from helpdesk.domain.people import admission
from helpdesk.extensions import db
from helpdesk.models.ticket import MAX_SUBJECT_LENGTH
from helpdesk.models.user import User
from helpdesk.translation import gettext, lazy_gettext

OPEN_TIMEOUT_SECONDS = 2.5  # seconds for each call; Slack accepts the modal for three
MODAL_KINDS = {"edit", "reply", "new_ticket", "choose_form", "choose_canned"}

GONE_MESSAGE = lazy_gettext("This ticket is gone.")

log = logging.getLogger(__name__)


def open_requested_modal(payload: dict) -> bool:
    """Open the modal that ``payload`` asks for. False where it asks for none, and must be stored like everything
    else.
    """
    if envelopes.payload_kind(payload) not in {"action", "command"}:
        return False
    events = [event for event in slack.parse_payload(payload) if _opens_modal(event)]
    for event in events:
        client = clients.Client(
            config.current().SLACK_BOT_TOKEN, config.current().SLACK_API_URL or clients.SLACK, OPEN_TIMEOUT_SECONDS
        )
        try:
            answer = _respond(event, client)
            if answer is None:
                return False
            slack.send(answer, client)
        except ChannelError as error:
            log.warning("A form could not be opened in Slack: %s", error.reason)
            _show_error(event, client, error)
    return bool(events)


def _opens_modal(event: SlackEvent) -> bool:
    match event:
        case ActionEvent():
            return event.action_id in MODAL_KINDS
        case CommandEvent():
            return event.verb == "create"
    return isinstance(event, ShortcutEvent)


def _respond(event: SlackEvent, client: clients.Client) -> SlackRequest | None:
    """Return the request that opens the modal, or the answer why not; None for what a worker does without a modal."""
    ourselves = directory.get_bot_identity(client)
    profile = directory.find_author(event, ourselves, client)
    author = _message_author(event, client)
    with transactions.read_only():
        agent = authors.find_agent(profile, ourselves, event)
        if agent is None:
            return None if _is_customers_shortcut(event, profile, ourselves) else _refusal_reply(event)
        if isinstance(event, ActionEvent) and event.action_id in {"edit", "reply"}:
            ticket = buttons.find_ticket(event)
            if ticket is None:
                return ephemeral_replies.reply_sentence(event, GONE_MESSAGE)
            form = edit_ticket_modal if event.action_id == "edit" else reply_modal
            return _open_view(event, form.render_modal(ticket, agent, event))
        if isinstance(event, ActionEvent) and event.action_id == "choose_canned":
            view = reply_modal.render_with_canned_reply(event, agent)
            return _update_view(event, view) if view else ephemeral_replies.reply_sentence(event, GONE_MESSAGE)
        if isinstance(event, ActionEvent) and event.action_id == "choose_form":
            view = create_ticket_modal.render_modal(_typed_values(event), agent)
            return _update_view(event, view)
        return _open_view(event, create_ticket_modal.render_modal(_initial_draft(event, author, ourselves), agent))


def _is_customers_shortcut(event: SlackEvent, profile: directory.Profile | None, ourselves: BotIdentity) -> bool:
    if not isinstance(event, ShortcutEvent) or not event.external_id:
        return False
    channel = customer_tickets.find_customers_channel(event.channel_id)
    return channel is not None and authors.find_customer_in(profile, channel, ourselves, event) is not None


def _update_view(event: ActionEvent, view: dict) -> SlackRequest:
    return web_api_request("views.update", {"view_id": event.view_id, "hash": event.hash or None, "view": view})


def _open_view(event: SlackEvent, view: dict) -> SlackRequest:
    return web_api_request("views.open", {"trigger_id": event.trigger_id, "view": view})


def _refusal_reply(event: SlackEvent) -> SlackRequest:
    url = event.response_url
    if url:
        return response_url_request(
            url,
            response_type="ephemeral",
            replace_original=False,
            **blocks.notice(ephemeral_replies.AGENTS_ONLY_MESSAGE),
        )
    return ephemeral_replies.reply_sentence(event, ephemeral_replies.AGENTS_ONLY_MESSAGE)


def _show_error(event: SlackEvent, client: clients.Client, error: ChannelError) -> None:
    """Tell the person, where they pressed or typed it; of a button of the home page or of a modal directly."""
    content = blocks.notice(gettext("The form could not be opened. %(reason)s", reason=error.reason))
    url = event.response_url
    try:
        if url:
            answer = response_url_request(
                url, event.author_id, response_type="ephemeral", replace_original=False, **content
            )
        else:
            answer = web_api_request("chat.postMessage", {"channel": event.author_id, **content})
        slack.send(answer, client)
    except ChannelError as second_error:
        log.info("Nor could that be said: %s", second_error.reason)


def _message_author(event: SlackEvent, client: clients.Client) -> directory.Profile | None:
    if not isinstance(event, ShortcutEvent) or not event.message_author or event.message_bot:
        return None
    try:
        return directory.get_profile(event.message_author, client)
    except PermanentError:
        return None


def _initial_draft(
    event: SlackEvent, author: directory.Profile | None, ourselves: BotIdentity
) -> create_ticket_modal.TicketDraft:
    """Return the initial values of a new ticket from a command, a shortcut or the home page's button."""
    channel = thread_lookup.find_channel(event.channel_id) if event.channel_id else None
    organization_id = channel.organization_id if channel is not None else None
    email = author.email if author is not None and authors.find_agent(author, ourselves) is None else ""
    user = db.session.query(User).filter_by(email=email.lower()).first() if email else None
    if user is not None and user.is_team:
        email = ""
    admitting = admission.admitting_organizations(email.lower()) if email else []
    if organization_id is None and admitting:
        organization_id = admitting[0].id
    if organization_id not in {each.id for each in admitting}:
        email = ""
    origin = {"channel": event.channel_id, "url": event.response_url or ""}
    if isinstance(event, ShortcutEvent) and event.external_id:
        origin |= {
            "thread": event.thread_id or event.external_id,
            "chosen": origin_threads.format_ts(event.when),
            "files": [each.external_id for each in event.files[:10]],
        }
        text = " ".join(event.body.split())
        return create_ticket_modal.TicketDraft(organization_id, "", email, text[:80], event.body, origin)
    subject, _, body = (event.rest if isinstance(event, CommandEvent) else "").partition("\n")
    if len(subject) > MAX_SUBJECT_LENGTH:
        body = f"{subject}\n{body}"  # all of it: a subject cannot hold it
    return create_ticket_modal.TicketDraft(organization_id, subject=subject.strip(), body=body.strip(), origin=origin)


def _typed_values(event: ActionEvent) -> create_ticket_modal.TicketDraft:
    """Return the values typed into a modal in which another form was chosen."""
    values, origin = event.values, event.private
    number = str(values.get("organization") or "")
    return create_ticket_modal.TicketDraft(
        organization_id=parse_id(number),
        form=str(values.get("form") or ""),
        requester=str(values.get("requester") or ""),
        subject=str(values.get("subject") or ""),
        body=blocks.body_from_values(values, origin.get("glue")),
        origin=origin,
    )
