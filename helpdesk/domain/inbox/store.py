"""Store received events before they are processed, unique by source and external id."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from helpdesk import clock, jobs
from helpdesk.domain.inbox.channel import get_two_way_channel
from helpdesk.extensions import db
from helpdesk.models.inbound_event import InboundEvent


def store_event(source: str, external_id: str, payload: dict[str, Any], raw: bytes | None = None) -> bool:
    """Store an event that the channel of the kind ``source`` received. True if it was new.

    An ``external_id`` that is stored already and an echo of something we sent are not new.
    """
    channel = get_two_way_channel(source)
    if channel.is_own_echo(payload):
        return False
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    now = clock.now()
    row = {
        "source": source,
        "external_id": external_id[:255],
        "ordering_key": channel.ordering_key(payload),
        "payload": payload,
        "raw": raw,
        "state": "waiting",
        "attempts": 0,
        "received_at": now,
        "due_at": now,
    }
    new = db.session.execute(
        dialect.insert(InboundEvent).values(row).on_conflict_do_nothing().returning(InboundEvent.id)
    ).scalar()
    if new is not None:
        jobs.enqueue_after_commit("receive", new)
    return new is not None
