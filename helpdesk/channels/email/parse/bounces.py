"""Parse a mail system's report about a mail of ours that did not arrive (RFC 3464, and Exim's format)."""

import re
from email import message_from_string
from email.message import Message
from html import unescape

from helpdesk.channels.email.parse import auto_reply, mime
from helpdesk.channels.email.parse.parsed_mail import Bounce
from helpdesk.channels.email.parse.parts import MimePart
from helpdesk.domain import email_address

MAX_TEXT_LENGTH = 64_000  # characters of a report that are read
MAX_MENTIONED = 20  # ids
MAX_ADDRESSES = 100
MAX_WARNING_LENGTH = 1000  # characters before a copy of our mail, which may have any words

_ANY_ID = re.compile(r"<[^\s<>@]{1,200}@[^\s<>@]{1,200}>")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+=-]{1,64}@[A-Za-z0-9.-]{1,200}[A-Za-z0-9]")
_BARE_ID = re.compile(r"(?<![<\w.])[0-9a-f]{32}@[A-Za-z0-9.-]{1,200}[A-Za-z0-9]")  # our keys, without the brackets
_MACHINE_NAME = re.compile(r"mail delivery|system administrator|mail(?:er)?[ -]?daemon|postmaster")
_MACHINE_ADDRESS = re.compile(r"(?:mailer-?daemon|mail-?daemon|postmaster|bounces?)(?:[+=._-].*)?@", re.IGNORECASE)
_STATUS = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d]|\.\d)")  # and no part of an address
_DIAGNOSTIC_TYPE = re.compile(r"^\s*[\w-]{1,40}\s*;\s*")
_REFUSED = re.compile(r"\b5\d\d[ -]|\b5\.\d{1,3}\.\d")
_FIELD_STATUS = re.compile(r"\d\.\d{1,3}\.\d{1,3}")
_REASON = re.compile(r"\b[45]\d\d[ -]|\b[45]\.\d\.\d")
_DELAYED = re.compile(r"\bdelayed\b|\bwarning\b|will (?:be )?(?:retr|keep trying)|still trying|not yet", re.IGNORECASE)
_FAILED = re.compile(
    r"undeliver|not (?:be |been )?(?:be )?delivered|(?:could|can)(?: ?no|n')t (?:be )?(?:deliver|sen[dt])"
    r"|not able to deliver|deliver\w* (?:\w+ ){0,4}fail|fail\w* (?:\w+ ){0,3}deliver|failure notice"
    r"|returned (?:mail|to sender)|rejected|unknown (?:user|address|recipient)|no such user"
    r"|(?:user|address|recipient) (?:\w+ ){0,2}(?:unknown|not found)|does ?n[o']t (?:exist|have an account)"
    r"|unzustellbar|nicht zu(?:ge)?stell|non remis|no se (?:pudo|ha podido) entregar|non recapitat|não (?:foi )?entreg"
    r"|エラー|配信できません|送信できません|无法投递|退信",
    re.IGNORECASE,
)
_ID = re.compile(r"^(?:x-original-)?message-id:\s*(<[^\s<>]{3,400}>)", re.IGNORECASE | re.MULTILINE)
_STATUS_TYPES = {"message/delivery-status", "message/global-delivery-status"}
# Reports that somebody has read or deleted a mail (RFC 8098), or calls it spam (RFC 5965): it did arrive.
_ARRIVED_TYPES = {"message/disposition-notification", "message/global-disposition-notification"} | {
    "message/feedback-report"
}
_HEADER_TYPES = {"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers"} | {
    "message/global-headers"
}


def parse_bounce(message: Message, parts: list[MimePart], is_returned: bool = False) -> Bounce | None:
    """Return the bounce in a mail: recipient, action, status, reason, the original's message_id, permanent. None for
    any other mail.

    ``is_returned``: it came to the return address of a mail, which says which one. Anybody can write any other report:
    believe it only where ``message_id`` is that of a delivery to ``recipient``.
    """
    if any(part.media_type in _ARRIVED_TYPES for part in parts) or _report_type(message) == "disposition-notification":
        return None
    report = next((part for part in parts if part.media_type in _STATUS_TYPES), None)
    failed = mime.header_text(message, "X-Failed-Recipients")
    if not report and not failed:
        return _parse_free_form(message, parts, is_returned)
    text = "\n".join(map(_text_of, parts))[:MAX_TEXT_LENGTH]
    fields = (
        _first_recipient_fields(report.message)
        if report
        else {"final-recipient": failed.split(",")[0], "action": "delayed" if _is_warning(text) else "failed"}
    )
    reason = _DIAGNOSTIC_TYPE.sub("", fields.get("diagnostic-code", ""))[:500] or ("" if report else _find_reason(text))
    status = _find_status(fields.get("status", ""), reason)
    action = (fields.get("action", "").lower().split() or ["failed" if status.startswith("5") else ""])[0][:20]
    recipient = _parse_recipient(fields.get("final-recipient", ""))
    original = _parse_recipient(fields.get("original-recipient", ""))
    return Bounce(
        recipient=recipient or original,
        action=action,
        status=status,
        reason=reason,
        message_id=_original_message_id(parts),
        mentioned_ids=_list_ids(text),
        mentioned_addresses=(original,) if original else () if recipient else _list_addresses(text),
        permanent=action == "failed" and not status.startswith("4"),
    )


def _parse_free_form(message: Message, parts: list[MimePart], is_returned: bool) -> Bounce | None:
    """Return a report in a mail server's own words (qmail, Exchange 2003, Notes, Yahoo, GMX): it comes from nobody and
    names the original in its text. One that was returned need not name it, but has to say that it failed: answers of
    people who are away are returned, too.
    """
    if not _is_from_machine(message) and message.get_content_type() != "multipart/report":
        return None
    text = "\n".join(_text_of(part) for part in parts)[:MAX_TEXT_LENGTH]
    ids = _list_ids(text)
    says_failure = _REASON.search(text) or _FAILED.search(mime.header_text(message, "Subject") + "\n" + text)
    if not ids and not (is_returned and says_failure):
        return None
    if not says_failure and not _DELAYED.search(text) and auto_reply.is_answer(message):
        return None
    status = _STATUS.search(text)
    code = status[1] if status else ""
    is_delayed = code.startswith("4") or (not code and bool(_DELAYED.search(text)))
    return Bounce(
        recipient="",
        action="delayed" if is_delayed else "failed",
        status=code,
        reason=_find_reason(text),
        message_id=ids[0] if ids else "",
        permanent=not is_delayed,
        mentioned_ids=ids,
        mentioned_addresses=_list_addresses(text),
    )


def _find_status(field: str, reason: str) -> str:
    """Return the status of ``field``, or where that says nothing (5.0.0) the one in the other server's own words."""
    found = _FIELD_STATUS.match(field)
    status = found[0] if found else ""
    named = _STATUS.search(reason) if not status or status.endswith(".0.0") else None
    return named[1] if named else status


def _is_from_machine(message: Message) -> bool:
    """Return whether nobody, or a mail system by its own name, sent the mail: not only a domain with such a word."""
    if auto_reply.is_from_nobody(message):
        return True
    sender = mime.header_text(message, "From")
    name, _, address = sender.rpartition("<")
    return bool(_MACHINE_ADDRESS.match(address) or _MACHINE_NAME.search((name or sender.partition("(")[2]).lower()))


def _is_warning(text: str) -> bool:
    """Return whether a text that names the failed address says at its beginning that delivery is tried again."""
    beginning = text[:MAX_WARNING_LENGTH]
    return bool(_DELAYED.search(beginning)) and not _REFUSED.search(beginning)


def _report_type(message: Message) -> str:
    return str(message.get_param("report-type", "")).lower()


def _list_ids(text: str) -> tuple[str, ...]:
    bare = [f"<{one}>" for one in _BARE_ID.findall(text)]
    return tuple(dict.fromkeys([*_ANY_ID.findall(text), *bare]))[:MAX_MENTIONED]


def _list_addresses(text: str) -> tuple[str, ...]:
    addresses = dict.fromkeys(_parse_recipient(address) for address in _ADDRESS.findall(text)[:MAX_ADDRESSES])
    return tuple(address for address in addresses if address)


def _text_of(part: MimePart) -> str:
    if part.media_type == "text/html":
        return unescape(mime.part_text(part.message)[:MAX_TEXT_LENGTH])
    if part.media_type == "text/plain":
        return mime.part_text(part.message)[:MAX_TEXT_LENGTH]
    return mime.part_content(part.message)[:MAX_TEXT_LENGTH].decode("ascii", errors="replace")


def _find_reason(text: str) -> str:
    line = next((line for line in text.split("\n") if _REASON.search(line[:500])), "")
    return " ".join(line.split())[:300]


def _first_recipient_fields(report: Message) -> dict[str, str]:
    """Return the fields of the report's first recipient, who is the only one: we send to one at a time."""
    is_read = report.get_content_type() == "message/delivery-status" and mime.encoded_mail(report) is None
    if report.is_multipart() and is_read:
        blocks = list(report.get_payload())
    else:  # the library knows only message/delivery-status as blocks of fields
        text = mime.part_content(report)[:MAX_TEXT_LENGTH].decode("utf-8", "replace").replace("\r\n", "\n")
        blocks = [message_from_string(block) for block in text.split("\n\n")]
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
        if part.media_type in _HEADER_TYPES:
            match = _ID.search(mime.part_content(part.message)[:64_000].decode("ascii", errors="replace"))
            if match:
                return match[1]
    for part in parts:
        if part.media_type == "text/plain":
            match = _ID.search(mime.part_text(part.message)[:64_000])
            if match:
                return match[1]
    return ""
