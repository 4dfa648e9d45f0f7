"""Polling a mailbox: a mail counts as taken only after ``accept`` has returned, so that a crash repeats
rather than loses.
"""

import imaplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import imap_tools

from helpdesk.channels import errors
from helpdesk.channels.email import reading, settings

MOST_AT_ONCE = 100
_NOT_NOW = ("[UNAVAILABLE]", "[INUSE]", "[SERVERBUG]", "[LIMIT]")  # RFC 5530: not the password's fault


def fetch(mailbox: settings.Imap, accept: Callable[[str, bytes], None]) -> int:
    """Hand every unseen mail to ``accept(external_id, raw)`` and mark it seen, or move it, after that
    returned; how many.

    An error of ``accept`` stops the round and leaves that mail unseen. Raises Temporary or Blocked with a
    sentence for the mailbox's own.
    """
    taken = 0
    with open_mailbox(mailbox) as box:
        with _mailboxes_own_errors(mailbox):
            waiting = box.uids("UNSEEN")[:MOST_AT_ONCE]
        for uid in waiting:
            with _mailboxes_own_errors(mailbox):
                raw = _raw(box, uid)
            if raw is None:
                continue
            accept(reading.fingerprint(raw), raw)
            with _mailboxes_own_errors(mailbox):
                _put_away(box, uid, mailbox)
            taken += 1
    return taken


@contextmanager
def open_mailbox(mailbox: settings.Imap) -> Iterator[imap_tools.BaseMailBox]:
    """The mailbox, signed in, its folder open. Raises Temporary or Blocked with a sentence."""
    with _mailboxes_own_errors(mailbox):
        box = _connect(mailbox)
    try:
        with _mailboxes_own_errors(mailbox):
            box.login(mailbox.username, mailbox.password, initial_folder=None)
            box.folder.set(mailbox.folder)
        yield box
    finally:
        with suppress(OSError, imaplib.IMAP4.error, imap_tools.ImapToolsError):
            box.logout()


@contextmanager
def _mailboxes_own_errors(mailbox: settings.Imap) -> Iterator[None]:
    where = f"{mailbox.server}:{mailbox.port}"
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise errors.Blocked(f"The certificate of {where} is not valid: {error.verify_message}.") from error
    except imap_tools.MailboxLoginError as error:
        if any(code in str(error).upper() for code in _NOT_NOW):
            raise errors.Temporary(f"The mailbox at {where} cannot be opened just now.") from error
        raise errors.Blocked(f"The mailbox at {where} refuses our user name or password.") from error
    except imap_tools.MailboxFolderSelectError as error:
        raise errors.Blocked(f"The mailbox at {where} has no folder {mailbox.folder}.") from error
    except (OSError, imaplib.IMAP4.error, imap_tools.ImapToolsError) as error:
        raise errors.Temporary(f"The mailbox at {where} cannot be reached or broke off.") from error


def _connect(mailbox: settings.Imap) -> imap_tools.BaseMailBox:
    context = ssl.create_default_context(cafile=mailbox.ca_file or None)
    if mailbox.security == "tls":
        return imap_tools.MailBox(mailbox.server, mailbox.port, timeout=mailbox.timeout, ssl_context=context)
    if mailbox.security == "starttls":
        return imap_tools.MailBoxStartTls(mailbox.server, mailbox.port, timeout=mailbox.timeout, ssl_context=context)
    if not settings.is_this_machine(mailbox.server):
        raise errors.Blocked(f"{mailbox.server} is another machine, where a password may not travel without TLS.")
    return imap_tools.MailBoxUnencrypted(mailbox.server, mailbox.port, timeout=mailbox.timeout)


def _raw(box: imap_tools.BaseMailBox, uid: str) -> bytes | None:
    """The mail's own bytes, without marking it seen; None when somebody deleted it meanwhile."""
    _, answer = box.client.uid("fetch", uid, "(BODY.PEEK[])")
    return next((one[1] for one in answer if isinstance(one, tuple)), None)


def _put_away(box: imap_tools.BaseMailBox, uid: str, mailbox: settings.Imap) -> None:
    box.flag([uid], imap_tools.MailMessageFlags.SEEN, True)
    if mailbox.move_to:
        if not box.folder.exists(mailbox.move_to):
            box.folder.create(mailbox.move_to)
        box.move([uid], mailbox.move_to)
