"""Where a thing goes: every thread of its ticket, except the one it came from and those whose audience may not read it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Row, bindparam, exists, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk import after_commit, clock, config
from helpdesk.channels import slack
from helpdesk.channels.email import token
from helpdesk.domain import settings
from helpdesk.domain.outbox import batches
from helpdesk.extensions import db
from helpdesk.models.channels import Channel, Thread
from helpdesk.models.people import User
from helpdesk.models.sync import Delivery, State
from helpdesk.models.tickets import Message, Ticket

FITS_ON_CARD = 1_200  # characters of a first message that the card shows whole
CARD_BURST = timedelta(seconds=0.4)  # changes within it are one update of the card

_thread, _channel = Thread.__table__, Channel.__table__
# Put together once: everything said on a ticket asks these.
THREADS = (
    select(Thread).where(Thread.ticket_id == bindparam("ticket_id"), Thread.ended_at.is_(None)).order_by(Thread.id)
)
_waits = exists().where(
    Delivery.thread_id == Thread.id, Delivery.kind == "card_update", Delivery.state == State.pending
)
DESTINATIONS = (
    select(_thread.c["id", "user_id"], _channel.c["kind", "audience"], _waits.label("redrawn"))
    .select_from(_thread.join(_channel))
    .where(_thread.c.ticket_id == bindparam("ticket_id"), _thread.c.ended_at.is_(None))
    .order_by(_thread.c.id)
)
MAIL_CHANNEL = select(Channel).where(Channel.kind == "email")
HOMES = (
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
NEW_THREADS = insert(_thread).returning(_thread.c.id, sort_by_parameter_order=True)


def announce(ticket: Ticket, message: Message) -> None:
    """Open the threads of a new ticket: a card in triage and in its organization's channel, and the requester's mail."""
    asked = {"organization_id": ticket.organization_id, "triage": settings.get("triage_channel")}
    homes = {kind: [] for kind in ("slack", "email")}
    for channel_id, kind in db.session.execute(HOMES, asked):
        homes[kind].append(channel_id)
    address = token.issue(config.current().SECRET_KEY)
    nobodys = {
        "ticket_id": ticket.id,
        "organization_id": ticket.organization_id,
        "user_id": None,
        "nonce": None,
        "token_hash": None,
    }
    theirs = nobodys | {"user_id": ticket.requester_id, "nonce": address.nonce, "token_hash": address.hash}
    mail_channel = homes["email"][0] if homes["email"] else _mail_channel().id
    begun = [nobodys | {"channel_id": channel_id} for channel_id in homes["slack"]] + [
        theirs | {"channel_id": mail_channel}
    ]
    *slack_threads, mail_thread = db.session.scalars(NEW_THREADS, begun)
    batch = batches.Batch()
    for thread_id in slack_threads:
        batch.add(thread_id, "card")
        if len(message.body) > FITS_ON_CARD or message.attachments:
            batch.add_message(thread_id, message, ring=False)
    if settings.get("mail_received") and ticket.requester.proven_at:
        batch.add(mail_thread, "received", message=message)
    batch.write()
    after_commit.call_later("refresh_homes", ticket.id)


def fan_out(message: Message) -> None:
    """One delivery per destination of ``message``, in its own transaction. What customers read also stands on the ticket's cards."""
    batch = batches.Batch()
    for thread in _destinations(message.ticket_id):
        if not message.is_note:
            _redraw(batch, thread)
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
        after_commit.call_later("refresh_homes", message.ticket_id)


def fan_out_edit(message: Message) -> None:
    """Bring an edited message's copies up to date. What has not left yet simply leaves as it is now; sent mail stays sent."""
    parts = slack.blocks.split(message.body) if message.body else []
    for thread in _threads(message.ticket_id):
        if thread.channel.kind != "slack" or thread.id == message.origin_thread_id:
            continue
        copies = {copy.part: copy for copy in _copies(thread, message)}
        if not copies:
            if _is_on_card(message):
                card_changed(message.ticket)
            continue
        for number, text in enumerate(parts, start=1):
            copy = copies.pop(number, None)
            if copy is None:
                _ring(put(thread, "message", message=message, part=number, text=text))
            elif copy.state == State.pending:
                copy.data = {**copy.data, "text": text}
            else:
                _ring(put(thread, "edit", message=message, part=number, revision=message.revision, text=text))
        for surplus in copies.values():
            _take_away(surplus, message)


def fan_out_deletion(message: Message) -> None:
    """Take a deleted message's copies away wherever that is possible; mail that has left stays."""
    for thread in _threads(message.ticket_id):
        if thread.id != message.origin_thread_id:
            for copy in _copies(thread, message):
                _take_away(copy, message)
    if _is_on_card(message):
        card_changed(message.ticket)


def withdraw_from_customers(message: Message) -> None:
    """Take a message that became a note out of every thread customers read."""
    for thread in _threads(message.ticket_id):
        if thread.is_customers:
            for copy in _copies(thread, message):
                _take_away(copy, message)


def card_changed(ticket: Ticket) -> None:
    """Have the ticket's cards drawn anew, once for a burst of changes. The ticket is locked."""
    batch = batches.Batch()
    for thread in _destinations(ticket.id):
        _redraw(batch, thread)
    batch.write()
    after_commit.call_later("refresh_homes", ticket.id)


def mail_about(ticket: Ticket, kind: str, *, except_user: User | None = None, **data) -> None:
    """Mail the requester about their ticket: kind "solved" or "closing_soon". One who left the conversation gets nothing."""
    if kind == "solved" and not settings.get("mail_solved"):
        return
    if except_user is not None and except_user.id == ticket.requester_id:
        return
    thread = _mail_thread(ticket, ticket.requester) or open_mail_thread(ticket, ticket.requester)
    if thread.ended_at is None:
        _ring(put(thread, kind, **data))


def mail(kind: str, subject_id: int, *, due_at: datetime | None = None, state: str = State.pending, **data) -> Delivery:
    """A mail that belongs to no ticket (a sign-in link, an invitation, a summary); ``subject_id`` is the row it is about."""
    delivery = Delivery(
        kind=kind, lane="mail", subject_id=subject_id, state=state, due_at=due_at or clock.now(), data=data
    )
    db.session.add(delivery)
    db.session.flush()
    if state == State.pending:
        after_commit.call_later("deliver_first", delivery.id)
    return delivery


def open_mail_thread(ticket: Ticket, user: User) -> Thread:
    """The mail conversation with ``user`` about ``ticket``; one is begun where there is none, an ended one goes on with a new
    reply address."""
    thread = _mail_thread(ticket, user)
    if thread is None:
        thread = _begin_thread(ticket, _mail_channel(), user)
    elif thread.nonce is None:
        _give_address(thread)
    thread.ended_at = None
    db.session.flush()
    return thread


def end_mail_thread(ticket: Ticket, user: User) -> None:
    """Write to ``user`` about ``ticket`` no more; the reply address dies with it."""
    for thread in _threads(ticket.id):
        if thread.user_id == user.id:
            thread.ended_at = clock.now()
            thread.nonce = thread.token_hash = None
            db.session.execute(
                update(Delivery)
                .where(Delivery.thread_id == thread.id, Delivery.state.in_((State.pending, State.held, State.failed)))
                .values(state=State.skipped, reason="No longer follows this ticket.")
            )


def put(
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


def _destinations(ticket_id: int) -> Iterable[Row]:
    return db.session.execute(DESTINATIONS, {"ticket_id": ticket_id})


def _redraw(batch: batches.Batch, thread: Row) -> None:
    if thread.kind == "slack" and not thread.redrawn:
        batch.add(thread.id, "card_update", lane="card", due_at=clock.now() + CARD_BURST, ring=False)


def _begin_thread(ticket: Ticket, channel: Channel, user: User) -> Thread:
    """The mails with ``user``; they have an address for replies."""
    thread = Thread(ticket_id=ticket.id, organization_id=ticket.organization_id, channel=channel, user=user)
    _give_address(thread)
    db.session.add(thread)
    return thread


def _give_address(thread: Thread) -> None:
    issued = token.issue(config.current().SECRET_KEY)
    thread.nonce, thread.token_hash = issued.nonce, issued.hash


def _mail_thread(ticket: Ticket, user: User) -> Thread | None:
    return db.session.scalar(
        select(Thread).where(
            Thread.ticket_id == ticket.id, Thread.channel_id == _mail_channel().id, Thread.user_id == user.id
        )
    )


def _mail_channel() -> Channel:
    """The one channel of all mail. Of several first tickets at once, one makes it and the others wait for it."""
    channel = db.session.scalar(MAIL_CHANNEL)
    if channel is None:
        dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
        row = {"kind": "email", "external_id": "mail", "name": "email", "audience": "customer"}
        db.session.execute(dialect.insert(Channel).values(row).on_conflict_do_nothing())
        channel = db.session.scalars(MAIL_CHANNEL).one()
    return channel


def _threads(ticket_id: int) -> list[Thread]:
    return list(db.session.scalars(THREADS, {"ticket_id": ticket_id}))


def _copies(thread: Thread, message: Message) -> list[Delivery]:
    return list(
        db.session.scalars(
            select(Delivery).where(
                Delivery.thread_id == thread.id,
                Delivery.message_id == message.id,
                Delivery.kind.in_(("message", "file")),
            )
        )
    )


def _take_away(copy: Delivery, message: Message) -> None:
    if copy.state in (State.pending, State.held, State.failed):
        copy.state = State.skipped
        copy.reason = "Taken back before it left."
        copy.finished_at = clock.now()
    elif copy.state != State.skipped and copy.thread.channel.kind == "slack":
        kind = "delete_file" if copy.kind == "file" else "delete"
        _ring(put(copy.thread, kind, message=message, part=copy.part, revision=message.revision))


def _is_on_card(message: Message) -> bool:
    return message.seq == 1


def _ring(delivery: Delivery) -> None:
    after_commit.call_later("deliver", delivery.id)
