"""Send the bytes of a mail to the mail server, and report exactly what is known about the outcome."""

import re
import smtplib

from helpdesk.channels.email import settings, smtp_pool, status_codes
from helpdesk.domain import email_address
from helpdesk.domain.outbox import errors
from helpdesk.domain.outbox.channel import SendResult
from helpdesk.translation import gettext

_BARE_NEWLINE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^\s<>]+>)", re.IGNORECASE | re.MULTILINE)
_ENHANCED_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_GREYLIST_RETRY_SECONDS = 300  # seconds; the usual greylist lets a second attempt through after five minutes


class RecipientRefused(errors.PermanentError):
    """The server refused this recipient or this mail for good, with an SMTP code and an enhanced status (RFC 3463).

    ``is_dead``: there is no such address.
    """

    def __init__(self, reason: str, code: int, enhanced: str, is_dead: bool) -> None:
        super().__init__(reason)
        self.code = code
        self.enhanced = enhanced
        self.is_dead = is_dead


class SessionEnded(errors.TemporaryError):
    """The server ends the session (RFC 5321, section 4.2.3: 421), as many do after some mails: another may serve."""


def send_mail(
    raw: bytes | str, sender: str, recipient: str, outgoing: settings.SmtpSettings | None = None
) -> SendResult:
    """Send ``raw`` unchanged to one recipient. A 250 after the last dot means done, whatever happens to the connection
    then.

    Raises TemporaryError, PermanentError or RecipientRefused, ChannelBlockedError, and UnknownOutcomeError where the
    connection broke after the last dot: the same bytes may be sent again.
    """
    outgoing = outgoing or settings.smtp_settings()
    raw = raw.encode("ascii") if isinstance(raw, str) else raw
    message_id = _check_sendable(raw, sender, recipient)
    line, reused = smtp_pool.acquire_connection(outgoing)
    try:
        try:
            _send_envelope(line, sender, recipient)
        except (OSError, smtplib.SMTPServerDisconnected, SessionEnded):
            if not reused:
                raise
            line.close()
            line, _ = smtp_pool.acquire_connection(outgoing)
            _send_envelope(line, sender, recipient)
        answer = _send_data(line, raw, outgoing)
    except errors.ChannelError:
        smtp_pool.close_connection(line)
        raise
    except (OSError, smtplib.SMTPException) as error:
        line.close()
        raise errors.TemporaryError(
            gettext("The mail server stopped answering before the mail was handed over.")
        ) from error
    smtp_pool.release_connection(line, outgoing)
    return SendResult(message_id, {"response": answer})


def _send_envelope(line: smtplib.SMTP, sender: str, recipient: str) -> None:
    """Send MAIL, RCPT and DATA; each answer is judged by the command it answers."""
    code, answer = line.mail(sender)
    if code != 250:
        _classify_reply(
            code, answer, gettext("The mail server does not accept mail from %(sender)s", sender=sender), blocked=True
        )
    code, answer = line.rcpt(recipient)
    if code not in {250, 251}:
        _classify_reply(
            code,
            answer,
            gettext("The mail server refuses the address %(recipient)s", recipient=recipient),
            of_recipient=True,
        )
    code, answer = line.docmd("DATA")
    if code != 354:
        _classify_reply(code, answer, gettext("The mail server does not accept the mail"))


def _send_data(line: smtplib.SMTP, raw: bytes, outgoing: settings.SmtpSettings) -> str:
    """Send the bytes, then the last dot separately: until that was sent, the server cannot have accepted anything."""
    stuffed = re.sub(rb"(?m)^\.", b"..", raw)
    line.send(stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n")
    try:
        line.sock.settimeout(outgoing.final_timeout)
        line.send(b".\r\n")
        code, answer = line.getreply()
        line.sock.settimeout(outgoing.timeout)
    except (OSError, smtplib.SMTPException) as error:
        line.close()
        raise errors.UnknownOutcomeError(
            gettext("The mail server was given the mail but the line broke before it said whether it took it.")
        ) from error
    if code != 250:
        _classify_reply(code, answer, gettext("The mail server does not accept the mail"))
    return f"{code} {_reply_text(answer)}"


def _classify_reply(code: int, answer: bytes, what: str, of_recipient: bool = False, blocked: bool = False) -> None:
    text = _reply_text(answer)
    match = _ENHANCED_STATUS.match(text)
    enhanced = match[1] if match else ""
    reason = f"{what} ({code}{': ' + text if text else ''})."
    if code < 0:
        raise smtplib.SMTPServerDisconnected("closed")
    if code == 421:
        raise SessionEnded(reason)
    if code < 500:
        is_greylist = of_recipient and (code in {450, 451} or "grey" in text.lower() or "gray" in text.lower())
        raise errors.TemporaryError(reason, retry_after=_GREYLIST_RETRY_SECONDS if is_greylist else None)
    if blocked and code != 552 and not enhanced.startswith("5.3"):
        raise errors.ChannelBlockedError(
            reason + " " + gettext("Check the sender's address and what this server lets us send."), scope="channel"
        )
    dead = of_recipient and code in {550, 551, 553} and status_codes.is_about_address(enhanced)
    raise RecipientRefused(reason, code, enhanced, dead)


def _check_sendable(raw: bytes, sender: str, recipient: str) -> str:
    """Return the Message-ID of ``raw``. Raises PermanentError for what must not be sent: a list of recipients, or bytes
    a server could split.
    """
    for one in (sender, recipient):
        try:
            is_canonical = email_address.canonical_address(one) == one
        except ValueError:
            is_canonical = False
        if not is_canonical:
            raise errors.PermanentError(gettext("The mail is not addressed to exactly one address."))
    if _BARE_NEWLINE.search(raw) or b"\0" in raw or not raw.isascii():
        raise errors.PermanentError(
            gettext("The mail has line ends or bytes in it that no mail server reads the same way.")
        )
    match = _MESSAGE_ID.search(raw[: raw.find(b"\r\n\r\n") + 2])
    if not match:
        raise errors.PermanentError(gettext("The mail has no Message-ID."))
    return match[1].decode("ascii")


def _reply_text(answer: bytes) -> str:
    text = answer.decode("utf-8", errors="replace") if isinstance(answer, bytes) else str(answer)
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:300].rstrip(".")
