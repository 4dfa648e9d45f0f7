"""Putting finished bytes into the mail system, and saying exactly what is known about where they are
afterwards.
"""

import re
import smtplib
from typing import Any

from helpdesk.channels import errors
from helpdesk.channels.email import address, connection, settings
from helpdesk.channels.values import Sent

_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^\s<>]+>)", re.IGNORECASE | re.MULTILINE)
_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_RETRY_GREYLISTED = 300  # seconds; the usual greylist lets a second try through after five minutes


class Refused(errors.Permanent):
    """The server refused this recipient or this mail for good; ``data`` has code, enhanced and dead (no such
    address).
    """

    def __init__(self, reason: str, code: int, enhanced: str, dead: bool):
        super().__init__(reason)
        self.data: dict[str, Any] = {"code": code, "enhanced": enhanced, "dead": dead}


def deliver(raw: bytes | str, sender: str, recipient: str, outgoing: settings.Outgoing | None = None) -> Sent:
    """Send ``raw`` unchanged to one recipient. A 250 after the last dot means done, whatever happens to the
    line then.

    Raises Temporary, Permanent or Refused, Blocked, and Unknown where the line broke after the last dot: the
    same bytes may go again.
    """
    outgoing = outgoing or settings.outgoing()
    raw = raw.encode("ascii") if isinstance(raw, str) else raw
    message_id = _refuse_unsendable(raw, sender, recipient)
    line, reused = connection.take(outgoing)
    try:
        try:
            _introduce(line, sender, recipient)
        except (OSError, smtplib.SMTPServerDisconnected):
            if not reused:
                raise
            line.close()
            line, _ = connection.take(outgoing)
            _introduce(line, sender, recipient)
        answer = _hand_over(line, raw, outgoing)
    except errors.ChannelError:
        connection.close(line)
        raise
    except (OSError, smtplib.SMTPException) as error:
        line.close()
        raise errors.Temporary("The mail server fell silent before the mail was handed over.") from error
    connection.keep(line, outgoing)
    return Sent(message_id, {"response": answer})


def _introduce(line: smtplib.SMTP, sender: str, recipient: str) -> None:
    """MAIL, RCPT and DATA, each answer judged by what it is an answer to."""
    code, answer = line.mail(sender)
    if code != 250:
        _judge(code, answer, f"The mail server does not accept mail from {sender}", blocked=True)
    code, answer = line.rcpt(recipient)
    if code not in {250, 251}:
        _judge(code, answer, f"The mail server refuses the address {recipient}", of_recipient=True)
    code, answer = line.docmd("DATA")
    if code != 354:
        _judge(code, answer, "The mail server does not accept the mail")


def _hand_over(line: smtplib.SMTP, raw: bytes, outgoing: settings.Outgoing) -> str:
    """The bytes, then the last dot by itself: until that has left, nothing can have been taken."""
    stuffed = re.sub(rb"(?m)^\.", b"..", raw)
    line.send(stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n")
    try:
        line.sock.settimeout(outgoing.final_timeout)
        line.send(b".\r\n")
        code, answer = line.getreply()
        line.sock.settimeout(outgoing.timeout)
    except (OSError, smtplib.SMTPException) as error:
        line.close()
        raise errors.Unknown(
            "The mail server was given the mail but the line broke before it said whether it took it."
        ) from error
    if code != 250:
        _judge(code, answer, "The mail server does not accept the mail")
    return f"{code} {_said(answer)}"


def _judge(code: int, answer: bytes, what: str, of_recipient: bool = False, blocked: bool = False) -> None:
    said = _said(answer)
    match = _ENHANCED.match(said)
    enhanced = match[1] if match else ""
    reason = f"{what} ({code}{': ' + said if said else ''})."
    if code < 0:
        raise smtplib.SMTPServerDisconnected("closed")
    if code < 500:
        is_greylist = of_recipient and (code in {450, 451} or "grey" in said.lower() or "gray" in said.lower())
        raise errors.Temporary(reason, retry_after=_RETRY_GREYLISTED if is_greylist else None)
    if blocked and code != 552 and not enhanced.startswith("5.3"):
        raise errors.Blocked(reason + " Check the sender's address and what this server lets us send.", scope="channel")
    dead = of_recipient and code in {550, 551, 553} and (not enhanced or enhanced.startswith(("5.1.", "5.2.1")))
    raise Refused(reason, code, enhanced, dead)


def _refuse_unsendable(raw: bytes, sender: str, recipient: str) -> str:
    """The Message-ID of ``raw``. Raises Permanent for what must not go out: a list of recipients, or bytes a
    server could split.
    """
    for one in (sender, recipient):
        try:
            is_canonical = address.canonical(one) == one
        except ValueError:
            is_canonical = False
        if not is_canonical:
            raise errors.Permanent("The mail is not addressed to exactly one address.")
    if _BARE.search(raw) or b"\0" in raw or not raw.isascii():
        raise errors.Permanent("The mail has line ends or bytes in it that no mail server reads the same way.")
    match = _MESSAGE_ID.search(raw[: raw.find(b"\r\n\r\n") + 2])
    if not match:
        raise errors.Permanent("The mail has no Message-ID.")
    return match[1].decode("ascii")


def _said(answer: bytes) -> str:
    text = answer.decode("utf-8", errors="replace") if isinstance(answer, bytes) else str(answer)
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:300].rstrip(".")
