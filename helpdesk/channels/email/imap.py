"""Poll a mailbox: a mail is marked as read only after ``accept`` has returned, so that a crash repeats mails rather
than losing them.
"""

import imaplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import imap_tools

from helpdesk.channels.email import oauth, settings
from helpdesk.channels.email.parse import raw_mail
from helpdesk.domain.outbox import errors
from helpdesk.translation import format_number, gettext

BATCH_SIZE = 100
_TEMPORARY_CODES = ("[UNAVAILABLE]", "[INUSE]", "[SERVERBUG]", "[LIMIT]")  # RFC 5530: not the password's fault


def fetch_mails(
    mailbox: settings.ImapSettings, accept: Callable[[str, bytes], None], failed: set[str] | None = None
) -> int:
    """Pass every unseen mail to ``accept(external_id, raw)`` and mark it seen, or move it, after that returned; return
    how many.

    An error of ``accept`` stops the round and leaves that mail unseen. Raises TemporaryError or ChannelBlockedError
    with a sentence for the mailbox's own errors. ``failed``: the uids of mails that could not be fetched or marked in
    earlier rounds; they come last, so that none of them holds up the others. It is changed to what this round found.
    """
    taken, unmarked, failed = 0, 0, set() if failed is None else failed
    with open_mailbox(mailbox) as box:
        with _translate_errors(mailbox):
            unseen = box.uids("UNSEEN")
        failed &= set(unseen)
        for uid in sorted(unseen, key=lambda uid: uid in failed)[:BATCH_SIZE]:
            failed.add(uid)  # stays where the server breaks off here
            with _translate_errors(mailbox):
                try:
                    raw = _fetch_raw(box, uid)
                except imaplib.IMAP4.abort:
                    raise
                except imaplib.IMAP4.error:
                    continue  # the server cannot give this one, as Exchange refuses what it cannot convert
            if raw is not None:
                accept(raw_mail.mail_fingerprint(raw), raw)
                with _translate_errors(mailbox):
                    is_marked = _mark_processed(box, uid, mailbox)
                if not is_marked:
                    unmarked += 1
                    continue
                taken += 1
            failed.discard(uid)
    if unmarked:
        sentence = gettext(
            "The mailbox at %(where)s refuses to mark or move %(count)s of its mails, which were received.",
            where=f"{mailbox.server}:{mailbox.port}",
            count=format_number(unmarked),
        )
        raise errors.TemporaryError(sentence)
    if failed:
        sentence = gettext(
            "The mailbox at %(where)s does not hand over %(count)s of its mails; the others were received.",
            where=f"{mailbox.server}:{mailbox.port}",
            count=format_number(len(failed)),
        )
        raise errors.TemporaryError(sentence)
    return taken


@contextmanager
def open_mailbox(mailbox: settings.ImapSettings) -> Iterator[imap_tools.BaseMailBox]:
    """Open the mailbox: signed in, with its folder selected. Raises TemporaryError or ChannelBlockedError with a
    sentence.
    """
    with _translate_errors(mailbox):
        box = _connect(mailbox)
    try:
        with _translate_errors(mailbox):
            _sign_in(box, mailbox)
            box.folder.set(mailbox.folder)
        yield box
    finally:
        with suppress(OSError, imaplib.IMAP4.error, imap_tools.ImapToolsError):
            box.logout()


def _sign_in(box: imap_tools.BaseMailBox, mailbox: settings.ImapSettings) -> None:
    """Sign in by password, or by an access token, of which a refused one is renewed once."""
    if mailbox.oauth is None:
        box.login(mailbox.username, mailbox.password, initial_folder=None)
        return
    for is_renewed in (False, True):
        token = oauth.access_token(mailbox.oauth, is_renewed)
        try:
            box.xoauth2(mailbox.username, token, initial_folder=None)
            return
        except imaplib.IMAP4.abort:
            raise
        except (imap_tools.MailboxLoginError, imaplib.IMAP4.error) as error:
            is_temporary = any(code in str(error).upper() for code in _TEMPORARY_CODES)
            if is_temporary or not is_renewed:
                continue
            where = f"{mailbox.server}:{mailbox.port}"
            sentence = gettext("The mailbox at %(where)s refuses the access token.", where=where)
            raise errors.ChannelBlockedError(sentence) from error
    sentence = gettext("The mailbox at %(where)s cannot be opened just now.", where=mailbox.server)
    raise errors.TemporaryError(sentence)


@contextmanager
def _translate_errors(mailbox: settings.ImapSettings) -> Iterator[None]:
    where = f"{mailbox.server}:{mailbox.port}"
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise errors.ChannelBlockedError(
            gettext(
                "The certificate of %(where)s is not valid: %(verify_message)s.",
                where=where,
                verify_message=error.verify_message,
            )
        ) from error
    except imaplib.IMAP4.readonly as error:
        sentence = gettext(
            "The mailbox at %(where)s may only be read; its user has to be allowed to change it.", where=where
        )
        raise errors.ChannelBlockedError(sentence) from error
    except imap_tools.MailboxLoginError as error:
        if any(code in str(error).upper() for code in _TEMPORARY_CODES):
            raise errors.TemporaryError(
                gettext("The mailbox at %(where)s cannot be opened just now.", where=where)
            ) from error
        raise errors.ChannelBlockedError(
            gettext("The mailbox at %(where)s refuses our user name or password.", where=where)
        ) from error
    except imap_tools.MailboxFolderSelectError as error:
        raise errors.ChannelBlockedError(
            gettext("The mailbox at %(where)s has no folder %(folder)s.", where=where, folder=mailbox.folder)
        ) from error
    except (OSError, imaplib.IMAP4.error, imap_tools.ImapToolsError) as error:
        raise errors.TemporaryError(
            gettext("The mailbox at %(where)s cannot be reached or broke off.", where=where)
        ) from error


def _connect(mailbox: settings.ImapSettings) -> imap_tools.BaseMailBox:
    context = ssl.create_default_context(cafile=mailbox.ca_file or None)
    if mailbox.security == "tls":
        return imap_tools.MailBox(mailbox.server, mailbox.port, timeout=mailbox.timeout, ssl_context=context)
    if mailbox.security == "starttls":
        return imap_tools.MailBoxStartTls(mailbox.server, mailbox.port, timeout=mailbox.timeout, ssl_context=context)
    if not settings.is_loopback(mailbox.server):
        raise errors.ChannelBlockedError(
            gettext(
                "%(server)s is another machine, where a password may not travel without TLS.", server=mailbox.server
            )
        )
    return imap_tools.MailBoxUnencrypted(mailbox.server, mailbox.port, timeout=mailbox.timeout)


def _fetch_raw(box: imap_tools.BaseMailBox, uid: str) -> bytes | None:
    """Fetch the raw bytes of the mail without marking it seen; None when somebody deleted it meanwhile. Raises
    IMAP4.error where the server refuses this mail.
    """
    status, answer = box.client.uid("fetch", uid, "(BODY.PEEK[])")
    if status != "OK":
        raise imaplib.IMAP4.error(status)
    return next((one[1] for one in answer if isinstance(one, tuple)), None)


def _mark_processed(box: imap_tools.BaseMailBox, uid: str, mailbox: settings.ImapSettings) -> bool:
    """Mark the mail as seen and move it; False where the server refuses that, for example as a folder is full.

    The library's own ``flag`` would also remove what others marked as deleted.
    """
    try:
        if box.client.uid("STORE", uid, "+FLAGS", "(\\Seen)")[0] != "OK":
            return False
        if mailbox.move_to:
            if not box.folder.exists(mailbox.move_to):
                box.folder.create(mailbox.move_to)
            box.move([uid], mailbox.move_to)
    except imaplib.IMAP4.abort:
        raise
    except (imaplib.IMAP4.error, imap_tools.UnexpectedCommandStatusError):
        return False
    return True
