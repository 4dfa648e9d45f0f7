"""A fourth channel, as small as one may be: it posts into a list. Nothing of the product knows of it."""

from typing import Any

from sqlalchemy import select

from helpdesk.domain import tickets
from helpdesk.domain.inbox.channel import TwoWayChannel
from helpdesk.domain.inbox.results import Result, ignored_result
from helpdesk.domain.outbox.channel import OutboundRequest, SendResult
from helpdesk.domain.outbox.errors import ChannelError, SkipDelivery
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.thread import Thread
from helpdesk.models.user import User


class ListChannel(TwoWayChannel[str, dict[str, Any]]):
    """``posts`` is the other side: (key, text), in the order they arrived. ``faults``: one error for each coming call,
    with whether the post was stored all the same."""

    kind = "list"
    has_root_message = True

    def __init__(self) -> None:
        self.posts: list[tuple[str, str]] = []
        self.faults: list[tuple[ChannelError, bool]] = []
        self.look_ups = 0

    def render(self, delivery: Delivery) -> str:
        if delivery.kind == DeliveryKind.card:
            return delivery.thread.ticket.subject
        if delivery.kind == DeliveryKind.message:
            return delivery.message.body
        raise SkipDelivery("A list shows only what is said.")

    def send(self, request: OutboundRequest[str]) -> SendResult:
        fault, is_stored = self.faults.pop(0) if self.faults else (None, True)
        if is_stored:
            self.posts.append((request.key, request.content))
        if fault:
            raise fault
        return SendResult(str(len(self.posts)))

    def find(self, request: OutboundRequest[str]) -> SendResult | None:
        self.look_ups += 1
        places = [str(place) for place, (key, _) in enumerate(self.posts, start=1) if key == request.key]
        return SendResult(places[0]) if places else None

    def ordering_key(self, payload: dict[str, Any]) -> str:
        return f"list:{payload['thread']}"

    def fetch_context(self, payload: dict[str, Any], raw: bytes | None) -> dict[str, Any]:
        return payload

    def apply(self, inbound: InboundEvent, context: dict[str, Any]) -> Result:
        thread = db.session.scalar(
            select(Thread).join(Channel).where(Channel.kind == self.kind, Thread.external_id == context["thread"])
        )
        author = db.session.scalar(select(User).where(User.email == context["author"]))
        if thread is None or author is None:
            return ignored_result("Nobody or nowhere we know.")
        said = tickets.reply(
            thread.ticket, author=author, body=context["text"], origin=thread, origin_external_id=inbound.external_id
        )
        return Result("done", "A reply.", said.ticket_id)
