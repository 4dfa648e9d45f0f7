"""Store received events before they are processed, unique by source and external id."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk import clock, config, jobs
from helpdesk.domain.inbox import contents
from helpdesk.domain.inbox.channel import get_two_way_channel
from helpdesk.extensions import db
from helpdesk.models.inbound_event import InboundEvent


def store_event(source: str, external_id: str, payload: dict[str, Any], raw: bytes | None = None) -> bool:
    """Store an event that the channel of the kind ``source`` received. True if it was new.

    An ``external_id`` that is stored already and an echo of something we sent are not new. Commits where ``raw`` is
    long: it is then stored in parts, so that no other writer waits for all of it. The caller commits the event.
    """
    channel = get_two_way_channel(source)
    if channel.is_own_echo(payload):
        return False
    external_id = external_id[:255]
    is_long = raw is not None and len(raw) > contents.MAX_INLINE_BYTES
    if is_long and db.session.scalar(select(InboundEvent.id).filter_by(source=source, external_id=external_id)):
        return False
    content_key = contents.store_parts(raw) if raw is not None and is_long else None
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    now = clock.now()
    ordering_key, position = channel.ordering_key(payload), channel.position(payload)
    # An event that tells its place in the order waits a moment for earlier ones that arrive later.
    order_wait = timedelta(seconds=config.current().INBOX_ORDER_WAIT) if ordering_key and position else timedelta(0)
    row = {
        "source": source,
        "external_id": external_id,
        "ordering_key": ordering_key,
        "position": position or f"{now.timestamp():.6f}",
        "payload": payload,
        "raw": None if is_long else raw,
        "content_key": content_key,
        "state": "waiting",
        "attempts": 0,
        "errors": 0,
        "received_at": now,
        "due_at": now + order_wait,
    }
    new = db.session.execute(
        dialect.insert(InboundEvent).values(row).on_conflict_do_nothing().returning(InboundEvent.id)
    ).scalar()
    if new is None and content_key is not None:
        contents.delete_content(content_key)  # the same arrived twice at once
    if new is not None:
        jobs.enqueue_after_commit("receive", new)
    return new is not None
