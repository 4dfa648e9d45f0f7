"""Pictures inside the text of a mail: found, named in their place, and distinguished from decoration."""

import base64
import binascii
import mimetypes
import re
from collections.abc import Mapping
from html import escape
from urllib.parse import unquote, unquote_to_bytes

from helpdesk.channels.email.parse import html_tokens, image_size
from helpdesk.channels.email.parse.parsed_mail import MailFile
from helpdesk.markup import picture_marks

MAX_DATA_PICTURES = 30  # of one mail, written into its HTML
MAX_DECORATION_BYTES = 40_000
MAX_DECORATION_HEIGHT = 130  # pixels
MAX_DECORATION_AREA = 60_000  # pixels
MAX_TRACKER_SIDE = 3  # pixels

_SOURCE = re.compile(r"""\bsrc\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_DATA = re.compile(r"data:(image/[a-z0-9.+-]{1,40})?[^,]{0,100}?(;base64)?,", re.IGNORECASE)


def mark_places(html: str, place: str, by_content_id: Mapping[str, MailFile]) -> tuple[str, list[MailFile], set[str]]:
    """Replace the pictures in ``html`` by marks: those sent along (cid:) and those written into it (data:).

    Returns the HTML, the pictures of the second kind as files, and the content ids of the first kind. ``place`` is that
    of the HTML's part. Pictures on the web are left alone; nothing is fetched.
    """
    pieces: list[str] = []
    found: list[MailFile] = []
    shown: set[str] = set()
    at, lowered = 0, html.lower()
    while (begin := lowered.find("<img", at)) >= 0:
        end = html.find(">", begin)
        if end < 0:
            break
        source = _source(html[begin:end])
        file = None
        if source[:4].lower() == "cid:":
            file = by_content_id.get(source[4:]) or by_content_id.get(unquote(source[4:]))
            shown |= {file.content_id} if file else set()
        elif source[:5].lower() == "data:" and len(found) < MAX_DATA_PICTURES:
            file = _decode_data(source, f"{place}.{len(found) + 1}d", len(found) + 1)
            found += [file] if file else []
        pieces.append(html[at:begin])
        if file is not None and not is_tracker(file):
            pieces.append(f" {escape(picture_marks.write_mark(file.name))} ")
        elif source[:5].lower() != "data:":
            pieces.append(html[begin : end + 1])
        at = end + 1
    pieces.append(html[at:])
    return "".join(pieces), [file for file in found if not is_tracker(file)], shown


def is_tracker(file: MailFile) -> bool:
    """Return whether the picture is too small for anybody to see."""
    size = image_size.read_size(file.content) if file.media_type.startswith("image/") else None
    return size is not None and min(size) <= MAX_TRACKER_SIDE


def is_decoration(file: MailFile) -> bool:
    """Return whether a picture inside the text has the size of a logo, or of an icon in a signature."""
    if not file.media_type.startswith("image/") or file.size > MAX_DECORATION_BYTES:
        return False
    size = image_size.read_size(file.content)
    return size is not None and (size[1] <= MAX_DECORATION_HEIGHT or size[0] * size[1] <= MAX_DECORATION_AREA)


def _source(tag: str) -> str:
    match = _SOURCE.search(tag)
    return html_tokens.read_value("".join(group or "" for group in match.groups())).strip() if match else ""


def _decode_data(source: str, place: str, number: int) -> MailFile | None:
    match = _DATA.match(source)
    if not match:
        return None
    text = "".join(source[match.end() :].split())
    try:
        content = base64.b64decode(unquote(text) + "==") if match[2] else unquote_to_bytes(text)
    except (binascii.Error, ValueError):
        return None
    media_type = (match[1] or "image/png").lower()
    name = f"picture-{number}{mimetypes.guess_extension(media_type) or ''}"
    return MailFile(place, name, media_type, len(content), content=content) if content else None
