"""The bytes of files: written and deleted while no transaction is open, for a store may answer late or not at all.

A row names them meanwhile, so that a crash leaves none for ever: in the state "storing" from before they are written
until something refers to them, and in the state "deleting" until they are gone.
"""

import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import BinaryIO

from sqlalchemy import ColumnElement, and_, delete, or_, select, update

from helpdesk import clock, jobs, outage_log, storage
from helpdesk.database.types import affected_rows
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment

STORING, DELETING = "storing", "deleting"
STORING_TTL = timedelta(days=1)  # after which nobody stores the file any more
BATCH_SIZE = 200
EMPTY = {"organization_id": None, "uploader_id": None, "name": "", "media_type": "", "size": 0, "reason": None}
log = logging.getLogger(__name__)


def store_file(attachment: Attachment, stream: BinaryIO) -> None:
    """Store ``stream`` as the new ``attachment``, which is "storing" until the caller gives it another state.

    Commits before, so that no transaction is open meanwhile. Raises StorageUnavailable.
    """
    key = attachment.key
    attachment.state = STORING
    db.session.add(attachment)
    db.session.commit()
    try:
        storage.write(key, stream)
    except storage.StorageUnavailable:
        delete_uploads(Attachment.key == key)
        db.session.commit()
        raise


def store_bytes(key: str, data: BinaryIO) -> None:
    """Store ``data`` under ``key`` for something that is no message. ``keep`` belongs to what then refers to it.

    Commits before, so that no transaction is open meanwhile. Raises StorageUnavailable.
    """
    store_file(Attachment(key=key, name="", media_type="", size=0, created_at=clock.now()), data)


def keep(key: str) -> None:
    """Keep what ``store_bytes`` stored: something else in the open transaction refers to it from now on."""
    db.session.execute(delete(Attachment).where(Attachment.key == key, _is_unused(STORING)))


def delete_uploads(*conditions: ColumnElement[bool]) -> int:
    """Let a job delete the files of no message that meet ``conditions``, after the commit. Returns how many."""
    marked = update(Attachment).where(Attachment.message_id.is_(None), *conditions)
    done = db.session.execute(marked.values(state=DELETING, **EMPTY).execution_options(synchronize_session=False))
    jobs.enqueue_after_commit("delete_files", 0)
    return affected_rows(done)


def delete_later(keys: Iterable[str]) -> None:
    """Let a job delete what is stored under ``keys`` after the commit, except what a row has."""
    unused = dict.fromkeys(keys)
    for taken in db.session.scalars(select(Attachment.key).where(Attachment.key.in_(unused))):
        del unused[taken]
    now = clock.now()
    db.session.add_all(Attachment(key=key, state=DELETING, created_at=now, **EMPTY) for key in unused)
    jobs.enqueue_after_commit("delete_files", 0)


def delete_marked() -> int:
    """Delete files that are to be deleted, and then their rows, BATCH_SIZE at most. Returns how many. Commits.

    While the store does not answer they wait.
    """
    expired = and_(_is_unused(STORING), Attachment.created_at < clock.now() - STORING_TTL)
    found = select(Attachment.id, Attachment.key).where(or_(_is_unused(DELETING), expired)).order_by(Attachment.id)
    marked = db.session.execute(found.limit(BATCH_SIZE)).all()
    db.session.rollback()
    gone = []
    for row in marked:
        try:
            storage.delete(row.key)
        except storage.StorageUnavailable as error:
            outage_log.report(log, "Files are not deleted, for the file store does not answer", str(error))
            break
        gone.append(row.id)
    if gone:
        db.session.execute(delete(Attachment).where(Attachment.id.in_(gone), Attachment.message_id.is_(None)))
        db.session.commit()
    return len(gone)


def _is_unused(state: str) -> ColumnElement[bool]:
    return and_(Attachment.message_id.is_(None), Attachment.state == state)
