"""Parse a mail system's report about a mail of ours that did not arrive (RFC 3464, and Exim's format)."""

import re
from email.message import Message

from helpdesk.channels.email.parse import mime
from helpdesk.channels.email.parse.parsed_mail import Bounce
from helpdesk.channels.email.parse.parts import MimePart
from helpdesk.domain.people import email_address

_ID = re.compile(r"^message-id:\s*(<[^\s<>]{3,400}>)", re.IGNORECASE | re.MULTILINE)


def parse_bounce(message: Message, parts: list[MimePart]) -> Bounce | None:
    """Return the bounce in a mail: recipient, action, status, reason, the original's message_id, permanent. None for
    any other mail.

    Anybody can write such a mail: believe it only where ``message_id`` is that of a delivery to ``recipient``.
    """
    report = next((part for part in parts if part.media_type == "message/delivery-status"), None)
    failed = mime.header_text(message, "X-Failed-Recipients")
    if not report and not failed:
        return None
    fields = (
        _first_recipient_fields(report.message)
        if report
        else {"final-recipient": failed.split(",")[0], "action": "failed"}
    )
    status = fields.get("status", "")[:20]
    action = fields.get("action", "").lower()[:20]
    return Bounce(
        recipient=_parse_recipient(fields.get("final-recipient") or fields.get("original-recipient", "")),
        action=action,
        status=status,
        reason=fields.get("diagnostic-code", "").partition(";")[2].strip()[:500],
        message_id=_original_message_id(parts),
        permanent=action == "failed" and not status.startswith("4"),
    )


def _first_recipient_fields(report: Message) -> dict[str, str]:
    """Return the fields of the report's first recipient, who is the only one: we send to one at a time."""
    blocks = report.get_payload() if report.is_multipart() else []
    fields: dict[str, str] = {}
    for block in blocks[:10]:
        for name, value in block.items():
            fields.setdefault(name.lower(), " ".join(str(value).split()))
    return fields


def _parse_recipient(value: str) -> str:
    try:
        return email_address.canonical_address(value.rpartition(";")[2].strip().strip("<>"))
    except ValueError:
        return ""


def _original_message_id(parts: list[MimePart]) -> str:
    for part in parts:
        if part.media_type in {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers"}:
            match = _ID.search(mime.part_content(part.message)[:64_000].decode("ascii", errors="replace"))
            if match:
                return match[1]
    for part in parts:
        if part.media_type == "text/plain":
            match = _ID.search(mime.part_text(part.message)[:64_000])
            if match:
                return match[1]
    return ""
