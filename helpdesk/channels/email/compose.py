"""Values in, finished mail out: text and HTML from templates/mail, the same bytes for the same values."""

import hashlib
import re
from dataclasses import dataclass
from email.message import EmailMessage
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup

from helpdesk import rendering
from helpdesk.channels.email import headers, html_text, look, mails, quotes, signing

_PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp"}
_LARGEST_PICTURE = 100_000  # bytes; a larger one stays a link


@dataclass(frozen=True)
class Preview:
    """A mail as its reader sees it; pictures inside the HTML are named by ``cid:``."""

    subject: str
    text: str
    html: str


def mail(values: mails.Mail) -> bytes:
    """The whole mail in RFC 5322 bytes: ASCII only, CRLF, signed where the envelope has a key.

    Raises ValueError with a sentence where a value cannot stand in a mail.
    """
    envelope = values.envelope
    seen = preview(values)
    message = EmailMessage(policy=headers.WIRE)
    headers.write(message, envelope, seen.subject, message_id(envelope.key, envelope.portal_url))
    message.set_content(seen.text, subtype="plain", charset="utf-8", cte="quoted-printable")
    message.add_alternative(seen.html, subtype="html", charset="utf-8", cte="quoted-printable")
    for file in _pictures(values):
        kind, subtype = file.media_type.split("/")
        message.get_payload()[1].add_related(
            file.content,
            kind,
            subtype,
            cid=f"<{picture_id(file)}>",
            disposition="inline",
            filename=headers.shown(file.name),
        )
    _fix_boundaries(message, envelope.key)
    raw = message.as_bytes()
    return signing.signed(raw, envelope.signing) if envelope.signing else raw


def arguments(values: mails.Mail) -> dict[str, Any]:
    """``mail(values)`` as the arguments of a Post: bytes, recipient and the sender that bounces go to."""
    envelope = values.envelope
    return {
        "bytes": mail(values),
        "recipient": envelope.recipient,
        "sender": envelope.return_path or envelope.sender,
    }


def preview(values: mails.Mail) -> Preview:
    """Subject, text and HTML without building the mail."""
    name = _name(values)
    given = {
        "mail": values,
        "envelope": values.envelope,
        "ticket": getattr(values, "ticket", None),
        "why": getattr(values, "why", ""),
        "marker": quotes.marker(values.envelope.instance) if values.envelope.reply_to else "",
        "colours": look.colours(values.envelope.accent),
        "on": look.day_and_time,
        "size": look.size,
        "html": _html,
        "text": lambda said: _words(str(_html(said))),
        "picture": lambda file: f"cid:{picture_id(file)}" if _is_picture(file) else "",
    }
    subject = headers.shown(rendering.template(f"mail/{name}/subject.txt", **given))
    text = rendering.template(f"mail/{name}/body.txt", **given)
    html = rendering.template(f"mail/{name}/body.html", subject=subject, **given)
    return Preview(subject, re.sub(r"\n{3,}", "\n\n", text).strip() + "\n", html)


def _html(said: mails.Said) -> Markup:
    """What was said, as safe HTML; made once a message, not once a mail."""
    return Markup(said.html) if said.html else _rendered(said.body)


@lru_cache(maxsize=256)
def _rendered(body: str) -> Markup:
    return rendering.markdown(body)


@lru_cache(maxsize=512)
def _words(html: str) -> str:
    return html_text.words(html)


def message_id(key: str, portal_url: str) -> str:
    """The Message-ID of the delivery with ``key``: the same for every try."""
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", key):
        raise ValueError("A delivery's key has only letters, digits and . _ - in it.")
    return f"<{key}@{_host(portal_url)}>"


def key_in(message_id: str, portal_url: str) -> str | None:
    """The delivery key inside one of our own Message-IDs (as a bounce quotes it), or None."""
    match = re.fullmatch(rf"<([A-Za-z0-9._-]{{1,100}})@{re.escape(_host(portal_url))}>", message_id)
    return match[1] if match else None


def picture_id(file: mails.File) -> str:
    """The Content-ID of a picture shown inside the mail."""
    return f"{hashlib.sha256(file.content or b'').hexdigest()[:24]}@picture"


def _said(values: mails.Mail) -> tuple[mails.Said, ...]:
    message = getattr(values, "message", None)
    return getattr(values, "messages", (message,) if message else ())


def _pictures(values: mails.Mail) -> list[mails.File]:
    found = {picture_id(file): file for said in _said(values) for file in said.files if _is_picture(file)}
    return list(found.values())


def _is_picture(file: mails.File) -> bool:
    return bool(file.content) and file.media_type in _PICTURES and len(file.content) <= _LARGEST_PICTURE


def _name(values: mails.Mail) -> str:
    for name, kind in mails.NAMES.items():
        if isinstance(values, kind):
            return name
    raise TypeError(f"There is no mail for {type(values).__name__}.")


def _host(portal_url: str) -> str:
    host = urlsplit(portal_url).hostname or "localhost"
    return f"[{host}]" if ":" in host else host


def _fix_boundaries(message: EmailMessage, key: str) -> None:
    for place, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary("=_" + hashlib.sha256(f"{key} {place}".encode()).hexdigest()[:40])
