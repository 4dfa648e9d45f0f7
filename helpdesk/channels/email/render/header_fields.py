"""Write header fields of our own mails: every value checked, ids never split by folding."""

import re
import unicodedata
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime

from helpdesk.channels.email.render import encoded_words
from helpdesk.channels.email.render.message_types import Envelope
from helpdesk.domain import email_address
from helpdesk.models.ticket import MAX_SUBJECT_LENGTH

MAX_REFERENCES = 20

_UNENCODED_FIELDS = {"message-id", "in-reply-to", "references", "list-unsubscribe"}
_ATOMS = re.compile(r"[\w!#$%&'*+\-/=?^`{|}~]+(?: [\w!#$%&'*+\-/=?^`{|}~]+)*", re.ASCII)
_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{3,400}>")
_BIDI_CONTROLS = set("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class HeaderPolicy(EmailPolicy):
    """SMTP's rules, but fields with ids and URLs are folded between them only, never encoded, and subjects and names
    are folded by us.

    The library turns a Message-ID longer than a line into an encoded word (seen with Outlook's), and the thread is
    lost. Where it folds a subject or a name (seen with Python 3.11), it loses spaces, breaks characters, and forgets
    the quotation marks around a name with a comma, which becomes several addresses.
    """

    def fold(self, name: str, value: str) -> str:
        if name.lower() in _UNENCODED_FIELDS:
            return f"{name}: " + f"{self.linesep} ".join(str(value).split()) + self.linesep
        if name.lower() == "subject":
            lines = encoded_words.fold_text(str(value), len(name) + 2)
        elif len(getattr(value, "addresses", ())) == 1:
            lines = _fold_mailbox(value.addresses[0], len(name) + 2)
        else:
            return super().fold(name, value)
        return f"{name}: " + f"{self.linesep} ".join(lines) + self.linesep

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("ascii", "surrogateescape")


def _fold_mailbox(mailbox: Address, used: int) -> list[str]:
    """Return the lines of a name with its address; ``used``: characters before them in the first line."""
    address, name = f"<{mailbox.addr_spec}>", mailbox.display_name
    if not name:
        return [mailbox.addr_spec]
    if not encoded_words.needs_encoding(name) and not _ATOMS.fullmatch(name):
        name = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    *lines, last = encoded_words.fold_text(name, used)
    is_short = len(last) + len(address) + 1 + (1 if lines else used) <= encoded_words.MAX_LINE_LENGTH
    return [*lines, f"{last} {address}"] if is_short else [*lines, last, address]


HEADER_POLICY = HeaderPolicy(linesep="\r\n", cte_type="7bit", max_line_length=78)


def write_headers(message: EmailMessage, envelope: Envelope, subject: str, message_id: str) -> None:
    """Add every field of ``envelope`` to ``message``. Raises ValueError with a sentence for a value that no header may
    have.
    """
    set_header(message, "From", _format_mailbox(envelope.sender_name, envelope.sender))
    set_header(message, "To", _format_mailbox(envelope.recipient_name, envelope.recipient))
    if envelope.reply_to:
        set_header(message, "Reply-To", _format_mailbox(envelope.sender_name, envelope.reply_to))
    words = clean_header_text(subject)[:MAX_SUBJECT_LENGTH].rstrip()
    # Encoded also here: what looks like an encoded word in it would be read as one.
    set_header(message, "Subject", " ".join(encoded_words.fold_text(words, 0)))
    set_header(message, "Date", format_datetime(envelope.date))
    set_header(message, "Message-ID", message_id)
    references = limit_references(envelope.references)
    if references:
        set_header(message, "In-Reply-To", references[-1])
        set_header(message, "References", " ".join(references))
    if envelope.unsubscribe_url:
        set_header(message, "List-Unsubscribe", f"<{_validated_link(envelope.unsubscribe_url)}>")
        set_header(message, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
    set_header(message, "Auto-Submitted", "auto-generated")
    set_header(message, "X-Auto-Response-Suppress", "All")
    if envelope.instance:
        set_header(message, "X-Portal-Instance", envelope.instance)


def set_header(message: EmailMessage, name: str, value: str | Address) -> None:
    """Set one field; CR, LF and NUL are refused rather than repaired."""
    if any(sign in str(value) for sign in "\r\n\0"):
        raise ValueError(f"The mail header {name} has a line break in it.")
    message[name] = value


def clean_header_text(text: str) -> str:
    """Clean people's text for a header: on one line, without control characters and marks that turn the reading
    direction.
    """
    characters = (
        " " if unicodedata.category(sign) in {"Cc", "Zl", "Zp"} else sign
        for sign in text
        if sign not in _BIDI_CONTROLS and unicodedata.category(sign) != "Cs"
    )
    return " ".join("".join(characters).split())


def limit_references(ids: tuple[str, ...]) -> list[str]:
    """Limit the well-formed ``ids`` to the first, which holds the thread together, and the latest."""
    known = list(dict.fromkeys(one for one in ids if _ID.fullmatch(one)))
    return known if len(known) <= MAX_REFERENCES else known[:1] + known[1 - MAX_REFERENCES :]


def _format_mailbox(name: str, email: str) -> Address:
    if email_address.canonical_address(email) != email:
        raise ValueError("Only canonical addresses are mailed.")
    return Address(clean_header_text(name)[:100], addr_spec=email)


def _validated_link(url: str) -> str:
    if not re.fullmatch(r"https?://[\x21-\x3b\x3d\x3f-\x7e]+", url):
        raise ValueError("The link to unsubscribe is not a web address.")
    return url
