"""Email as a channel of the outbox and the inbox: one conversation for each person and ticket, delivered at least once
with the same bytes.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement

from helpdesk import clock, config
from helpdesk.channels.email import delivery_data, handlers, render, smtp, threads
from helpdesk.channels.email.handlers import ReceivedMail
from helpdesk.channels.email.rendered_mail import RenderedMail
from helpdesk.domain.administration import settings
from helpdesk.domain.inbox.channel import Sender, TwoWayChannel
from helpdesk.domain.inbox.results import Result
from helpdesk.domain.outbox.channel import Destination, NewThread, OutboundRequest, Preview, SendResult
from helpdesk.domain.outbox.enqueue import DeliveryBatch, enqueue_delivery, wake_worker
from helpdesk.domain.outbox.errors import PermanentError
from helpdesk.domain.people import undeliverable_addresses
from helpdesk.markup import markdown_reader, text_writer
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import lazy_gettext


class EmailChannel(TwoWayChannel[RenderedMail, ReceivedMail]):
    """The installation's mail system. A sent mail cannot be looked up; a repeat has the same Message-ID and bytes."""

    kind = threads.KIND
    threadless_label = lazy_gettext("other mail")
    threadless_kinds = frozenset(
        {
            DeliveryKind.sign_in,
            DeliveryKind.invitation,
            DeliveryKind.linked,
            DeliveryKind.weekly_summary,
            DeliveryKind.delivery_alert,
            DeliveryKind.mail_test,
            DeliveryKind.mail_waiting,
            DeliveryKind.quarantine_summary,
            DeliveryKind.notification,
            DeliveryKind.notification_digest,
            DeliveryKind.report,
        }
    )
    urgent_kinds = threadless_kinds - {
        DeliveryKind.notification,
        DeliveryKind.notification_digest,
        DeliveryKind.report,
    }
    pauses_when_rate_limited = False  # a temporary refusal of a mail server concerns one recipient

    def hold_off(self) -> timedelta:
        return timedelta(seconds=config.current().DELIVERY_MAIL_HOLD_OFF)

    def render(self, delivery: Delivery) -> RenderedMail:
        return render.render_mail(delivery)

    def send(self, request: OutboundRequest[RenderedMail]) -> SendResult:
        mail = request.content
        return smtp.send_mail(mail.content, mail.sender, mail.recipient)

    def after_sent(self, delivery_id: int, sent: SendResult) -> None:
        render.finish_sent_mail(delivery_id)

    def handle_permanent_error(self, delivery: Delivery, error: PermanentError) -> None:
        if isinstance(error, smtp.RecipientRefused) and error.is_dead:
            undeliverable_addresses.record_bounce(delivery_data.recipient(delivery), error.reason)

    def preview(self, body: str, from_team: bool) -> Preview | None:
        return Preview([text_writer.write_text(markdown_reader.read_markdown(body))], is_plain=True)

    def threads_for_new_ticket(self, ticket: Ticket, channel_ids: list[int]) -> list[NewThread]:
        channel_id = channel_ids[0] if channel_ids else threads.get_mail_channel().id
        return [threads.new_thread(channel_id, ticket.requester_id)]

    def enqueue_new_ticket(self, batch: DeliveryBatch, thread_id: int, ticket: Ticket, message: Message) -> None:
        if settings.get("mail_received") and ticket.requester.email_verified_at:
            batch.add(thread_id, DeliveryKind.received, message=message)

    def enqueue_message(self, batch: DeliveryBatch, destination: Destination, message: Message) -> None:
        if destination.user_id == message.author_id:
            return
        grouped_until = clock.now() + timedelta(seconds=settings.get("mail_grouping_seconds"))
        due_at = max(message.release_at or message.created_at, grouped_until)
        batch.add(destination.id, DeliveryKind.message, message=message, due_at=due_at)

    def enqueue_notification(
        self, ticket: Ticket, kind: DeliveryKind, data: dict[str, Any], due_at: datetime | None = None
    ) -> None:
        if kind == DeliveryKind.solved and not settings.get("mail_solved"):
            return
        thread = threads.find_thread(ticket, ticket.requester) or threads.open_thread(ticket, ticket.requester)
        if thread.ended_at is None:
            wake_worker(enqueue_delivery(thread, kind, due_at=due_at, **data))

    def open_personal_thread(self, ticket: Ticket, user: User) -> None:
        threads.open_thread(ticket, user)

    def sent_by(self, sender: Sender) -> ColumnElement[bool]:
        return (InboundEvent.source == self.kind) & (InboundEvent.payload["from"].as_string() == sender.address)

    def sent_from(self, domain: str) -> ColumnElement[bool]:
        address = InboundEvent.payload["from"].as_string()
        return (InboundEvent.source == self.kind) & address.endswith(f"@{domain}", autoescape=True)

    def fetch_context(self, payload: dict[str, Any], raw: bytes | None) -> ReceivedMail:
        return handlers.fetch_context(raw or b"")

    def apply(self, inbound: InboundEvent, context: ReceivedMail) -> Result:
        return handlers.apply(inbound, context)
