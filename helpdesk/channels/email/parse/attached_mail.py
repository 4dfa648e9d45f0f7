"""Cut the private links of one person out of the files of a mail: mails of ours that somebody attached, saved texts."""

from email.message import Message

from helpdesk.channels.email.parse import mime
from helpdesk.domain.authentication import private_links

_TEXT_ENDINGS = (".txt", ".html", ".htm", ".mht", ".mhtml")


def cut_private_links(content: bytes, media_type: str, name: str = "") -> bytes:
    """Return ``content`` without reply addresses and links of one person; unchanged where it has none.

    ``name``: that of the file, because programs call mails and pages application/octet-stream.
    """
    if media_type == "message/rfc822" or name.lower().endswith(".eml"):
        return _cut_from_mail(content)
    if media_type.startswith("text/") or name.lower().endswith(_TEXT_ENDINGS):
        return _cut_from_text(content)
    return content


def _cut_from_text(content: bytes) -> bytes:
    text = content.decode("latin-1")
    cut = private_links.cut(text, ellipsis="...")
    return cut.encode("latin-1") if cut != text else content


def _cut_from_mail(content: bytes) -> bytes:
    if mime.size_error(content):
        return _cut_from_text(content)  # of which the parts are not read
    message = mime.parse_message(content)
    changes = [_cut_from_part(part) for part in message.walk()]
    return mime.to_bytes(message) if any(changes) else content


def _cut_from_part(part: Message) -> bool:
    is_changed = False
    for name in {name.lower(): name for name in part}.values():  # any can have an address, as "Received: … for <…>"
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
