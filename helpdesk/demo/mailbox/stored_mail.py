"""One received mail and its parsed parts."""

import email
import email.policy
import functools
import re
import time
from dataclasses import dataclass, field
from email.message import EmailMessage

_LINK_PATTERN = re.compile(r"https?://[^\s<>\"')\]]+")
_CODE_PATTERN = re.compile(r"(?m)^\s*([A-Z0-9]{4}[- ]?[A-Z0-9]{4})\s*$")


@dataclass(frozen=True)
class Mail:
    """A mail: `raw` is what followed DATA, byte for byte; `recipients` is the envelope's."""

    id: int
    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    received: float = field(default_factory=time.time)

    @functools.cached_property
    def message(self) -> EmailMessage:
        """The parsed message. A part that cannot be parsed reads as empty text."""
        return email.message_from_bytes(self.raw, policy=email.policy.default)

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self.message.items()]

    @property
    def subject(self) -> str:
        return str(self.message.get("Subject", ""))

    @property
    def message_id(self) -> str:
        return str(self.message.get("Message-ID", "")).strip()

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    @property
    def attachments(self) -> list[tuple[str, str, bytes]]:
        """(file name, type, content) of each attachment."""
        return [
            (part.get_filename() or "unnamed", part.get_content_type(), part.get_payload(decode=True) or b"")
            for part in self.message.iter_attachments()
        ]

    @property
    def links(self) -> list[str]:
        """Every URL in the text, in order."""
        return _LINK_PATTERN.findall(self.text)

    @property
    def code(self) -> str | None:
        """A code that stands alone on a line, as in a sign-in mail, without its hyphen."""
        found = _CODE_PATTERN.search(self.text)
        return re.sub(r"[- ]", "", found.group(1)) if found else None

    def _part(self, kind: str) -> str:
        try:
            body = self.message.get_body((kind,))
            return body.get_content().replace("\r\n", "\n") if body is not None else ""
        except (LookupError, ValueError, KeyError, AttributeError):
            return self.raw.decode("utf-8", "replace")
