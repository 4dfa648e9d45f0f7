"""The leaves of a mail in order: which are its text, and which are files."""

import base64
import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from helpdesk.channels.email.parse import mime, signed_mail, tnef

MAX_DEPTH = 20

_TEXT_TYPES = {"text/plain", "text/html", "text/markdown", "text/x-markdown"}
# Further forms of the same words, of no use beside plain text or HTML.
_OTHER_TEXT_FORMS = {"text/enriched", "text/richtext", "text/x-amp-html", "text/watch-html", "text/rtf"}
_SIGNATURE_TYPES = {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"}
_TNEF_TYPES = {"application/ms-tnef", "application/vnd.ms-tnef"}
_APPLE_DOUBLE_HEADER = "application/applefile"
_NAMES = {
    "text/calendar": "invitation.ics",
    "application/ics": "invitation.ics",
    "application/pdf": "document.pdf",
    "text/plain": "text.txt",
    "text/html": "page.html",
    "text/vcard": "contact.vcf",
    "text/x-vcard": "contact.vcf",
    "application/ms-tnef": "winmail.dat",
}
# By their first bytes, for parts that say neither name nor type.
_MAGIC = (
    (b"%PDF", ".pdf"),
    (b"PK\x03\x04", ".zip"),
    (b"\x89PNG", ".png"),
    (b"\xff\xd8\xff", ".jpg"),
    (b"GIF8", ".gif"),
)


@dataclass(frozen=True)
class MimePart:
    """One leaf of a mail.

    ``place`` (like 1.2) finds it again; ``attached`` states whether it is a file rather than the text; ``content_id``
    is the name by which HTML shows it in place. ``branches`` are the alternatives it lies in, outermost first: the
    place of each multipart/alternative, and the number of the child.
    """

    place: str
    media_type: str
    name: str
    attached: bool
    message: Message
    content_id: str = ""
    is_inline: bool = False
    branches: tuple[tuple[str, int], ...] = ()


def list_parts(message: Message) -> list[MimePart]:
    """List every leaf in order; an attached mail is one leaf. Raises ValueError (a sentence) beyond the limits.

    The signature of a signed mail is left out: it says nothing to people, and nobody here checks it.
    """
    found: list[MimePart] = []
    for count, (part, place, branches) in enumerate(_walk(message, "1", (), 1), 1):
        if count > mime.MAX_PARTS:
            raise ValueError(f"The mail has more than {mime.MAX_PARTS} parts.")
        if part is not None:
            found.append(_make_part(part, place, branches))
    texts = {each.branches[:-1] for each in found if not each.attached and each.branches}
    return [
        each
        for each in found
        if not (each.branches and each.branches[:-1] in texts and each.media_type in _OTHER_TEXT_FORMS)
    ]


def _walk(
    part: Message, place: str, branches: tuple[tuple[str, int], ...], depth: int
) -> Iterator[tuple[Message | None, str, tuple[tuple[str, int], ...]]]:
    """Yield every leaf, and None for each part that is none, so that the caller can count both."""
    if depth > MAX_DEPTH:
        raise ValueError(f"The mail's parts lie more than {MAX_DEPTH} deep inside each other.")
    if part.get_content_maintype() == "multipart" and not part.is_multipart():
        part = mime.parse_broken_multipart(part)
    if (signed := signed_mail.open_signed(part)) is not None:
        yield None, place, branches
        yield from _walk(signed, f"{place}.1", branches, depth + 1)
        return
    if not (part.is_multipart() and part.get_content_maintype() == "multipart"):
        yield part, place, branches
        yield from ((inside, f"{place}.{number}", branches) for number, inside in enumerate(_unpack(part, place), 1))
        return
    yield None, place, branches
    kind = part.get_content_subtype()
    for number, inside in enumerate(part.get_payload(), 1):
        media_type = inside.get_content_type()
        if (kind == "signed" and number > 1 and media_type in _SIGNATURE_TYPES) or media_type == _APPLE_DOUBLE_HEADER:
            yield None, place, branches
            continue
        inner = (*branches, (place, number)) if kind == "alternative" else branches
        yield from _walk(inside, f"{place}.{number}", inner, depth + 1)


def _unpack(part: Message, place: str) -> list[Message]:
    """Return the files inside Outlook's winmail.dat; where it is the whole mail, its text, too."""
    if part.get_content_type() not in _TNEF_TYPES and mime.file_name(part).lower() != "winmail.dat":
        return []
    packed = tnef.read_tnef(mime.part_content(part))
    found = [
        _make_message(each.media_type, each.content, each.name or "file", each.content_id) for each in packed.files
    ]
    if place == "1" and (packed.html or packed.plain):
        kind = "text/html" if packed.html else "text/plain"
        found.append(_make_message(f"{kind}; charset=utf-8", (packed.html or packed.plain).encode("utf-8", "replace")))
    return found


def _make_message(media_type: str, content: bytes, name: str = "", content_id: str = "") -> Message:
    made = Message()
    is_type = re.fullmatch(r"[\w.+-]{1,80}/[\w.+-]{1,80}(?:; charset=utf-8)?", media_type, re.ASCII)
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    made["Content-Type"] = media_type if is_type else guessed
    made["Content-Transfer-Encoding"] = "base64"
    if name:
        made.add_header("Content-Disposition", "attachment", filename=("utf-8", "", name))
    if content_id.isascii() and content_id.isprintable() and content_id:
        made["Content-ID"] = f"<{content_id}>"
    made.set_payload(base64.b64encode(content).decode())
    return made


def _make_part(part: Message, place: str, branches: tuple[tuple[str, int], ...]) -> MimePart:
    media_type = part.get_content_type()
    name = mime.file_name(part)
    disposition = str(part.get("Content-Disposition", "")).strip().lower()
    is_text = media_type in _TEXT_TYPES
    is_whole_mail = place == "1" and not disposition.startswith("attachment")
    attached = disposition.startswith("attachment") or (bool(name) and not is_whole_mail) or not is_text
    return MimePart(
        place=place,
        media_type=media_type,
        name=(name or _make_name(part, media_type, place)) if attached else "",
        attached=attached,
        message=part,
        content_id=str(part.get("Content-ID", "")).strip().strip("<>")[:400],
        is_inline=not disposition.startswith("attachment"),
        branches=branches,
    )


def _make_name(part: Message, media_type: str, place: str) -> str:
    """Return a name for a part without one, with the ending that programs know its type by."""
    if media_type == "message/rfc822":
        encoded = mime.encoded_mail(part)
        if encoded is not None:
            inner = mime.parse_message(encoded[: mime.MAX_HEADER_BYTES], is_too_much=True)
        else:
            inner = part.get_payload()[0] if part.is_multipart() else part
        subject = re.sub(r"[/\\]", "-", mime.header_text(inner, "Subject")[:100])
        return f"{subject or 'mail'}.eml"
    if media_type in _NAMES:
        return _NAMES[media_type]
    kind = part.get_content_maintype()
    word = {"image": "picture", "audio": "sound", "video": "video"}.get(kind, "file")
    number = re.sub(r"\D", "-", place).strip("-")
    ending = mimetypes.guess_extension(media_type) or ""
    if media_type == "application/octet-stream":
        beginning = mime.part_content(part)[:8]
        ending = next((ending for magic, ending in _MAGIC if beginning.startswith(magic)), ending)
    return f"{word}-{number}{ending}"
