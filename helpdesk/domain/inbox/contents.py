"""The content of received events: short ones in their row, long ones in parts in a table of their own.

An update of a row writes all of it again, and on SQLite every other writer waits meanwhile: 24 MB took seconds.
"""

import secrets
import time

from sqlalchemy import ColumnElement, delete, func, select

from helpdesk import config
from helpdesk.extensions import db
from helpdesk.models.inbound_content import InboundContent
from helpdesk.models.inbound_event import InboundEvent

MAX_INLINE_BYTES = 64 * 1024  # of a content that is kept in the event's row
PART_BYTES = 512 * 1024
# Between two parts on SQLite, where a waiting writer looks for the lock every 8 ms.
PAUSE_SECONDS = 0.01

_has_event = select(InboundEvent.id).where(InboundEvent.content_key == InboundContent.key).exists()
IS_ORPHAN: ColumnElement[bool] = ~_has_event
INLINE_SIZE = func.coalesce(func.sum(func.length(InboundEvent.raw)), 0)
PARTS_SIZE = func.coalesce(func.sum(func.length(InboundContent.data)), 0)


def store_parts(raw: bytes) -> str:
    """Store a long content, one part a transaction, and return its key for the event. Commits.

    All of it is stored when this returns. If the process ends before the event is stored, nothing has been promised to
    the sender.
    """
    key = secrets.token_hex(16)
    for number, start in enumerate(range(0, len(raw), PART_BYTES), start=1):
        if number > 1 and config.current().is_sqlite:
            time.sleep(PAUSE_SECONDS)
        db.session.add(InboundContent(key=key, number=number, data=raw[start : start + PART_BYTES]))
        db.session.commit()
    return key


def load_parts(key: str) -> bytes:
    """Return the content whose parts have ``key``."""
    parts = select(InboundContent.data).where(InboundContent.key == key).order_by(InboundContent.number)
    return b"".join(db.session.scalars(parts))


def load_raw(inbound: InboundEvent) -> bytes | None:
    """Return the content of ``inbound`` as it was received; None if it had none, or if that was deleted."""
    if inbound.content_key is not None:
        return load_parts(inbound.content_key) or None
    return inbound.raw


def delete_raw(inbound: InboundEvent) -> None:
    """Delete the content of a locked event."""
    if inbound.content_key is not None:
        delete_content(inbound.content_key)
    inbound.raw = inbound.content_key = None


def delete_content(key: str) -> None:
    """Delete the parts with ``key``."""
    db.session.execute(
        delete(InboundContent).where(InboundContent.key == key), execution_options={"synchronize_session": False}
    )


def delete_parts(of_events: ColumnElement[bool]) -> None:
    """Delete the parts of all events that meet the condition; the caller empties ``raw`` and ``content_key``."""
    keys = select(InboundEvent.content_key).where(of_events, InboundEvent.content_key.is_not(None))
    db.session.execute(
        delete(InboundContent).where(InboundContent.key.in_(keys)), execution_options={"synchronize_session": False}
    )


def measure(*of_events: ColumnElement[bool]) -> int:
    """Return the bytes that the contents of the events which meet all conditions take."""
    inline = db.session.scalar(select(INLINE_SIZE).where(*of_events)) or 0
    parts = select(PARTS_SIZE).join(InboundEvent, InboundEvent.content_key == InboundContent.key).where(*of_events)
    return int(inline + (db.session.scalar(parts) or 0))
