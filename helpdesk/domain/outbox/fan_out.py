"""Where a thing goes: every thread of its ticket, except the one it came from and those whose audience may not read it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Row, bindparam, exists, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk import clock, jobs
from helpdesk.channels import slack
from helpdesk.channels.email import token
from helpdesk.domain.administration import settings
from helpdesk.domain.outbox import enqueue
from helpdesk.extensions import db
from helpdesk.models.channel import Channel, Thread
from helpdesk.models.delivery import Delivery, DeliveryState
from helpdesk.models.ticket import Message, Ticket
from helpdesk.models.user import User

MAX_CARD_BODY_LENGTH = 1_200  # characters of a first message that the card shows whole
CARD_UPDATE_DELAY = timedelta(seconds=0.4)  # changes within it are one update of the card

_thread, _channel = Thread.__table__, Channel.__table__
# Put together once: everything said on a ticket asks these.
THREADS_QUERY = (
    select(Thread).where(Thread.ticket_id == bindparam("ticket_id"), Thread.ended_at.is_(None)).order_by(Thread.id)
)
_waits = exists().where(
    Delivery.thread_id == Thread.id, Delivery.kind == "card_update", Delivery.state == DeliveryState.pending
)
DESTINATIONS_QUERY = (
    select(_thread.c["id", "user_id"], _channel.c["kind", "audience"], _waits.label("redrawn"))
    .select_from(_thread.join(_channel))
    .where(_thread.c.ticket_id == bindparam("ticket_id"), _thread.c.ended_at.is_(None))
    .order_by(_thread.c.id)
)
MAIL_CHANNEL_QUERY = select(Channel).where(Channel.kind == "email")
NEW_TICKET_CHANNELS_QUERY = (
    select(_channel.c["id", "kind"])
    .where(
        (
            (_channel.c.organization_id == bindparam("organization_id"))
            & _channel.c.is_default
            & (_channel.c.audience == "customer")
        )
        | ((_channel.c.external_id == bindparam("triage")) & (_channel.c.audience == "team"))
        | (_channel.c.kind == "email"),
        (_channel.c.kind == "email") | ((_channel.c.kind == "slack") & _channel.c.removed_at.is_(None)),
    )
    .order_by(_channel.c.audience.desc(), _channel.c.id)
)
INSERT_THREADS_STATEMENT = insert(_thread).returning(_thread.c.id, sort_by_parameter_order=True)


def enqueue_new_ticket(ticket: Ticket, message: Message) -> None:
    """Open the threads of a new ticket: a card in triage and in its organization's channel, and the requester's mail."""
    asked = {"organization_id": ticket.organization_id, "triage": settings.get("triage_channel")}
    homes = {kind: [] for kind in ("slack", "email")}
    for channel_id, kind in db.session.execute(NEW_TICKET_CHANNELS_QUERY, asked):
        homes[kind].append(channel_id)
    address = token.issue()
    nobodys = {
        "ticket_id": ticket.id,
        "organization_id": ticket.organization_id,
        "user_id": None,
        "nonce": None,
        "token_hash": None,
    }
    theirs = nobodys | {"user_id": ticket.requester_id, "nonce": address.nonce, "token_hash": address.hash}
    mail_channel = homes["email"][0] if homes["email"] else _get_mail_channel().id
    begun = [nobodys | {"channel_id": channel_id} for channel_id in homes["slack"]] + [
        theirs | {"channel_id": mail_channel}
    ]
    *slack_threads, mail_thread = db.session.scalars(INSERT_THREADS_STATEMENT, begun)
    batch = enqueue.DeliveryBatch()
    for thread_id in slack_threads:
        batch.add(thread_id, "card")
        if len(message.body) > MAX_CARD_BODY_LENGTH or message.attachments:
            batch.add_message(thread_id, message, ring=False)
    if settings.get("mail_received") and ticket.requester.proven_at:
        batch.add(mail_thread, "received", message=message)
    batch.write()
    jobs.enqueue_after_commit("refresh_homes", ticket.id)


def fan_out_message(message: Message) -> None:
    """One delivery per destination of ``message``, in its own transaction. What customers read also stands on the ticket's cards."""
    batch = enqueue.DeliveryBatch()
    for thread in _load_destinations(message.ticket_id):
        if not message.is_note:
            _add_card_update(batch, thread)
        if thread.id == message.origin_thread_id or (message.is_note and thread.audience == "customer"):
            continue
        if thread.kind == "slack":
            batch.add_message(thread.id, message)
        elif thread.user_id != message.author_id:
            due = max(
                message.release_at or message.created_at,
                clock.now() + timedelta(seconds=settings.get("mail_grouping_seconds")),
            )
            batch.add(thread.id, "message", message=message, due_at=due)
    batch.write()
    if not message.is_note:
        jobs.enqueue_after_commit("refresh_homes", message.ticket_id)


def fan_out_edit(message: Message) -> None:
    """Bring an edited message's copies up to date. What has not left yet simply leaves as it is now; sent mail stays sent."""
    parts = slack.blocks.split_body(message.body) if message.body else []
    for thread in _load_threads(message.ticket_id):
        if thread.channel.kind != "slack" or thread.id == message.origin_thread_id:
            continue
        copies = {copy.part: copy for copy in _find_copies(thread, message)}
        if not copies:
            if _is_on_card(message):
                enqueue_card_update(message.ticket)
            continue
        for number, text in enumerate(parts, start=1):
            copy = copies.pop(number, None)
            if copy is None:
                _wake_worker(enqueue_delivery(thread, "message", message=message, part=number, text=text))
            elif copy.state == DeliveryState.pending:
                copy.data = {**copy.data, "text": text}
            else:
                _wake_worker(
                    enqueue_delivery(thread, "edit", message=message, part=number, revision=message.revision, text=text)
                )
        for surplus in copies.values():
            _enqueue_removal(surplus, message)


def fan_out_deletion(message: Message) -> None:
    """Take a deleted message's copies away wherever that is possible; mail that has left stays."""
    for thread in _load_threads(message.ticket_id):
        if thread.id != message.origin_thread_id:
            for copy in _find_copies(thread, message):
                _enqueue_removal(copy, message)
    if _is_on_card(message):
        enqueue_card_update(message.ticket)


def retract_from_customers(message: Message) -> None:
    """Take a message that became a note out of every thread customers read."""
    for thread in _load_threads(message.ticket_id):
        if thread.is_customers:
            for copy in _find_copies(thread, message):
                _enqueue_removal(copy, message)


def enqueue_card_update(ticket: Ticket) -> None:
    """Have the ticket's cards drawn anew, once for a burst of changes. The ticket is locked."""
    batch = enqueue.DeliveryBatch()
    for thread in _load_destinations(ticket.id):
        _add_card_update(batch, thread)
    batch.write()
    jobs.enqueue_after_commit("refresh_homes", ticket.id)


def enqueue_ticket_mail(ticket: Ticket, kind: str, *, except_user: User | None = None, **data) -> None:
    """Mail the requester about their ticket: kind "solved" or "closing_soon". One who left the conversation gets nothing."""
    if kind == "solved" and not settings.get("mail_solved"):
        return
    if except_user is not None and except_user.id == ticket.requester_id:
        return
    thread = _find_mail_thread(ticket, ticket.requester) or open_mail_thread(ticket, ticket.requester)
    if thread.ended_at is None:
        _wake_worker(enqueue_delivery(thread, kind, **data))


def enqueue_account_mail(
    kind: str, subject_id: int, *, due_at: datetime | None = None, state: str = DeliveryState.pending, **data
) -> Delivery:
    """A mail that belongs to no ticket (a sign-in link, an invitation, a summary); ``subject_id`` is the row it is about."""
    delivery = Delivery(
        kind=kind, lane="mail", subject_id=subject_id, state=state, due_at=due_at or clock.now(), data=data
    )
    db.session.add(delivery)
    db.session.flush()
    if state == DeliveryState.pending:
        jobs.enqueue_after_commit("deliver_first", delivery.id)
    return delivery


def open_mail_thread(ticket: Ticket, user: User) -> Thread:
    """The mail conversation with ``user`` about ``ticket``; one is begun where there is none, an ended one goes on with a new
    reply address."""
    thread = _find_mail_thread(ticket, user)
    if thread is None:
        thread = _create_mail_thread(ticket, _get_mail_channel(), user)
    elif thread.nonce is None:
        _assign_reply_address(thread)
    thread.ended_at = None
    db.session.flush()
    return thread


def end_mail_thread(ticket: Ticket, user: User) -> None:
    """Write to ``user`` about ``ticket`` no more; the reply address dies with it."""
    for thread in _load_threads(ticket.id):
        if thread.user_id == user.id:
            thread.ended_at = clock.now()
            thread.nonce = thread.token_hash = None
            db.session.execute(
                update(Delivery)
                .where(
                    Delivery.thread_id == thread.id,
                    Delivery.state.in_((DeliveryState.pending, DeliveryState.held, DeliveryState.failed)),
                )
                .values(state=DeliveryState.skipped, reason="No longer follows this ticket.")
            )


def enqueue_delivery(
    thread: Thread,
    kind: str,
    *,
    message: Message | None = None,
    part: int = 1,
    revision: int = 1,
    lane: str = "talk",
    due_at: datetime | None = None,
    **data,
) -> Delivery:
    """Add one row to the end of ``thread``'s ``lane``."""
    delivery = Delivery(
        thread=thread,
        message=message,
        kind=kind,
        lane=lane,
        part=part,
        revision=revision,
        due_at=due_at or clock.now(),
        data=data,
    )
    db.session.add(delivery)
    db.session.flush()
    return delivery


def _load_destinations(ticket_id: int) -> Iterable[Row]:
    return db.session.execute(DESTINATIONS_QUERY, {"ticket_id": ticket_id})


def _add_card_update(batch: enqueue.DeliveryBatch, thread: Row) -> None:
    if thread.kind == "slack" and not thread.redrawn:
        batch.add(thread.id, "card_update", lane="card", due_at=clock.now() + CARD_UPDATE_DELAY, ring=False)


def _create_mail_thread(ticket: Ticket, channel: Channel, user: User) -> Thread:
    """The mails with ``user``; they have an address for replies."""
    thread = Thread(ticket_id=ticket.id, organization_id=ticket.organization_id, channel=channel, user=user)
    _assign_reply_address(thread)
    db.session.add(thread)
    return thread


def _assign_reply_address(thread: Thread) -> None:
    issued = token.issue()
    thread.nonce, thread.token_hash = issued.nonce, issued.hash


def _find_mail_thread(ticket: Ticket, user: User) -> Thread | None:
    return db.session.scalar(
        select(Thread).where(
            Thread.ticket_id == ticket.id, Thread.channel_id == _get_mail_channel().id, Thread.user_id == user.id
        )
    )


def _get_mail_channel() -> Channel:
    """The one channel of all mail. Of several first tickets at once, one makes it and the others wait for it."""
    channel = db.session.scalar(MAIL_CHANNEL_QUERY)
    if channel is None:
        dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
        row = {"kind": "email", "external_id": "mail", "name": "email", "audience": "customer"}
        db.session.execute(dialect.insert(Channel).values(row).on_conflict_do_nothing())
        channel = db.session.scalars(MAIL_CHANNEL_QUERY).one()
    return channel


def _load_threads(ticket_id: int) -> list[Thread]:
    return list(db.session.scalars(THREADS_QUERY, {"ticket_id": ticket_id}))


def _find_copies(thread: Thread, message: Message) -> list[Delivery]:
    return list(
        db.session.scalars(
            select(Delivery).where(
                Delivery.thread_id == thread.id,
                Delivery.message_id == message.id,
                Delivery.kind.in_(("message", "file")),
            )
        )
    )


def _enqueue_removal(copy: Delivery, message: Message) -> None:
    if copy.state in (DeliveryState.pending, DeliveryState.held, DeliveryState.failed):
        copy.state = DeliveryState.skipped
        copy.reason = "Taken back before it left."
        copy.finished_at = clock.now()
    elif copy.state != DeliveryState.skipped and copy.thread.channel.kind == "slack":
        kind = "delete_file" if copy.kind == "file" else "delete"
        _wake_worker(enqueue_delivery(copy.thread, kind, message=message, part=copy.part, revision=message.revision))


def _is_on_card(message: Message) -> bool:
    return message.seq == 1


def _wake_worker(delivery: Delivery) -> None:
    jobs.enqueue_after_commit("deliver", delivery.id)
