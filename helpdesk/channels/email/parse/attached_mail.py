"""Cut the private links of one person out of the files of a mail: mails of ours that somebody attached, saved texts."""

from email.message import Message

from helpdesk.channels.email.parse import mime
from helpdesk.domain.authentication import private_links

_ID_FIELDS = ("reply-to", "to", "cc", "from", "list-unsubscribe", "delivered-to", "x-original-to", "return-path")


def cut_private_links(content: bytes, media_type: str) -> bytes:
    """Return ``content`` without reply addresses and links of one person; unchanged where it has none."""
    if media_type == "message/rfc822":
        return _cut_from_mail(content)
    if media_type.startswith("text/"):
        text = content.decode("latin-1")
        cut = private_links.cut(text, ellipsis="...")
        return cut.encode("latin-1") if cut != text else content
    return content


def _cut_from_mail(content: bytes) -> bytes:
    message = mime.parse_message(content)
    changes = [_cut_from_part(part) for part in message.walk()]
    return mime.to_bytes(message) if any(changes) else content


def _cut_from_part(part: Message) -> bool:
    is_changed = False
    for name in {name for name in part if name.lower() in _ID_FIELDS}:
        values = [str(value) for value in part.get_all(name) or []]
        cut = [private_links.cut(value, ellipsis="...") for value in values]
        if cut != values:
            is_changed = True
            del part[name]
            for value in cut:
                part[name] = value
    if part.get_content_maintype() == "text" and not part.is_multipart():
        text = mime.part_text(part)
        shorter = private_links.cut(text)
        if shorter != text:
            is_changed = True
            del part["Content-Transfer-Encoding"]
            part.set_payload(shorter, "utf-8")
    return is_changed
