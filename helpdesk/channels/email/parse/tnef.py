"""Read the files that Outlook packs into winmail.dat when it writes in its own "Rich Text" (MS-OXTNEF), and the text,
which stands beside it in most mails.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_FILES = 100
MAX_PROPERTIES = 2_000  # of one message or file

_SIGNATURE = 0x223E9F78
_BODY, _TITLE, _DATA, _BEGIN_FILE, _MESSAGE_PROPERTIES, _FILE_PROPERTIES = (
    0x800C,
    0x8010,
    0x800F,
    0x9002,
    0x9003,
    0x9005,
)
_FIXED_SIZES = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}  # bytes, by type
_ANSI, _UNICODE, _OBJECT, _BINARY = 0x1E, 0x1F, 0x0D, 0x102
_PLAIN_BODY, _HTML_BODY = 0x1000, 0x1013
_SHORT_NAME, _LONG_NAME, _MIME_TYPE, _CONTENT_ID, _CONTENT = 0x3704, 0x3707, 0x370E, 0x3712, 0x3701


@dataclass
class PackedFile:
    """A file in winmail.dat."""

    name: str = ""
    media_type: str = ""
    content_id: str = ""
    content: bytes = field(default=b"", repr=False)


@dataclass
class PackedMail:
    """The files of a winmail.dat, and its text; each "" where it has none. RTF is not read."""

    files: list[PackedFile] = field(default_factory=list)
    html: str = ""
    plain: str = ""


def read_tnef(data: bytes) -> PackedMail:
    """Return what can be read of ``data``; of a part that is broken nothing below the fault."""
    found = PackedMail()
    try:
        for kind, value in _attributes(data):
            _apply(found, kind, value)
    except (struct.error, IndexError):
        pass
    found.files = [each for each in found.files if each.content]
    return found


def _apply(found: PackedMail, kind: int, value: bytes) -> None:
    if kind == _BEGIN_FILE and len(found.files) < MAX_FILES:
        found.files.append(PackedFile())
    elif kind == _BODY:
        found.plain = found.plain or _text(value, _ANSI)
    elif kind == _MESSAGE_PROPERTIES:
        for number, text, content in _properties(value):
            if number == _PLAIN_BODY:
                found.plain = text or found.plain
            elif number == _HTML_BODY:
                found.html = text or _text(content, _ANSI)
    elif found.files:
        _apply_to_file(found.files[-1], kind, value)


def _apply_to_file(file: PackedFile, kind: int, value: bytes) -> None:
    if kind == _TITLE:
        file.name = file.name or _text(value, _ANSI)
    elif kind == _DATA:
        file.content = value
    elif kind == _FILE_PROPERTIES:
        for number, text, content in _properties(value):
            if number == _LONG_NAME or (number == _SHORT_NAME and not file.name):
                file.name = text
            elif number == _MIME_TYPE:
                file.media_type = text
            elif number == _CONTENT_ID:
                file.content_id = text
            elif number == _CONTENT and not file.content:
                file.content = content


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and value of each attribute: level, number, type, length, value and checksum."""
    if len(data) < 6 or struct.unpack_from("<I", data)[0] != _SIGNATURE:
        return
    at = 6
    while at + 11 <= len(data):
        number, _, length = struct.unpack_from("<HHI", data, at + 1)
        value = data[at + 9 : at + 9 + length]
        if len(value) < length:
            return
        yield number, value
        at += 11 + length


def _properties(data: bytes) -> Iterator[tuple[int, str, bytes]]:
    """Yield the number of each property with its text and its bytes (MS-OXTNEF, section 2.1.3.4)."""
    count, at = struct.unpack_from("<I", data)[0], 4
    for _ in range(min(count, MAX_PROPERTIES)):
        kind, number = struct.unpack_from("<HH", data, at)
        at += 4
        if number >= 0x8000:
            at = _skip_name(data, at)
        is_many, kind = bool(kind & 0x1000), kind & 0x0FFF
        size = _FIXED_SIZES.get(kind)
        values = 1
        if is_many or size is None:
            values, at = struct.unpack_from("<I", data, at)[0], at + 4
        if values > len(data):
            return
        if size is not None:
            at += size * values
            continue
        for _ in range(values):
            length = struct.unpack_from("<I", data, at)[0]
            value, at = data[at + 4 : at + 4 + length], at + 4 + _padded(length)
            yield number, _text(value, kind) if kind in (_ANSI, _UNICODE) else "", value


def _skip_name(data: bytes, at: int) -> int:
    """Return where a named property's value begins: its name is 16 bytes, a kind, and a number or a text."""
    is_text = struct.unpack_from("<I", data, at + 16)[0]
    length = struct.unpack_from("<I", data, at + 20)[0]
    return at + 24 + (_padded(length) if is_text else 0)


def _padded(length: int) -> int:
    return (length + 3) // 4 * 4


def _text(value: bytes, kind: int) -> str:
    text = value.decode("utf-16-le", "replace") if kind == _UNICODE else _decode_ansi(value)
    return text.split("\0")[0]


def _decode_ansi(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("cp1252", "replace")
