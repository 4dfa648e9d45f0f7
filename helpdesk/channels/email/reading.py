"""A raw mail, which may be anything, as one Heard. Pure but for DNS where ``Incoming`` asks for own
verification; never an error.
"""

import hashlib
import re
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any

from helpdesk.channels.email import (
    address,
    authentication,
    bounces,
    html_text,
    loops,
    mime,
    quotes,
    settings,
    token,
)
from helpdesk.channels.values import Heard, RemoteFile

LONGEST_BODY = 100_000  # characters; the raw mail keeps the rest

_RECIPIENT_FIELDS = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "Resent-To")
_ADDRESS = re.compile(r"[^\s<>,;:\"()\[\]\\]{1,64}@[^\s<>,;:\"()\[\]\\]{1,253}")
_MAILBOX = re.compile(r"""(?P<name>"(?:[^"\\]|\\.){0,500}"|[^<>,;:"()\\]{0,500})\s*<(?P<address>[^<>\s,;:"()\\]+)>""")
_ID = re.compile(r"<[^\s<>]{3,400}>")


def parse(raw: bytes, incoming: settings.Incoming | None = None) -> list[Heard]:
    """What ``raw`` says, always exactly one Heard; what cannot be understood has a sentence in
    ``data["unparsed"]``.
    """
    incoming = incoming or settings.Incoming()
    unparsed = mime.too_much(raw)
    try:
        return [_heard(raw, mime.read(raw), incoming, unparsed)]
    except Exception as error:  # the mail is stored raw; a parser's crash must not lose it
        reason = str(error) if type(error) is ValueError else "The mail is not built like a mail."
    try:
        head = raw[: min(mime.header_end(raw[: 4 * mime.LARGEST_HEADER]), mime.LARGEST_HEADER)]
        return [_heard(head, mime.read(head), incoming, unparsed or reason)]
    except Exception:
        return [_unreadable(raw, unparsed or reason)]


def file(raw: bytes, external_id: str) -> bytes:
    """The content of the file ``external_id`` of a Heard, out of its raw mail. Raises ValueError where there
    is none.
    """
    for part in mime.parts(mime.read(raw)):
        if part.place == external_id and part.attached:
            return mime.content(part.message)
    raise ValueError("The mail has no such file.")


def fingerprint(raw: bytes) -> str:
    """64 hex digits that are the same when a mail arrives again, also by another way: over its id, sender,
    recipients' tokens and body.
    """
    try:
        message = mime.read(raw[: mime.header_end(raw)][: mime.LARGEST_HEADER])
        tokens = sorted(set(re.findall(r"reply\+[a-z2-7]{26}@", " ".join(_recipients(message)))))
        known = [mime.header(message, "Message-ID"), mime.header(message, "From"), *tokens]
        if not known[0]:
            known += [mime.header(message, name) for name in ("To", "Date", "Subject")]
    except Exception:
        known = []
    body = b"".join(raw[mime.header_end(raw) :].split()) if any(known) else raw
    return hashlib.sha256(
        "\n".join(known).encode("utf-8", "replace") + b"\0" + hashlib.sha256(body).digest()
    ).hexdigest()


def _heard(raw: bytes, message: Message, incoming: settings.Incoming, unparsed: str) -> Heard:
    own = loops.own(message, incoming.instance)
    loops.without_our_fields(message)
    author, author_name = _author(message)
    recipients = _recipients(message)
    hashes = [token.hashed(one) for one in token.tokens_in(recipients, incoming.reply_domain)]
    leaves = [] if unparsed else mime.parts(message)
    written = quotes.split(_words(leaves), incoming.instance)
    data: dict[str, Any] = {
        "unparsed": unparsed,
        "subject": mime.header(message, "Subject")[:300],
        "author_name": author_name,
        "recipients": recipients,
        "thread_hashes": hashes,
        "quoted": written.quoted[:LONGEST_BODY],
        "cut": written.cut,
        "automatic": loops.automatic(message, author),
        "bounce": bounces.read(message, leaves),
        "own": own,
        "authentication": authentication.check(raw, message, address.domain_of(author) if author else "", incoming),
        "in_reply_to": next(iter(_ids(message, "In-Reply-To")), ""),
        "references": _ids(message, "References")[-50:],
        "body_hash": hashlib.sha256(" ".join(written.body.split()).encode()).hexdigest(),
    }
    return Heard(
        kind="mail",
        external_id=next(iter(_ids(message, "Message-ID")), f"<{fingerprint(raw)}@no-message-id>"),
        author_id=author,
        channel_id=_written_to(recipients, incoming.reply_domain),
        thread_id=hashes[0] if hashes else None,
        body=written.body[:LONGEST_BODY],
        files=tuple(_file(leaf) for leaf in leaves if leaf.attached and leaf.media_type != "message/delivery-status"),
        data=data,
        when=_date(message),
    )


def _author(message: Message) -> tuple[str, str]:
    """The one From address, canonical, and the name beside it; "" for anything two programs could read
    differently.
    """
    fields = message.get_all("From") or []
    if len(fields) != 1:
        return "", ""
    value = " ".join(str(fields[0]).split())
    match = _MAILBOX.fullmatch(value)
    try:
        author = address.canonical(match["address"] if match else value)
    except ValueError:
        return "", mime.words(value)[:100]
    return author, mime.words(match["name"].strip().strip('"').replace('\\"', '"'))[:100] if match else ""


def _recipients(message: Message) -> list[str]:
    found: dict[str, None] = {}
    for name in _RECIPIENT_FIELDS:
        for value in message.get_all(name) or []:
            for one in _ADDRESS.findall(str(value)[:20_000]):
                try:
                    found[address.canonical(one)] = None
                except ValueError:
                    continue
    return list(found)[:100]


def _written_to(recipients: list[str], reply_domain: str) -> str:
    ours = [one for one in recipients if reply_domain and address.domain_of(one) == reply_domain.lower()]
    return (ours or recipients or [""])[0]


def _words(leaves: list[mime.Part]) -> str:
    """The text a person wrote: HTML where there is one, because its lines are not broken at 70 characters;
    else the plain text.
    """
    texts = [leaf for leaf in leaves if not leaf.attached]
    for media_type, read in (("text/html", _from_html), ("text/plain", _from_plain)):
        found = "\n\n".join(text for leaf in texts if leaf.media_type == media_type if (text := read(leaf.message)))
        if found.strip():
            return found
    return ""


def _from_html(part: Message) -> str:
    return html_text.markdown(mime.text(part))


def _from_plain(part: Message) -> str:
    text = mime.text(part)[: 4 * LONGEST_BODY].replace("\r\n", "\n")
    if str(part.get_param("format", "")).lower() != "flowed":
        return text
    joined = "" if str(part.get_param("delsp", "")).lower() == "yes" else " "
    return re.sub(r"(?<!\n--) \n(?!>|\n|-- ?$)", joined, text)


def _file(leaf: mime.Part) -> RemoteFile:
    return RemoteFile(leaf.place, leaf.name, leaf.media_type, len(mime.content(leaf.message)))


def _ids(message: Message, name: str) -> list[str]:
    return _ID.findall(" ".join(str(value) for value in message.get_all(name) or [])[:20_000])


def _date(message: Message) -> datetime | None:
    try:
        when = parsedate_to_datetime(str(message.get("Date", "")))
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _unreadable(raw: bytes, reason: str) -> Heard:
    nothing = {"result": "fail", "by": "", "domain": "", "reason": "It cannot be read."}
    data: dict[str, Any] = {
        "unparsed": reason,
        "subject": "",
        "author_name": "",
        "recipients": [],
        "thread_hashes": [],
        "quoted": "",
        "cut": "",
        "automatic": "",
        "bounce": None,
        "own": False,
        "authentication": nothing,
        "in_reply_to": "",
        "references": [],
        "body_hash": hashlib.sha256(raw).hexdigest(),
    }
    return Heard(kind="mail", external_id=f"<{hashlib.sha256(raw).hexdigest()}@no-message-id>", author_id="", data=data)
