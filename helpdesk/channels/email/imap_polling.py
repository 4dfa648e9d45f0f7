"""Receive the mails of the mailbox that IMAP_URL names."""

import logging

from sqlalchemy import select

from helpdesk import clock
from helpdesk.channels.email import imap
from helpdesk.channels.email import settings as mail_settings
from helpdesk.domain import inbox
from helpdesk.domain.outbox import errors
from helpdesk.extensions import db
from helpdesk.models.setting import Setting

STATE_KEY = "mailbox_state"  # the row that stores the result of the last poll
log = logging.getLogger(__name__)


def poll_mailbox() -> int:
    """Receive every unread mail and return how many. Each is committed before it is marked as read; an error is stored
    and never raised.
    """
    mailbox, taken, error_text = None, 0, ""
    failed: set[str] = set()
    try:
        mailbox = mail_settings.imap_settings()
        if mailbox:
            failed = set(get_mailbox_state().get("failed", ()))
            db.session.rollback()
            taken = imap.fetch_mails(mailbox, _store_mail, failed)
    except (errors.ChannelError, ValueError) as error:
        db.session.rollback()
        error_text = getattr(error, "reason", str(error))
        log.warning("The mailbox could not be read: %s", error_text)
    if mailbox or error_text:
        _save_state(error_text, failed)
    return taken


def get_mailbox_state() -> dict:
    """Return when the mailbox was last read ("at", ISO), what was wrong with it ("trouble", "" for nothing), and the
    uids of mails that could not be fetched ("failed", left out for none); {} before the first poll.
    """
    return db.session.scalar(select(Setting.value).where(Setting.key == STATE_KEY)) or {}


def _store_mail(external_id: str, raw: bytes) -> None:
    inbox.store_event("email", external_id, {}, raw=raw)
    db.session.commit()


def _save_state(error_text: str, failed: set[str]) -> None:
    row = db.session.get(Setting, STATE_KEY)
    value: dict[str, object] = {"at": clock.now().isoformat(timespec="seconds"), "trouble": error_text}
    if failed:
        value["failed"] = sorted(failed)
    if row is None:
        db.session.add(Setting(key=STATE_KEY, value=value))
    else:
        row.value = value
    db.session.commit()
