"""Decode a text in Base64 that a gateway or a list has put plain lines or another text before or behind: the library
reads such lines as Base64, too, or stops at them.
"""

import base64
import binascii
import re
from email.message import Message

_WHOLE = re.compile(r"[A-Za-z0-9+/\s]*(?:=\s*){0,2}")
_LINE = re.compile(r"[A-Za-z0-9+/]{4,}={0,2}")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MAX_WORDS_BELOW = 3  # lines of one word each below the Base64


def is_mixed(part: Message) -> bool:
    """Return whether a part that says it is Base64 has other lines, or several ends."""
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    return encoding == "base64" and not part.is_multipart() and not _WHOLE.fullmatch(_payload(part))


def decode(part: Message) -> bytes:
    """Return the bytes of all its runs of Base64, with the plain lines between them as they are."""
    found: list[bytes] = []
    run: list[str] = []
    for line in [*_payload(part).splitlines(), ""]:
        text = line.strip()
        if _LINE.fullmatch(text):
            run.append(text)
            if text.endswith("="):
                found += _decode_run(run)
                run = []
        else:
            found += _decode_run(run)
            run = []
            if text:
                found.append(line.encode("utf-8", "surrogateescape"))
    return b"\n".join(found)


def _payload(part: Message) -> str:
    payload = part.get_payload()
    return payload if isinstance(payload, str) else ""


def _decode_run(run: list[str]) -> list[bytes]:
    """Decode lines of Base64. Words that only have its characters are no text when decoded, and stay."""
    for end in range(len(run), max(0, len(run) - _MAX_WORDS_BELOW - 1), -1):
        try:
            decoded = base64.b64decode("".join(run[:end]), validate=True)
        except (binascii.Error, ValueError):
            continue
        if not _CONTROL.search(decoded):
            return [decoded, *(line.encode() for line in run[end:])]
    return [line.encode() for line in run]
