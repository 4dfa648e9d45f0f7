"""Build a mail from its values: text and HTML from templates/mail, the same bytes for the same values."""

import hashlib
import re
from dataclasses import dataclass
from email.message import EmailMessage
from functools import lru_cache
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from helpdesk import translation
from helpdesk.channels.email import dkim_signing
from helpdesk.channels.email.parse import quotes
from helpdesk.channels.email.render import formatting, header_fields, inline_styles, message_types
from helpdesk.channels.email.rendered_mail import RenderedMail
from helpdesk.markup import markdown_reader, markdown_rendering, picture_marks, text_writer
from helpdesk.models.attachment import IMAGE_TYPES

_MAX_PICTURE_BYTES = 100_000  # bytes; a larger one stays a link


@dataclass(frozen=True)
class MailPreview:
    """A mail as its reader sees it; pictures inside the HTML are named by ``cid:``."""

    subject: str
    text: str
    html: str


def build_mail(values: message_types.Mail) -> bytes:
    """Return the whole mail in RFC 5322 bytes: ASCII only, CRLF, signed where the envelope has a key.

    Raises ValueError with a sentence where a value is not allowed in a mail.
    """
    envelope = values.envelope
    seen = build_preview(values)
    message = EmailMessage(policy=header_fields.HEADER_POLICY)
    header_fields.write_headers(message, envelope, seen.subject, make_message_id(envelope.key, envelope.portal_url))
    message.set_content(seen.text, subtype="plain", charset="utf-8", cte="quoted-printable")
    message.add_alternative(seen.html, subtype="html", charset="utf-8", cte="quoted-printable")
    for file in _list_pictures(values):
        kind, subtype = file.media_type.split("/")
        message.get_payload()[1].add_related(
            file.content,
            kind,
            subtype,
            cid=f"<{picture_content_id(file)}>",
            disposition="inline",
            filename=header_fields.clean_header_text(file.name),
        )
    _fix_boundaries(message, envelope.key)
    raw = message.as_bytes()
    return dkim_signing.sign_mail(raw, envelope.signing) if envelope.signing else raw


def render_mail(values: message_types.Mail) -> RenderedMail:
    """Return the mail with its recipient and the sender that bounces go to."""
    envelope = values.envelope
    return RenderedMail(build_mail(values), envelope.recipient, envelope.return_path or envelope.sender)


def build_preview(values: message_types.Mail) -> MailPreview:
    """Return subject, text and HTML without building the mail."""
    name = _type_name(values)
    is_rtl = translation.current_locale().text_direction == "rtl"
    sides = ("right", "left") if is_rtl else ("left", "right")
    given = {
        "mail": values,
        "envelope": values.envelope,
        "ticket": getattr(values, "ticket", None),
        "why": getattr(values, "why", ""),
        "marker": quotes.reply_marker(values.envelope.instance) if values.envelope.reply_to else "",
        "colours": formatting.colours(values.envelope.accent),
        "on": lambda moment: translation.isolate(formatting.format_datetime(moment)),
        "isolate": translation.isolate,
        "day": translation.format_day,
        "date": translation.format_date,
        "size": formatting.format_size,
        "start_side": sides[0],  # not every mail program knows logical properties
        "end_side": sides[1],
        "html": _message_html,
        "is_placed": lambda message, file: file in _placed_pictures(message),
        "text": lambda message: _message_text(message.body),
        "markdown_html": lambda text: _styled_html(_cached_html(text)),
        "markdown_text": _message_text,
        "picture": lambda file: f"cid:{picture_content_id(file)}" if _is_picture(file) else "",
    }
    subject = header_fields.clean_header_text(markdown_rendering.render_template(f"mail/{name}/subject.txt", **given))
    text = markdown_rendering.render_template(f"mail/{name}/body.txt", **given)
    html = markdown_rendering.render_template(f"mail/{name}/body.html", subject=subject, **given)
    return MailPreview(subject, re.sub(r"\n{3,}", "\n\n", text).strip() + "\n", html)


def _message_html(message: message_types.QuotedMessage) -> Markup:
    """Return the message as safe HTML with the pictures in it; rendered once for each message, not for each mail."""
    html = _styled_html(message.html or _cached_html(message.body))
    if "(picture: " not in html:
        return html
    return picture_marks.show_pictures(html, {file.name: _picture_html(file) for file in _placed_pictures(message)})


def _placed_pictures(message: message_types.QuotedMessage) -> list[message_types.FileLink]:
    """The files that are shown in the text of the message: of several with one name, the first."""
    pictures = {file.name: file for file in reversed(message.files) if _is_picture(file)}
    placed = picture_marks.find_placed(message.html or _cached_html(message.body), list(pictures))
    return [file for name, file in pictures.items() if name in placed]


def _picture_html(file: message_types.FileLink) -> str:
    return (
        f'<a href="{escape(file.url)}"><img src="cid:{picture_content_id(file)}" alt="{escape(file.name)}" '
        'style="max-width:100%;height:auto;border-radius:6px;border:0"></a>'
    )


@lru_cache(maxsize=256)
def _cached_html(body: str) -> str:
    return str(markdown_rendering.markdown_to_html(body))


@lru_cache(maxsize=256)
def _styled_html(html: str) -> Markup:
    return Markup(inline_styles.add_styles(html))


@lru_cache(maxsize=512)
def _message_text(body: str) -> str:
    return text_writer.write_text(markdown_reader.read_markdown(body), indents_code=True)


def make_message_id(key: str, portal_url: str) -> str:
    """Return the Message-ID of the delivery with ``key``: the same for every attempt."""
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", key):
        raise ValueError("A delivery's key has only letters, digits and . _ - in it.")
    return f"<{key}@{_portal_host(portal_url)}>"


def extract_delivery_key(message_id: str, portal_url: str) -> str | None:
    """Return the delivery key inside one of our own Message-IDs (as a bounce quotes it), or None."""
    match = re.fullmatch(rf"<([A-Za-z0-9._-]{{1,100}})@{re.escape(_portal_host(portal_url))}>", message_id)
    return match[1] if match else None


def picture_content_id(file: message_types.FileLink) -> str:
    """Return the Content-ID of a picture shown inside the mail."""
    return f"{hashlib.sha256(file.content or b'').hexdigest()[:24]}@picture"


def _list_messages(values: message_types.Mail) -> tuple[message_types.QuotedMessage, ...]:
    message = getattr(values, "message", None)
    return getattr(values, "messages", (message,) if message else ())


def _list_pictures(values: message_types.Mail) -> list[message_types.FileLink]:
    logo = (values.envelope.logo,) if values.envelope.logo else ()
    of_messages = (file for message in _list_messages(values) for file in message.files)
    found = {picture_content_id(file): file for file in (*logo, *of_messages) if _is_picture(file)}
    return list(found.values())


def _is_picture(file: message_types.FileLink) -> bool:
    return bool(file.content) and file.media_type in IMAGE_TYPES and len(file.content) <= _MAX_PICTURE_BYTES


def _type_name(values: message_types.Mail) -> str:
    for name, kind in message_types.TYPES_BY_NAME.items():
        if isinstance(values, kind):
            return name
    raise TypeError(f"There is no mail for {type(values).__name__}.")


def _portal_host(portal_url: str) -> str:
    host = urlsplit(portal_url).hostname or "localhost"
    return f"[{host}]" if ":" in host else host


def _fix_boundaries(message: EmailMessage, key: str) -> None:
    for place, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary("=_" + hashlib.sha256(f"{key} {place}".encode()).hexdigest()[:40])
