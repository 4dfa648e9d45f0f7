"""Slack as a channel of the outbox and the inbox: one card for each ticket and channel, with the conversation in the
thread below it.
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, or_, select

from helpdesk import jobs
from helpdesk.channels.slack import (
    file_posts,
    former_threads,
    handlers,
    health,
    known_threads,
    message_parts,
    not_found,
    notifications,
    reactions,
)
from helpdesk.channels.slack.api import api_errors, find_message, slack_clock
from helpdesk.channels.slack.api import send as sending
from helpdesk.channels.slack.api.requests import SlackContent, SlackRequest, WebApiCall
from helpdesk.channels.slack.handlers import thread_lookup
from helpdesk.channels.slack.handlers.context import EventContext
from helpdesk.channels.slack.parse import echo_filter, events
from helpdesk.channels.slack.render import preview, web_api_calls
from helpdesk.domain.errors import DomainError
from helpdesk.domain.inbox.channel import Sender, TwoWayChannel
from helpdesk.domain.inbox.results import Result
from helpdesk.domain.outbox.channel import ChannelHealth, Destination, Preview, SendResult
from helpdesk.domain.outbox.enqueue import DeliveryBatch
from helpdesk.domain.outbox.errors import PermanentError
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import lazy_gettext

POSTING_KINDS = frozenset({DeliveryKind.card, DeliveryKind.message, DeliveryKind.line})
# Where a payload names who sent it: an event, one about a changed or deleted message or a person, an interaction, a
# command.
SENDER_PATHS = (
    ("event", "user"),
    ("event", "user", "id"),
    ("event", "message", "user"),
    ("event", "previous_message", "user"),
    ("user", "id"),
    ("user_id",),
)
PROFILE_PATH = ("event", "user", "profile", "email")


def is_direct(request: SlackRequest) -> bool:
    """Return whether ``request`` is a direct message: its channel is the id of a person."""
    return isinstance(request.content, WebApiCall) and request.content.is_direct


class SlackChannel(TwoWayChannel[SlackContent, EventContext]):
    """One installed Slack app. Deliveries to Slack are retried without a time limit."""

    kind = "slack"
    name_prefix = "#"
    threadless_label = lazy_gettext("Slack home pages and direct messages")
    threadless_kinds = frozenset({DeliveryKind.home, DeliveryKind.line})
    has_root_message = True
    removes_copies = True
    gives_up_after = None

    def render(self, delivery: Delivery) -> SlackContent:
        return former_threads.add_former_roots(web_api_calls.render_call(delivery), delivery)

    def render_look_up(self, delivery: Delivery) -> SlackContent | None:
        content = web_api_calls.render_look_up(delivery)
        return former_threads.add_former_roots(content, delivery) if content is not None else None

    def send(self, request: SlackRequest) -> SendResult:
        return sending.send(request)

    def find(self, request: SlackRequest) -> SendResult | None:
        if is_direct(request):
            return None  # no permission to read it; a notification may come twice
        return find_message.find(request, is_known=known_threads.is_known_delivery)

    def said_at(self, external_id: str) -> datetime | None:
        said = events.parse_ts(external_id)
        return slack_clock.to_our_time(said) if said is not None else None

    def check_health(self, zone: ZoneInfo) -> ChannelHealth:
        return health.describe_last_event(zone)

    def is_installation_error(self, reason: str) -> bool:
        return api_errors.is_installation_error(reason)

    def after_sent(self, delivery_id: int, sent: SendResult) -> None:
        file_posts.record_files(delivery_id, sent)

    def after_reacted_message_sent(self, delivery_id: int) -> None:
        reactions.enqueue_earlier_reactions(delivery_id)

    def handle_permanent_error(self, delivery: Delivery, error: PermanentError) -> None:
        not_found.handle_not_found(delivery, error)

    def pauses_channel(self, kind: str) -> bool:
        """Posting is limited in each channel; other methods each on their own, which the client knows
        (api/rate_limits.py).
        """
        return kind in POSTING_KINDS

    def enqueue_new_ticket(self, batch: DeliveryBatch, thread_id: int, ticket: Ticket, message: Message) -> None:
        message_parts.enqueue_card(batch, thread_id, message)

    def enqueue_message(self, batch: DeliveryBatch, destination: Destination, message: Message) -> None:
        message_parts.enqueue_parts(batch, destination.id, message)

    def enqueue_edit(self, thread: Thread, message: Message) -> None:
        message_parts.enqueue_edits(thread, message)

    def enqueue_files(self, batch: DeliveryBatch, destination: Destination, message: Message, first_part: int) -> None:
        message_parts.enqueue_files(batch, destination.id, message, first_part=first_part)

    def enqueue_removal(self, copy: Delivery, message: Message) -> None:
        message_parts.enqueue_deletion(copy, message)

    def enqueue_reaction(self, thread: Thread, message: Message, emoji: str, *, is_added: bool) -> None:
        reactions.enqueue_reaction(thread, message, emoji, is_added)

    def enqueue_ticket_update(self, batch: DeliveryBatch, destination: Destination) -> None:
        message_parts.enqueue_card_redraw(batch, destination)

    def notify_agent(
        self, ticket: Ticket, user: User, sentence: str, due_at: datetime | None, is_repeated: bool
    ) -> bool:
        return notifications.notify_agent(ticket, user, sentence, due_at, is_repeated)

    def notify_group(self, ticket: Ticket, group: str, sentence: str) -> bool:
        return notifications.notify_group(ticket, group, sentence)

    def notify_team(self, sentence: str) -> bool:
        return notifications.notify_team(sentence)

    def preview(self, body: str, from_team: bool) -> Preview | None:
        return Preview(preview.preview_parts(body, from_team))

    def on_reply_published(self, message: Message) -> None:
        handlers.messages.mark_as_published(message)

    def on_ticket_changed(self, ticket_id: int) -> None:
        jobs.enqueue_after_commit("refresh_homes", ticket_id)

    def ordering_key(self, payload: dict[str, Any]) -> str | None:
        return handlers.ordering_key(payload)

    def position(self, payload: dict[str, Any]) -> str | None:
        return handlers.position(payload)

    def is_own_echo(self, payload: dict[str, Any]) -> bool:
        return echo_filter.is_echo(payload)

    def sent_by(self, sender: Sender) -> ColumnElement[bool]:
        named = [InboundEvent.payload[PROFILE_PATH].as_string() == sender.address]
        if sender.chat_user_id:
            named += [InboundEvent.payload[path].as_string() == sender.chat_user_id for path in SENDER_PATHS]
        return and_(InboundEvent.source == self.kind, or_(*named))

    def find_chat_user_ids(self, user: User) -> set[str]:
        event = InboundEvent.payload["event"]
        theirs = select(event["user"].as_string()).join(
            Message,
            (Message.ticket_id == InboundEvent.ticket_id)
            & (Message.origin_external_id == event["ts"].as_string())
            & (Message.author_id == user.id),
        )
        found = db.session.scalars(theirs.where(InboundEvent.source == self.kind).distinct())
        return {id for id in (user.slack_user_id, *found) if id}

    def received_in(self, place: str) -> ColumnElement[bool]:
        return (InboundEvent.source == self.kind) & InboundEvent.ordering_key.startswith(
            thread_lookup.ordering_key(place, ""), autoescape=True
        )

    def fetch_context(self, payload: dict[str, Any], raw: bytes | None) -> EventContext:
        return handlers.fetch_context(payload)

    def apply(self, inbound: InboundEvent, context: EventContext) -> Result:
        return handlers.apply(context)

    def on_refused(self, context: EventContext, refusal: DomainError) -> list[SlackRequest]:
        return handlers.on_refused(context, refusal)
