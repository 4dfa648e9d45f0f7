"""Taking in the mails of the mailbox that IMAP_URL names."""

import logging

from sqlalchemy import select

from helpdesk import clock
from helpdesk.channels import errors
from helpdesk.channels.email import imap
from helpdesk.channels.email import settings as mail_settings
from helpdesk.domain import inbox
from helpdesk.extensions import db
from helpdesk.models.settings import SettingRow

STATE = "mailbox_state"  # the row in which the last look is remembered
log = logging.getLogger(__name__)


def poll() -> int:
    """Take in every unread mail; how many were taken. Each is committed before the mailbox is told; trouble is remembered
    and never raised."""
    mailbox, taken, trouble = None, 0, ""
    try:
        mailbox = mail_settings.imap()
        if mailbox:
            taken = imap.fetch(mailbox, _accept)
    except (errors.ChannelError, ValueError) as error:
        db.session.rollback()
        trouble = getattr(error, "reason", str(error))
        log.warning("The mailbox could not be read: %s", trouble)
    if mailbox or trouble:
        _remember(trouble)
    return taken


def state() -> dict:
    """When the mailbox was last read ("at", ISO) and what was wrong with it ("trouble", "" for nothing); {} before the first."""
    return db.session.scalar(select(SettingRow.value).where(SettingRow.key == STATE)) or {}


def _accept(external_id: str, raw: bytes) -> None:
    inbox.accept("email", external_id, {}, raw=raw)
    db.session.commit()


def _remember(trouble: str) -> None:
    row = db.session.get(SettingRow, STATE)
    value = {"at": clock.now().isoformat(timespec="seconds"), "trouble": trouble}
    if row is None:
        db.session.add(SettingRow(key=STATE, value=value))
    else:
        row.value = value
    db.session.commit()
