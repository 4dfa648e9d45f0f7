"""Open a mail that S/MIME has signed and packed into one file (RFC 8551, section 3.5.2): its text is not encrypted, but
only a program that knows the format shows it. The signature is not checked.
"""

from dataclasses import dataclass
from email.message import Message

from helpdesk.channels.email.parse import mime

MAX_DEPTH = 12  # of values inside each other
MAX_ELEMENTS = 400_000  # values; programs write pieces of 1,000 bytes and more

_TYPES = {"application/pkcs7-mime", "application/x-pkcs7-mime"}
_SIGNED_DATA = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"  # 1.2.840.113549.1.7.2 (RFC 5652, section 5.1)
_OBJECT_ID, _OCTETS, _CONSTRUCTED_OCTETS, _SEQUENCE, _CONTENT = 0x06, 0x04, 0x24, 0x30, 0xA0


def open_signed(part: Message) -> Message | None:
    """Return the mail inside a signed file; None for any other part, and for one that cannot be read."""
    if part.get_content_type() not in _TYPES or part.is_multipart():
        return None
    try:
        content = _find_content(_Reader(mime.part_content(part)))
    except (IndexError, ValueError):
        return None
    if content is None or mime.size_error(content):
        return None
    inner = mime.parse_message(content, is_too_much=False)
    return inner if inner.keys() else None


@dataclass(frozen=True)
class _Element:
    tag: int
    begin: int
    end: int
    next: int


class _Reader:
    """Reads values of BER (X.690, section 8.1). Raises IndexError or ValueError for what is none, or too much."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.count = 0

    def element(self, at: int, depth: int = 0) -> _Element:
        self.count += 1
        if depth > MAX_DEPTH or self.count > MAX_ELEMENTS:
            raise ValueError("too much")
        tag, length, begin = self.data[at], self.data[at + 1], at + 2
        if length == 0x80:  # ends with two zero bytes
            end = begin
            while self.data[end] or self.data[end + 1]:
                end = self.element(end, depth + 1).next
            return _Element(tag, begin, end, end + 2)
        if length > 0x80:
            begin += length & 0x7F
            length = int.from_bytes(self.data[at + 2 : begin], "big")
        if begin + length > len(self.data):
            raise ValueError("cut off")
        return _Element(tag, begin, begin + length, begin + length)

    def children(self, element: _Element) -> list[_Element]:
        found: list[_Element] = []
        at = element.begin
        while at < element.end:
            found.append(self.element(at))
            at = found[-1].next
        return found

    def octets(self, element: _Element, depth: int = 0) -> bytes:
        if element.tag == _OCTETS:
            return self.data[element.begin : element.end]
        if element.tag != _CONSTRUCTED_OCTETS or depth > MAX_DEPTH:
            raise ValueError("no octets")
        return b"".join(self.octets(each, depth + 1) for each in self.children(element))


def _find_content(reader: _Reader) -> bytes | None:
    """Return the content of SignedData in ContentInfo: both are sequences whose content is tagged with 0."""
    kind, wrapped = reader.children(reader.element(0))[:2]
    if kind.tag != _OBJECT_ID or reader.data[kind.begin : kind.end] != _SIGNED_DATA:
        return None
    signed = reader.children(wrapped)[0]
    packed = next((each for each in reader.children(signed) if each.tag == _SEQUENCE), None)
    content = next((each for each in reader.children(packed) if each.tag == _CONTENT), None) if packed else None
    return reader.octets(reader.children(content)[0]) if content else None
