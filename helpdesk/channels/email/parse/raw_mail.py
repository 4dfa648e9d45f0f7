"""Parse a raw, untrusted mail into one ParsedMail. Pure but for DNS where ``IncomingMailSettings`` asks for own
verification; never an error.
"""

import hashlib
import re
from datetime import UTC, datetime
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from helpdesk.channels.email import return_address, settings, token
from helpdesk.channels.email.parse import (
    auto_reply,
    body_text,
    bounces,
    calendar_text,
    dmarc,
    mail_reaction,
    mime,
    parts,
    quotes,
)
from helpdesk.channels.email.parse.parsed_mail import AuthenticationResult, ParsedMail
from helpdesk.channels.email.parse.plain_text_to_markdown import Line, escape_line
from helpdesk.domain import email_address

MAX_RECIPIENTS = 2000  # more than the header of a mail has space for
MAX_SUBJECT_LENGTH = 500  # characters that are kept of a subject
_VISIBLE_FIELDS = ("To", "Cc")
_ORIGINAL_FIELDS = ("X-Original-From", "Reply-To")  # as Google Groups writes them
# Which servers and services add: Postfix, Exim, qmail; Cyrus, Fastmail, Google's forwarding and routing, sendmail.
_RECIPIENT_FIELDS = (*_VISIBLE_FIELDS, "Delivered-To", "X-Original-To", "Envelope-To", "Resent-To") + (
    "X-Envelope-To",
    "X-Delivered-To",
    "X-Forwarded-To",
    "X-Gm-Original-To",
    "Apparently-To",
)
_ADDRESS = re.compile(r"[^\s<>,;:\"()\[\]\\]{1,64}@[^\s<>,;:\"()\[\]\\]{1,253}")
_AROUND_ADDRESS = "'`\u200b\u200c\u200d\u200e\u200f\u202a\u202c\u2060\ufeff"  # as people and pages write it
_QUOTED = re.compile(r'"(?:[^"\\]|\\.){0,500}"')
_LONE_AT = re.compile(r"(?<!\S)@(?!\S)")  # of a name: "Ann @ Globex"
_COMMENT = re.compile(r"\(([^()]{0,200})\)")
_NAMED_ADDRESS = re.compile(r"(?P<name>[^<>]{0,1500})<(?P<address>[^<>\s]{1,300})>\s*")
_ANSWER_SUBJECT = re.compile(r"[\w.]{1,14}\s?[:：]|.{0,100}\[#\d")  # "Re:" in any language, or our number
_BEGINNING = re.compile(rb"(?:\xef\xbb\xbf|[\r\n]|>?From [^\r\n]{0,1000}(?:\r?\n|\r))*")
_ID = re.compile(r"<[^\s<>]{3,400}>")


def parse_mail(raw: bytes, incoming: settings.IncomingMailSettings | None = None) -> list[ParsedMail]:
    """Parse ``raw`` into exactly one mail; one that cannot be parsed has a sentence in ``unparsed``."""
    raw = _strip_beginning(raw)
    incoming = incoming or settings.IncomingMailSettings()
    unparsed = mime.size_error(raw)
    try:
        return [_to_mail(raw, mime.parse_message(raw, bool(unparsed)), incoming, unparsed)]
    except Exception as error:  # the mail is stored raw; a parser's crash must not lose it
        reason = str(error) if type(error) is ValueError else "The mail is not built like a mail."
    try:
        head = raw[: min(mime.header_length(raw[: 4 * mime.MAX_HEADER_BYTES]), mime.MAX_HEADER_BYTES)]
        return [_to_mail(head, mime.parse_message(head), incoming, unparsed or reason)]
    except Exception:
        return [_unreadable_mail(raw, unparsed or reason)]


def mail_fingerprint(raw: bytes) -> str:
    """Return 64 hex digits that are the same when a mail arrives again, also by another way: over its id, sender,
    recipients' tokens and body.
    """
    raw = _strip_beginning(raw)
    try:
        message = mime.parse_message(raw[: mime.header_length(raw)][: mime.MAX_HEADER_BYTES])
        tokens = sorted(set(re.findall(r"reply\+[a-z2-7]{26}@", " ".join(_list_recipients(message)))))
        known = [mime.header_text(message, name) for name in ("Message-ID", "From", "Subject")] + tokens
        if not known[0]:
            known += [mime.header_text(message, name) for name in ("To", "Date")]
    except Exception:
        known = []
    body = b"".join(raw[mime.header_length(raw) :].split()) if any(known) else raw
    return hashlib.sha256(
        "\n".join(known).encode("utf-8", "replace") + b"\0" + hashlib.sha256(body).digest()
    ).hexdigest()


def _strip_beginning(raw: bytes) -> bytes:
    """Return ``raw`` without what programs that hand mail on put above its header: empty lines, the mark of UTF-8, and
    a mailbox file's line "From ", also with the sign that keeps it from being one.
    """
    beginning = _BEGINNING.match(raw)
    return raw[beginning.end() :] if beginning and beginning.end() else raw


def _to_mail(raw: bytes, message: Message, incoming: settings.IncomingMailSettings, unparsed: str) -> ParsedMail:
    own = auto_reply.is_own_mail(message, incoming.instances)
    auto_reply.remove_own_fields(message)
    author, author_name = _parse_author(message)
    recipients = _list_recipients(message)
    hashes = tuple(token.hash_token(one) for one in token.tokens_in(recipients, incoming.reply_domain))
    returned_key = return_address.find_key(recipients, incoming.return_domain)
    leaves = [] if unparsed else parts.list_parts(message)
    content = body_text.read_content(leaves)
    known = _known_values(message, author, recipients)
    lines = content.lines or _calendar_lines(message, leaves)
    is_answer = bool(hashes or message.get("In-Reply-To") or message.get("References")) or bool(
        _ANSWER_SUBJECT.match(mime.header_text(message, "Subject"))
    )
    written = quotes.split_lines(lines, incoming.instances, known, is_answer=is_answer)
    return ParsedMail(
        external_id=next(iter(_list_message_ids(message, "Message-ID")), f"<{mail_fingerprint(raw)}@no-message-id>"),
        author_id=author,
        channel_id=_main_recipient(recipients, incoming.reply_domain),
        thread_id=hashes[0] if hashes else None,
        body=written.body,
        files=content.files,
        when=_parse_date(message),
        unparsed=unparsed,
        subject=mime.header_text(message, "Subject")[:MAX_SUBJECT_LENGTH],
        author_name=author_name,
        original_author=next(
            (one for field in _ORIGINAL_FIELDS if (one := _parse_author(message, field)[0]) not in ("", author)), ""
        ),
        recipients=tuple(recipients),
        visible_recipients=tuple(_list_recipients(message, _VISIBLE_FIELDS)),
        thread_hashes=hashes,
        quoted=written.quoted,
        foreign=written.foreign,
        cut=written.cut,
        digest=hashlib.sha256(raw).hexdigest(),
        automatic=auto_reply.automatic_reason(message, author)
        or ("It was sent to the address that undeliverable mail returns to." if returned_key else ""),
        listed=auto_reply.list_reason(message),
        list_addresses=auto_reply.list_addresses(message),
        reaction=mail_reaction.read_reaction(leaves),
        bounce=bounces.parse_bounce(message, leaves, is_returned=bool(returned_key)),
        returned_key=returned_key,
        own=own,
        authentication=dmarc.check_dmarc(raw, message, email_address.domain_of(author) if author else "", incoming),
        in_reply_to=next(iter(_list_message_ids(message, "In-Reply-To")), ""),
        references=tuple(_list_message_ids(message, "References")[-50:]),
        body_hash=hashlib.sha256(" ".join(written.body.split()).encode()).hexdigest(),
    )


def _calendar_lines(message: Message, leaves: list[parts.MimePart]) -> tuple[Line, ...]:
    """Return what an invitation without words says, below the subject, which says whether it was accepted."""
    found = calendar_text.read_calendar(leaves)
    subject = mime.header_text(message, "Subject")[:MAX_SUBJECT_LENGTH]
    if not found and any(part.media_type == "text/calendar" for part in leaves):
        found = [subject] if subject else []
    elif found and subject and subject != found[0]:
        found = [subject, *(found[1:] if found[0] in subject else found)]
    return tuple(Line(line, escape_line(line)) for line in found)


def _known_values(message: Message, author: str, recipients: list[str]) -> set[str]:
    """Return what a quote of our mail names in its fields: both addresses, the name written to, and the subject."""
    names = {mime.decode_words(name) for name, _ in getaddresses([str(message.get("To", ""))[:4000]])}
    subject = mime.header_text(message, "Subject").rpartition(": ")[2]
    return {value.lower() for value in {author, *recipients[:5], *names, subject} if value}


def _parse_author(message: Message, field: str = "From") -> tuple[str, str]:
    """Return the one address in ``field``, canonical, and the name beside it; "" for anything two programs could read
    differently: several addresses, or another one in a comment or outside quotes. The same address twice is one, as in
    "ann@globex.example <ann@globex.example>".
    """
    fields = message.get_all(field) or []
    if len(fields) != 1:
        return "", ""
    value = " ".join(str(fields[0]).split())[:2000].rstrip(" ,;")
    plain = _QUOTED.sub("", value)
    comments = _COMMENT.findall(plain)
    named = _NAMED_ADDRESS.fullmatch(_COMMENT.sub(" ", value) if not _QUOTED.search(value) else value)
    name = mime.decode_words(named["name"].strip().strip('"').replace('\\"', '"')) if named else ""
    try:
        addresses = _ADDRESS.findall(plain) if named else []
        times = len(addresses) if len({one.lower() for one in addresses}) == 1 else 1
        if _LONE_AT.sub("", plain).count("@") != times or any(set(comment) & set("@<>") for comment in comments):
            raise ValueError("more than one address")
        bare = _COMMENT.sub(" ", plain).strip() if not named else named["address"]
        author = email_address.canonical_address(bare)
    except ValueError:
        return "", mime.decode_words(value)[:100]
    if not name and comments:
        name = mime.decode_words(comments[0])
    return author, name[:100]


def _list_recipients(message: Message, fields: tuple[str, ...] = _RECIPIENT_FIELDS) -> list[str]:
    found: dict[str, None] = {}
    for name in fields:
        for value in message.get_all(name) or []:
            for one in _ADDRESS.findall(str(value)[: mime.MAX_HEADER_BYTES]):
                try:
                    found[email_address.canonical_address(one.strip(_AROUND_ADDRESS))] = None
                except ValueError:
                    continue
    return list(found)[:MAX_RECIPIENTS]


def _main_recipient(recipients: list[str], reply_domain: str) -> str:
    ours = [one for one in recipients if reply_domain and email_address.domain_of(one) == reply_domain.lower()]
    return (ours or recipients or [""])[0]


def _list_message_ids(message: Message, name: str) -> list[str]:
    return _ID.findall(" ".join(str(value) for value in message.get_all(name) or [])[:20_000])


def _parse_date(message: Message) -> datetime | None:
    try:
        when = parsedate_to_datetime(str(message.get("Date", "")))
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _unreadable_mail(raw: bytes, reason: str) -> ParsedMail:
    digest = hashlib.sha256(raw).hexdigest()
    return ParsedMail(
        external_id=f"<{digest}@no-message-id>",
        author_id="",
        authentication=AuthenticationResult("fail", "", "", "It cannot be read."),
        body_hash=digest,
        digest=digest,
        unparsed=reason,
    )
