"""Header fields of our own mails: every value checked, ids never broken apart by folding."""

import re
import unicodedata
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime

from helpdesk.channels.email import address
from helpdesk.channels.email.mails import Envelope

LONGEST_SUBJECT = 200
REFERENCES = 20

_VERBATIM = {"message-id", "in-reply-to", "references", "list-unsubscribe"}
_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{3,400}>")
_TURNING = set("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Wire(EmailPolicy):
    """SMTP's rules, but fields that hold ids and addresses of pages are folded between them only, never
    encoded.

    The library turns a Message-ID longer than a line into an encoded word (seen with Outlook's), and the
    thread is lost.
    """

    def fold(self, name: str, value: str) -> str:
        if name.lower() not in _VERBATIM:
            return super().fold(name, value)
        return f"{name}: " + f"{self.linesep} ".join(str(value).split()) + self.linesep

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() not in _VERBATIM:
            return super().fold_binary(name, value)
        return self.fold(name, value).encode("ascii")


WIRE = Wire(linesep="\r\n", cte_type="7bit", max_line_length=78)


def write(message: EmailMessage, envelope: Envelope, subject: str, message_id: str) -> None:
    """Put every field of ``envelope`` into ``message``. Raises ValueError with a sentence for a value no
    header may have.
    """
    put(message, "From", _person(envelope.sender_name, envelope.sender))
    put(message, "To", _person(envelope.recipient_name, envelope.recipient))
    if envelope.reply_to:
        put(message, "Reply-To", _person(envelope.sender_name, envelope.reply_to))
    put(message, "Subject", shown(subject)[:LONGEST_SUBJECT].rstrip())
    put(message, "Date", format_datetime(envelope.date))
    put(message, "Message-ID", message_id)
    references = thread(envelope.references)
    if references:
        put(message, "In-Reply-To", references[-1])
        put(message, "References", " ".join(references))
    if envelope.unsubscribe_url:
        put(message, "List-Unsubscribe", f"<{_link(envelope.unsubscribe_url)}>")
        put(message, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
    put(message, "Auto-Submitted", "auto-generated")
    put(message, "X-Auto-Response-Suppress", "All")
    if envelope.instance:
        put(message, "X-Portal-Instance", envelope.instance)


def put(message: EmailMessage, name: str, value: str | Address) -> None:
    """Set one field; CR, LF and NUL are refused rather than repaired."""
    if any(sign in str(value) for sign in "\r\n\0"):
        raise ValueError(f"The mail header {name} has a line break in it.")
    message[name] = value


def shown(text: str) -> str:
    """Somebody's words for a header: on one line, without control characters and marks that turn the reading
    direction.
    """
    kept = (
        " " if unicodedata.category(sign) in {"Cc", "Zl", "Zp"} else sign
        for sign in text
        if sign not in _TURNING and unicodedata.category(sign) != "Cs"
    )
    return " ".join("".join(kept).split())


def thread(ids: tuple[str, ...]) -> list[str]:
    """The well-formed ``ids``, bounded: the first, which holds the thread together, and the latest."""
    known = list(dict.fromkeys(one for one in ids if _ID.fullmatch(one)))
    return known if len(known) <= REFERENCES else known[:1] + known[1 - REFERENCES :]


def _person(name: str, email: str) -> Address:
    if address.canonical(email) != email:
        raise ValueError("Only canonical addresses are mailed.")
    return Address(shown(name)[:100], addr_spec=email)


def _link(url: str) -> str:
    if not re.fullmatch(r"https?://[\x21-\x3b\x3d\x3f-\x7e]+", url):
        raise ValueError("The link to unsubscribe is not a web address.")
    return url
