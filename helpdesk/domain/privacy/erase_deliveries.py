"""Erase what deliveries repeat of a person: the data and the rendered bytes of what was sent, and webhooks' payloads.

What waits for a person (failed, on hold) or for its turn is cancelled first where it repeats words that are erased.
What is being sent, or in doubt, still has to be looked for as it is: ``find_being_sent`` names it for a later run.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, false, or_, select, update

from helpdesk.domain import locking
from helpdesk.domain.outbox import withdrawal
from helpdesk.domain.privacy.former_identity import FormerIdentity
from helpdesk.extensions import db
from helpdesk.models.delivery import FINISHED_STATES, Delivery, DeliveryKind, DeliveryState
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread
from helpdesk.models.user import User

# Keys of Delivery.data that name rows, copies and places; all others may repeat words.
KEPT_KEYS = frozenset(
    {"method", "timestamp", "name", "attachment", "file_id", "post_key", "ts", "channel", "files", "withdrawn"}
    | {"carries", "notifications", "subscription", "team_only", "again", "loop", "proven", "begins", "language"}
    | {"render_failures", "status"}
)
PAYLOAD_KEYS = ("event", "at", "replay_of")  # of a webhook's payload, which the log of the webhook shows
BATCH_SIZE = 500  # rows
UNSENT_STATES = (DeliveryState.pending, DeliveryState.failed, DeliveryState.on_hold)


def erase_from_deliveries(user: User, ticket_ids: Select[int], former: FormerIdentity | None = None) -> None:
    """Empty the rendered mails of the tickets of ``user``, and the words of ``user`` in all deliveries.

    ``ticket_ids`` selects the tickets that they filed, wrote on or got mails about. Without ``former`` only what is
    found by an id is erased.
    """
    options = {"synchronize_session": False}
    threads = select(Thread.id).where(Thread.ticket_id.in_(ticket_ids))
    own = Delivery.message_id.in_(select(Message.id).where(Message.author_id == user.id))
    to_user = Delivery.thread_id.in_(select(Thread.id).where(Thread.user_id == user.id))
    stuck = Delivery.state.in_((DeliveryState.failed, DeliveryState.on_hold))
    _cancel((own | to_user) & stuck & Delivery.thread_id.is_not(None))
    webhooks = _is_in_payload(ticket_ids, user, former)
    _cancel(webhooks & Delivery.state.in_(UNSENT_STATES))
    _forget_unsent(threads, former)
    of_threads = Delivery.thread_id.in_(threads) & Delivery.state.in_(FINISHED_STATES)
    db.session.execute(update(Delivery).where(of_threads).values(content=None, reason=None), execution_options=options)
    by_product = Delivery.thread_id.in_(threads) & Delivery.message_id.is_(None)
    _empty_data(or_(own, to_user, by_product) & Delivery.state.in_(FINISHED_STATES))
    _empty_payloads(webhooks)


def erase_of_tickets(ids: list[int]) -> None:
    """Erase the payloads of webhooks about the tickets; what belongs to a thread goes with its row."""
    about = _payload_number().in_(ids) & (Delivery.kind == DeliveryKind.webhook)
    _cancel(about & Delivery.state.in_(UNSENT_STATES))
    _empty_payloads(about)


def erase_payloads_with(values: Iterable[str]) -> None:
    """Erase the payloads of webhooks in which one of ``values``, such as an organization's name, is a whole text."""
    text = cast(Delivery.data, String)
    spellings = [each for value in values for each in (json.dumps(value), json.dumps(value, ensure_ascii=False))]
    is_named = or_(*(text.contains(each, autoescape=True) for each in spellings))
    about = is_named & (Delivery.kind == DeliveryKind.webhook)
    _cancel(about & Delivery.state.in_(UNSENT_STATES))
    _empty_payloads(about)


def erase_without_thread(*conditions: ColumnElement[bool]) -> None:
    """Empty all finished mails, lines and notices that belong to no thread and meet the conditions.

    They have done their work, and which of them names whom is in their rendered bytes only.
    """
    mine = and_(Delivery.thread_id.is_(None), Delivery.kind != DeliveryKind.webhook, *conditions)
    finished = mine & Delivery.state.in_(FINISHED_STATES)
    db.session.execute(
        update(Delivery)
        .where(finished, Delivery.content.is_not(None) | Delivery.reason.is_not(None))
        .values(content=None, reason=None),
        execution_options={"synchronize_session": False},
    )
    _empty_data(finished)


def find_being_sent(user: User, ticket_ids: Select[int], former: FormerIdentity) -> list[int]:
    """The ids of the deliveries that repeat words of ``user`` and are on their way at the moment."""
    in_flight = Delivery.state.in_((DeliveryState.sending, DeliveryState.unknown))
    threadless = Delivery.thread_id.is_(None) & (Delivery.kind != DeliveryKind.webhook)
    found = select(Delivery.id).where(in_flight, _is_in_payload(ticket_ids, user, former) | threadless)
    return list(db.session.scalars(found))


def find_being_sent_of_tickets(ids: list[int]) -> list[int]:
    """The ids of the webhooks' requests about the tickets that are on their way at the moment."""
    in_flight = Delivery.state.in_((DeliveryState.sending, DeliveryState.unknown))
    about = _payload_number().in_(ids) & (Delivery.kind == DeliveryKind.webhook)
    return list(db.session.scalars(select(Delivery.id).where(in_flight, about)))


def erase_later(ids: Iterable[int]) -> None:
    """Empty those of the deliveries with these ids that are finished by now."""
    mine = Delivery.id.in_(list(ids))
    _cancel(mine & Delivery.state.in_(UNSENT_STATES))
    _empty_payloads(mine & (Delivery.kind == DeliveryKind.webhook))
    erase_without_thread(mine)


def _forget_unsent(threads: Select[int], former: FormerIdentity | None) -> None:
    """Cancel what would be said of the person in a chat, and delete the bytes of mails that have not left: a further
    attempt renders them again, without what was erased.
    """
    unsent = Delivery.state.in_(UNSENT_STATES)
    if former is not None:
        _cancel(unsent & (Delivery.kind == DeliveryKind.line) & former.is_repeated_in(Delivery.data))
    of_nobody = Delivery.thread_id.is_(None) & (Delivery.kind != DeliveryKind.webhook)
    stored = unsent & Delivery.content.is_not(None) & or_(Delivery.thread_id.in_(threads), of_nobody)
    db.session.execute(
        update(Delivery).where(stored).values(content=None), execution_options={"synchronize_session": False}
    )


def _payload_number() -> ColumnElement[Any]:
    number: ColumnElement[Any] = Delivery.data[("payload", "ticket", "number")].as_integer()
    return number


def _is_in_payload(ticket_ids: Select[int], user: User, former: FormerIdentity | None) -> ColumnElement[bool]:
    """The condition that a webhook's payload is about one of the tickets, or about or by ``user``."""
    is_person = Delivery.data[("payload", "person", "id")].as_integer() == user.id
    is_named = former.is_repeated_in(Delivery.data) if former is not None else false()
    return and_(Delivery.kind == DeliveryKind.webhook, or_(_payload_number().in_(ticket_ids), is_person, is_named))


def _cancel(condition: ColumnElement[bool]) -> None:
    for delivery in locking.lock_deliveries(condition):
        withdrawal.cancel(delivery, withdrawal.TAKEN_BACK)
    db.session.flush()


def _empty_data(condition: ColumnElement[bool]) -> None:
    """Delete from ``Delivery.data`` what may repeat words; identifiers that later deliveries need stay."""
    _rewrite_data(condition, lambda data: {key: value for key, value in data.items() if key in KEPT_KEYS})


def _empty_payloads(condition: ColumnElement[bool]) -> None:
    """Reduce the payloads of finished webhooks to which event it was and when, and forget what was answered."""
    finished = condition & Delivery.state.in_(FINISHED_STATES)
    _rewrite_data(finished, _reduce_payload)
    with_reason = update(Delivery).where(finished, Delivery.reason.is_not(None)).values(reason=None)
    db.session.execute(with_reason, execution_options={"synchronize_session": False})


def _reduce_payload(data: dict[str, Any]) -> dict[str, Any]:
    payload = data.get("payload", {})
    kept = {key: value for key, value in data.items() if key in KEPT_KEYS}
    return {**kept, "payload": {key: payload[key] for key in PAYLOAD_KEYS if key in payload}}


def _rewrite_data(condition: ColumnElement[bool], rewrite: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Store what ``rewrite`` makes of ``Delivery.data`` of the rows that meet the condition, a batch at a time."""
    db.session.flush()
    last = 0
    rows = select(Delivery.id, Delivery.data).where(condition, cast(Delivery.data, String) != "{}")
    while batch := db.session.execute(
        rows.where(Delivery.id > last).order_by(Delivery.id).limit(BATCH_SIZE).execution_options(autoflush=False)
    ).all():
        last = batch[-1].id
        changed = [{"id": row.id, "data": kept} for row in batch if (kept := rewrite(row.data)) != row.data]
        if changed:
            db.session.execute(update(Delivery), changed)
    db.session.expire_all()
