"""Read the MIME parts of an untrusted mail: bounded, with every charset, name and number in it checked."""

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.header import decode_header
from email.message import Message

MAX_BYTES = 25_000_000  # bytes of one mail
MAX_HEADER_BYTES = 64_000  # bytes
MAX_PARTS = 100
MAX_DEPTH = 20

_BOUNDARY = re.compile(rb'boundary\s*=\s*"?([^\s";]{1,200})', re.IGNORECASE)
_CHARSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "iso-8859-8-i": "iso-8859-8",
    "unicode-1-1-utf-7": "utf-7",
}
_SAFE_CHARSET = re.compile(
    r"utf-?(8|7|16|16le|16be|32)|us-ascii|ascii|latin-?1|iso-?8859-?\d{1,2}|(windows-?|cp)\d{3,4}|koi8-[rut]|gb18030|big5(hkscs)?"
    r"|shift[_-]?jis|euc[_-](jp|kr)|iso-2022-(jp|kr)(-\d)?|mac-?roman|tis-620"
)


@dataclass(frozen=True)
class MimePart:
    """One leaf of a mail. ``place`` (like 1.2) finds it again; ``attached`` states whether it is a file rather than the
    text.
    """

    place: str
    media_type: str
    name: str
    attached: bool
    message: Message


def size_error(raw: bytes) -> str:
    """Return a sentence why ``raw`` is not even parsed, or "". Called before the parser, whose time grows with the
    number of parts.
    """
    if len(raw) > MAX_BYTES:
        return f"The mail is larger than {MAX_BYTES // 1_000_000} MB."
    if header_length(raw) > MAX_HEADER_BYTES:
        return f"The mail's header is larger than {MAX_HEADER_BYTES // 1000} KB."
    boundaries = set(_BOUNDARY.findall(raw))
    if len(boundaries) > MAX_PARTS or sum(raw.count(b"\n--" + one) for one in boundaries) > 4 * MAX_PARTS:
        return f"The mail has more than {MAX_PARTS} parts."
    return ""


def header_length(raw: bytes) -> int:
    """Return the number of bytes of the header of ``raw``."""
    ends = [at for at in (raw.find(b"\r\n\r\n"), raw.find(b"\n\n")) if at >= 0]
    return min(ends, default=len(raw))


def parse_message(raw: bytes) -> Message:
    """Parse ``raw``; headers only where the whole mail would be too much."""
    return message_from_bytes(
        raw[: header_length(raw[: 4 * MAX_HEADER_BYTES])] if size_error(raw) else raw, policy=policy.compat32
    )


def list_parts(message: Message) -> list[MimePart]:
    """List every leaf in order; an attached mail is one leaf. Raises ValueError (a sentence) beyond the limits."""
    found: list[MimePart] = []
    seen = 0
    todo = [(message, "1", 1)]
    while todo:
        part, place, depth = todo.pop()
        seen += 1
        if seen > MAX_PARTS:
            raise ValueError(f"The mail has more than {MAX_PARTS} parts.")
        if depth > MAX_DEPTH:
            raise ValueError(f"The mail's parts lie more than {MAX_DEPTH} deep inside each other.")
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            inside = part.get_payload()
            todo.extend((inside[n], f"{place}.{n + 1}", depth + 1) for n in reversed(range(len(inside))))
        else:
            found.append(_make_part(part, place))
    return found


def header_text(message: Message, name: str) -> str:
    """Return the first ``name`` field decoded, on one line; "" where it is missing."""
    values = message.get_all(name) or [""]
    return decode_words(str(values[0]))


def decode_words(value: str) -> str:
    """Decode the encoded words of a raw header value, whatever charset they name."""
    value = value[:4000]
    try:
        chunks = decode_header(value)
    except Exception:  # a header that cannot be decoded is shown as it is
        chunks = [(value, None)]
    text = "".join(one if isinstance(one, str) else decode_text(one, charset or "utf-8") for one, charset in chunks)
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def part_content(part: Message) -> bytes:
    """Return the bytes of one leaf; for an attached mail the mail itself."""
    if part.is_multipart():
        return b"\r\n".join(inner.as_bytes() for inner in part.get_payload())
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def part_text(part: Message) -> str:
    """Return the text of one text leaf."""
    return decode_text(part_content(part), part.get_content_charset("utf-8"))


def decode_text(data: bytes, charset: str) -> str:
    """Decode ``data`` with ``charset`` where that is one of the safe ones and right, else with the likeliest; never an
    error.
    """
    charset = _CHARSETS.get(charset.lower(), charset.lower())
    for candidate in (charset, "utf-8"):
        if _SAFE_CHARSET.fullmatch(candidate):
            try:
                return data.decode(candidate).replace("\0", "")
            except (UnicodeError, LookupError):
                continue
    fallback = (
        charset if _SAFE_CHARSET.fullmatch(charset) and not charset.startswith(("utf", "us-", "ascii")) else "cp1252"
    )
    try:
        return data.decode(fallback, errors="replace").replace("\0", "")
    except LookupError:
        return data.decode("cp1252", errors="replace").replace("\0", "")


def _make_part(part: Message, place: str) -> MimePart:
    media_type = part.get_content_type()
    name = _file_name(part)
    disposition = str(part.get("Content-Disposition", "")).strip().lower()
    is_text = media_type in {"text/plain", "text/html"}
    attached = disposition.startswith("attachment") or bool(name) or not is_text
    if media_type == "message/rfc822" and not name:
        inner = part.get_payload()[0] if part.is_multipart() else part
        name = f"{header_text(inner, 'Subject')[:100] or 'mail'}.eml"
    return MimePart(place, media_type, name or f"file-{place}" if attached else "", attached, part)


def _file_name(part: Message) -> str:
    try:
        name = decode_words(part.get_filename() or "")
    except Exception:
        name = ""
    return re.split(r"[/\\]", name)[-1][:150].strip(". ")
