"""Read the fields and bytes of an untrusted mail: bounded, with every charset, name and number in it checked."""

import re
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.policy import Compat32

from helpdesk.channels.email.parse import base64_text, charsets
from helpdesk.markup.one_line import to_one_line

MAX_BYTES = 25_000_000  # bytes of one mail
MAX_HEADER_BYTES = 64_000  # bytes
MAX_PARTS = 100
MAX_FIELD_LENGTH = 4000  # characters of one field that are decoded

_BOUNDARY = re.compile(rb'boundary\s*=\s*"?([^\s";]{1,200})')  # in lower case: a third of the time over 25 MB
_ENCODED_WORD = r"=\?[^?\s]{1,80}\?[qb]\?[^?]{0,2000}\?="
_ENCODED_WORDS = re.compile(rf"{_ENCODED_WORD}(?:\s{{0,20}}{_ENCODED_WORD})*", re.IGNORECASE)
_BOUNDARY_LINE = re.compile(r"^--([^\s\"]{1,70})[ \t]*\r?\n(?=[A-Za-z-]{1,40}:|\r?\n)", re.MULTILINE)
_SURROGATE = re.compile("[\udc80-\udcff]")
_ENCODING = re.compile(r"\s*(base64|quoted-printable|x-uuencode|uuencode|uue|x-uue)\b[^\w-]", re.IGNORECASE)


class _FieldPolicy(Compat32):
    """The library's policy for real mail, but fields with raw bytes are read as UTF-8 (RFC 6532) instead of as "?", and
    what is no UTF-8 in the charset of the mail's text, as old programs write it.
    """

    text_charset = ""

    def header_fetch_parse(self, name: str, value: str) -> str:
        if not _SURROGATE.search(value):
            return value
        raw = value.encode("utf-8", "surrogateescape")
        return charsets.decode_text(raw, self.text_charset if not charsets.is_utf8(raw) else "utf-8")


_READING = _FieldPolicy()
_WRITING = Compat32(linesep="\r\n", max_line_length=0, mangle_from_=False)


def size_error(raw: bytes) -> str:
    """Return a sentence why ``raw`` is not even parsed, or "". Called before the parser, whose time grows with the
    number of parts.
    """
    if len(raw) > MAX_BYTES:
        return f"The mail is larger than {MAX_BYTES // 1_000_000} MB."
    if header_length(raw) > MAX_HEADER_BYTES:
        return f"The mail's header is larger than {MAX_HEADER_BYTES // 1000} KB."
    lowered = raw.lower()
    boundaries = set(_BOUNDARY.findall(lowered))
    if len(boundaries) > MAX_PARTS or sum(lowered.count(b"\n--" + one) for one in boundaries) > 4 * MAX_PARTS:
        return f"The mail has more than {MAX_PARTS} parts."
    return ""


def header_length(raw: bytes) -> int:
    """Return the number of bytes of the header of ``raw``."""
    ends = [at for at in (raw.find(b"\r\n\r\n"), raw.find(b"\n\n")) if at >= 0]
    return min(ends, default=len(raw))


def parse_message(raw: bytes, is_too_much: bool | None = None) -> Message:
    """Parse ``raw``; headers only where the whole mail would be too much, which a caller may know already."""
    if is_too_much is None:
        is_too_much = bool(size_error(raw))
    content = raw[: header_length(raw[: 4 * MAX_HEADER_BYTES])] if is_too_much else raw
    message = message_from_bytes(content, policy=_READING)
    for part in message.walk():
        _clean_encoding(part)
    if any(_SURROGATE.search(value) for _, value in message.raw_items()):
        labels = (str(part.get_content_charset("") or "") for part in message.walk())
        label = next((label for label in labels if charsets.is_known(label)), "utf-8")
        message.policy = _READING.clone(text_charset=label)
    return message


def parse_parts(raw: bytes) -> Message:
    """Parse a multipart body that is no mail, of a caller who has proven who they are."""
    return message_from_bytes(raw, policy=_READING)


def parse_broken_multipart(part: Message) -> Message:
    """Return a part that says it has parts and has none by its own boundary, parsed by the boundary that its lines do
    have; without one as plain text.
    """
    payload = str(part.get_payload())
    line = _BOUNDARY_LINE.search(payload)
    fixed = Message(policy=_READING)
    if not line:
        fixed["Content-Type"] = "text/plain"
        fixed.set_payload(payload)
        return fixed
    head = f'Content-Type: {part.get_content_type()}; boundary="{line[1]}"\r\n\r\n'
    parsed = message_from_bytes((head + payload).encode("utf-8", "surrogateescape"), policy=_READING)
    if not parsed.is_multipart():
        parsed.set_type("text/plain")
    return parsed


def to_bytes(message: Message) -> bytes:
    """Return ``message`` as bytes with CRLF."""
    try:
        return message.as_bytes(policy=_WRITING)
    except (UnicodeError, ValueError, MessageError):  # the library does not write everything that it reads
        return _write_as_read(message)


def _write_as_read(message: Message) -> bytes:
    """Return the fields and the parts of ``message`` as they were read, also those that no program may write."""
    fields = "".join(f"{name}: {value}\r\n" for name, value in message.raw_items())
    head, payload = f"{fields}\r\n".encode("utf-8", "surrogateescape"), message.get_payload()
    if not isinstance(payload, list):
        is_encoded = bool(_ENCODING.match(f"{message.get('Content-Transfer-Encoding', '')} "))
        raw = str(payload or "") if is_encoded else message.get_payload(decode=True)
        return head + (raw if isinstance(raw, bytes) else str(raw or "").encode("utf-8", "surrogateescape"))
    boundary = f"--{message.get_boundary('')}".encode("utf-8", "surrogateescape")
    inside = map(_write_as_read, payload)
    if message.get_content_maintype() != "multipart":
        return head + b"\r\n".join(inside)
    return head + b"".join(boundary + b"\r\n" + each + b"\r\n" for each in inside) + boundary + b"--\r\n"


def header_text(message: Message, name: str) -> str:
    """Return the first ``name`` field decoded, on one line; "" where it is missing."""
    values = message.get_all(name) or [""]
    return decode_words(str(values[0]))


def decode_words(value: str) -> str:
    """Decode the encoded words of a raw header value (RFC 2047), whatever charset they name."""
    text = _ENCODED_WORDS.sub(lambda match: _decode_encoded(match[0]), value[:MAX_FIELD_LENGTH])
    return to_one_line(text)


def part_content(part: Message) -> bytes:
    """Return the bytes of one leaf; for an attached mail the mail itself."""
    if part.is_multipart():
        if (encoded := encoded_mail(part)) is not None:
            return encoded
        return b"\r\n".join(map(to_bytes, part.get_payload()))
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def encoded_mail(part: Message) -> bytes | None:
    """Return the bytes of an attached mail that was encoded as a whole, which no mail may be (RFC 2046, section 5.2.1)
    and which the library therefore takes for a mail without a header; None for any other.
    """
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    if part.get_content_maintype() != "message" or encoding not in {"base64", "quoted-printable"}:
        return None
    inner = part.get_payload()
    if not (isinstance(inner, list) and len(inner) == 1 and not inner[0].keys() and not inner[0].is_multipart()):
        return None
    whole = Message(policy=_READING)
    whole["Content-Transfer-Encoding"] = encoding
    whole.set_payload(inner[0].get_payload())
    payload = whole.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else None


def part_text(part: Message) -> str:
    """Return the text of one text leaf, decoded by its own charset, or by the one its HTML names."""
    content = base64_text.decode(part) if base64_text.is_mixed(part) else part_content(part)
    label = str(part.get_content_charset("") or "")
    if part.get_content_subtype() == "html" and (not charsets.is_known(label) or label == "us-ascii"):
        label = charsets.find_meta_charset(content) or label
    return charsets.decode_text(content, label)


def file_name(part: Message) -> str:
    """Return the name that a part gives itself, without any folder; "" where it has none. RFC 2231's form, which can
    have every character, goes before the plain one (RFC 6266, section 4.3, says the same of HTTP).
    """
    found: list[str] = []
    for field, wanted in (("Content-Disposition", "filename"), ("Content-Type", "name")):
        values = [value for name, value in _parameters(part, field) if name.lower() == wanted]
        extended = [value for value in values if isinstance(value, tuple)]
        found += [_decode_parameter(value) for value in extended + values]
    name = next((name for name in found if name), "")
    return re.split(r"[/\\]", name)[-1][:400].strip(". ")


def _parameters(part: Message, field: str) -> list:
    try:
        return part.get_params([], header=field) or []
    except Exception:  # parameters that cannot be read are none
        return []


def _clean_encoding(part: Message) -> None:
    """Name the encoding of a part as the library knows it: programs add spaces, comments and parameters."""
    if written := _ENCODING.match(str(part.get("Content-Transfer-Encoding", ""))):
        part.replace_header("Content-Transfer-Encoding", written[1].lower())


def _decode_parameter(value: str | tuple[str | None, str | None, str]) -> str:
    if isinstance(value, tuple):
        charset, _, text = value
        return charsets.decode_text((text or "").encode("latin-1", "replace"), charset) if charset else text or ""
    return decode_words(value)


def _decode_encoded(words: str) -> str:
    """Decode encoded words that follow each other; a character may be split between two of them."""
    try:
        chunks = decode_header(words)
    except Exception:  # words that cannot be decoded are shown as they are
        return words
    return "".join(one if isinstance(one, str) else charsets.decode_text(one, charset) for one, charset in chunks)
