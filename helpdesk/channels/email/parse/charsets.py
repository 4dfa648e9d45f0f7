"""Decode bytes of mails: charset labels by the WHATWG Encoding Standard, with the vendors' larger sets, and repaired
byte by byte where a few do not fit. Never an error.
"""

import codecs
import re

import webencodings

from helpdesk.channels.email.parse import japanese_charsets

# The standard's names, by the codec that has every character which mail programs send under that name.
_CODECS = {
    "shift_jis": ("cp932",),
    "euc-kr": ("cp949",),
    "gbk": ("gb18030",),
    "big5": ("cp950", "big5hkscs"),
    "utf-16le": ("utf-16-le",),
    "utf-16be": ("utf-16-be",),
    "iso-8859-8-i": ("iso8859-8",),
    "x-mac-cyrillic": ("mac-cyrillic",),
    "macintosh": ("mac-roman",),
    "windows-874": ("cp874",),
    "x-user-defined": ("latin-1",),
    "koi8-u": ("koi8-u",),
}
# Labels of mail that the standard for browsers does not have, or refuses there.
_MAIL_LABELS = {
    "utf-7": "utf-7",
    "unicode-1-1-utf-7": "utf-7",
    "hz-gb-2312": "hz",
    "iso-2022-kr": "iso2022_kr",
    "cp932": "cp932",
    "ms932": "cp932",
    "cp936": "gb18030",
    "cp949": "cp949",
    "ms949": "cp949",
    "cp950": "cp950",
    "big5hkscs": "big5hkscs",
    "tis620": "cp874",
    "cp850": "cp850",
    "cp437": "cp437",
    "cp858": "cp858",
    "utf8mb4": "utf-8",
    "mac-roman": "mac-roman",
    "macroman": "mac-roman",
    "utf-32": "utf-32",
    "utf-32le": "utf-32-le",
    "utf-32be": "utf-32-be",
}
_ISO_2022_JP_LABEL = re.compile(r"iso-?2022-?jp(-.{1,4})?|cp5022[012]|csiso2022jp|x-?jis|jis")
_ISO_2022_JP_ESCAPE = re.compile(rb"\x1b(\$[@B]|\(I)")
_META_CHARSET = re.compile(rb"<meta\b[^<>]{0,300}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_C1_CONTROLS = re.compile("[\x80-\x9f]")
_ASCII_LABELS = {"us-ascii", "ascii", "ansi_x3.4-1968", "iso-ir-6", "iso646-us", "us", "7bit", "8bit"}
_BYTES_OF_CP1250 = re.compile(rb"[\x8a\x8c-\x8f\x9a\x9c-\x9f]")  # which ISO 8859-2 has elsewhere
_DOS_LABEL = re.compile(r"(?:ibm|cp|dos|x-cp)[-_ ]?(437|737|775|85[0-8]|86[0-9]|874)")
_EAST_ASIAN = {"cp932", "cp949", "gb18030", "cp950", "big5hkscs"}
_MIN_UTF8_SIGNS = 3  # beyond ASCII: two or fewer can be an accident ("WRÓŻKA" in ISO 8859-2)
_MAX_BAD_SHARE = 0.1  # of the non-ASCII bytes; with more, another charset is tried


def decode_text(data: bytes, label: str | None) -> str:
    """Decode ``data``, whose charset is said to be ``label``; None or "" where nobody says so."""
    label = _clean_label(label)
    if data.startswith(codecs.BOM_UTF8):
        data, label = data[3:], "utf-8"
    elif data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and not label.startswith("utf-32"):
        return _tidy(data.decode("utf-16", errors="replace"))
    return _tidy(_decode(data, label))


def find_meta_charset(html: bytes) -> str:
    """Return the charset that the HTML itself names in its first 4,000 bytes, or ""."""
    match = _META_CHARSET.search(html[:4000])
    name = match[1].decode("ascii") if match else ""
    return "utf-8" if name.lower().startswith("utf-16") else name  # it was read as ASCII, so it is none


def is_known(label: str | None) -> bool:
    """Return whether ``label`` names a charset that can be decoded."""
    label = _clean_label(label)
    return bool(_ISO_2022_JP_LABEL.fullmatch(label) or _codecs_of(label))


def is_utf8(data: bytes) -> bool:
    return _decode_strictly(data, "utf-8") is not None


def _decode(data: bytes, label: str) -> str:
    if _ISO_2022_JP_LABEL.fullmatch(label):
        return japanese_charsets.decode_iso_2022_jp(data)
    names = () if label in _ASCII_LABELS else _codecs_of(label)
    if names == ("euc-jp",):
        return japanese_charsets.decode_euc_jp(data)
    if not names or names[0] in {"utf-8", "cp1252", "latin-1"}:
        if not _HIGH_BYTE.search(data) and _ISO_2022_JP_ESCAPE.search(data):
            return japanese_charsets.decode_iso_2022_jp(data)
        return _decode_utf8_or_windows(data, is_repaired=names in {(), ("utf-8",)})
    if names == ("iso-8859-2",) and _BYTES_OF_CP1250.search(data):
        names = ("cp1250",)
    if (text := _decode_mislabelled_utf8(data, names[0])) is not None:
        return text
    for name in names:
        if (text := _decode_strictly(data, name)) is not None:
            return text
    if (text := _decode_strictly(data, "utf-8")) is not None and _HIGH_BYTE.search(data):
        return text
    text = data.decode(names[0], errors="replace")
    bad = text.count("\N{REPLACEMENT CHARACTER}")
    if bad > _MAX_BAD_SHARE * max(len(_HIGH_BYTE.findall(data)), 1) + 1 and not _is_single_byte(names[0]):
        return _decode_utf8_or_windows(data, is_repaired=True) if _has_utf8_sequences(data) else text
    return text


def _decode_utf8_or_windows(data: bytes, is_repaired: bool) -> str:
    """Decode UTF-8, which in no other charset looks like words. Of what is none, with ``is_repaired`` the single bytes
    that do not fit are read as Windows-1252 (a footer of another program), else all of it.
    """
    text = _decode_strictly(data, "utf-8")
    if text is None:
        text = data.decode("utf-8", _REPAIR) if is_repaired else data.decode("cp1252", "replace")
    return text


def _decode_mislabelled_utf8(data: bytes, codec: str) -> str | None:
    """Return ``data`` decoded as UTF-8 where it can be nothing else, although it is said to be ``codec``, which reads
    every byte or nearly every pair of them as some character: enough of UTF-8's sequences, and no byte outside them.
    """
    text = _decode_strictly(data, "utf-8") if _HIGH_BYTE.search(data) else None
    foreign = [sign for sign in text or "" if not sign.isascii()]
    if _is_single_byte(codec):
        return text if len(foreign) >= _MIN_UTF8_SIGNS else None
    # Two bytes are one character in the sets of Asia, too; UTF-8 has three for theirs.
    is_long = len(foreign) >= _MIN_UTF8_SIGNS and min(foreign) >= "\u0800"
    return text if is_long and codec in _EAST_ASIAN else None


def _decode_strictly(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError):
        return None


def _has_utf8_sequences(data: bytes) -> bool:
    return len(re.findall(rb"[\xc3-\xf4][\x80-\xbf]", data)) * 2 >= 0.8 * len(_HIGH_BYTE.findall(data))


def _is_single_byte(codec: str) -> bool:
    return len("aé") == len(bytes((97, 233)).decode(codec, errors="replace")) and codec != "utf-8"


def _clean_label(label: str | None) -> str:
    return (label or "").split("*")[0].strip(" \t\"'").lower()[:60]


def _codecs_of(label: str) -> tuple[str, ...]:
    name = _MAIL_LABELS.get(label.replace("_", "-")) or _MAIL_LABELS.get(label)
    if name:
        return (name,)
    if dos := _DOS_LABEL.fullmatch(label):
        return (f"cp{dos[1]}",) if _is_codec(f"cp{dos[1]}") else ()
    found = webencodings.lookup(label) or webencodings.lookup(label.replace("_", "-"))
    if found is None:
        return ()
    return _CODECS.get(found.name, (found.name.replace("windows-", "cp"),))


def _is_codec(name: str) -> bool:
    try:
        return bool(codecs.lookup(name))
    except LookupError:
        return False


def _tidy(text: str) -> str:
    """Remove NUL and halves of characters, and read C1 controls, which no mail means, as the characters Windows has in
    their place.
    """
    text = text.replace("\0", "")
    if _SURROGATE.search(text):  # from UTF-7, whose units are those of UTF-16
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _C1_CONTROLS.sub(lambda sign: _windows_sign(ord(sign[0])), text) if _C1_CONTROLS.search(text) else text


def _windows_sign(byte: int) -> str:
    return bytes((byte,)).decode("cp1252", errors="replace")


def _repair_byte(error: UnicodeError) -> tuple[str, int]:
    """Read a byte that stands alone as Windows-1252; show what was cut off inside a character as lost."""
    assert isinstance(error, UnicodeDecodeError)
    lost = error.object[error.start : error.end]
    if len(lost) == 1 and lost != b"\xff":
        return _windows_sign(lost[0]), error.end
    return "\N{REPLACEMENT CHARACTER}", error.end


_REPAIR = "helpdesk.windows-1252"
codecs.register_error(_REPAIR, _repair_byte)
