"""Files are scanned for viruses after they were stored, where CLAMD_URL names a scanner, and given out only then.

Each new file waits in the state "scanning". Scanning has no open transaction; while the scanner is away the files wait
and are tried again every minute.
"""

import logging
from datetime import timedelta

from sqlalchemy import literal_column, select, update

from helpdesk import clamd, clock, jobs, live_events, outage_log, storage
from helpdesk.database.types import affected_rows
from helpdesk.domain import locking
from helpdesk.domain.administration import audit_log
from helpdesk.domain.integrations import webhooks
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.translation import gettext, lazy_gettext

SCANNING, STORED, REFUSED = "scanning", "stored", "refused"
HELD_STATES = (STORED, SCANNING)  # the bytes of these are there
WAITING = lazy_gettext("This file is still being checked for viruses. Try again in a minute.")
OUTGOING_WAIT = timedelta(minutes=10)  # how long a copy in a channel waits for the scan
IS_SCANNING = Attachment.state == literal_column(f"'{SCANNING}'")  # a literal, for the partial index
log = logging.getLogger(__name__)


def begin_state() -> str:
    """The state of a file that is stored now; one that has to be scanned is, once the open transaction commits."""
    if not clamd.is_configured():
        return STORED
    jobs.enqueue_after_commit("scan_files", 0)
    return SCANNING


def is_awaited(attachment: Attachment) -> bool:
    """Whether a copy in a channel should still wait for the scan; afterwards only a sentence about the file goes."""
    return attachment.state == SCANNING and attachment.created_at > clock.now() - OUTGOING_WAIT


def scan_waiting_files() -> int:
    """Scan each file that waits, once; returns how many were judged. Commits. Ends while the scanner is away."""
    judged, last = 0, 0
    while (waiting := _find_next(last)) is not None:
        last, key = waiting
        try:
            with storage.open(key) as file:
                # What waited for a scanner that is no longer named is given out as before.
                virus = clamd.find_virus(file) if clamd.is_configured() else None
        except FileNotFoundError:
            _finish(last, REFUSED, gettext("The file is gone."))
            continue
        except clamd.NoVerdict as error:
            outage_log.report(log, "The virus scanner could not judge a file, which waits", str(error))
            continue
        except (clamd.ScannerUnavailable, storage.StorageUnavailable) as error:
            outage_log.report(log, "Files wait, for the virus scanner or the file store does not answer", str(error))
            break
        if virus:
            _finish(last, REFUSED, _virus_reason(virus), virus)
            storage.delete(key)
        else:
            _finish(last, STORED, None)
        judged += 1
    return judged


def _virus_reason(virus: str) -> str:
    return gettext("A virus was found in this file (%(virus)s), so it was deleted.", virus=virus)


def _find_next(after: int) -> tuple[int, str] | None:
    """Id and key of the next file that waits. Ends the transaction, for a scan takes long."""
    waiting = select(Attachment.id, Attachment.key).where(IS_SCANNING, Attachment.id > after)
    row = db.session.execute(waiting.order_by(Attachment.id).limit(1)).first()
    db.session.remove()
    return (row[0], row[1]) if row is not None else None


def _finish(attachment_id: int, state: str, reason: str | None, virus: str = "") -> None:
    """Store the result, unless the file was deleted meanwhile. Commits."""
    ticket_id = db.session.scalar(select(Attachment.ticket_id).where(Attachment.id == attachment_id))
    ticket = next(iter(locking.lock_tickets([ticket_id])), None) if ticket_id else None
    changed = db.session.execute(
        update(Attachment)
        .where(Attachment.id == attachment_id, Attachment.state == SCANNING)
        .values(state=state, reason=reason)
        .execution_options(synchronize_session=False)
    )
    if affected_rows(changed):
        if ticket is not None:
            live_events.bump_version_and_publish(ticket)
        attachment = db.session.get(Attachment, attachment_id, populate_existing=True)
        if state == REFUSED and attachment is not None and attachment.message is not None:
            webhooks.enqueue_file_removed(attachment.message, attachment)
        if virus:
            audit_log.add_entry(
                "found a virus in a file",
                None,
                "",
                ticket.organization_id if ticket is not None else None,
                file=attachment_id,
                ticket=ticket_id,
                virus=virus,
            )
    db.session.commit()
    db.session.remove()
