"""Fold the text of a header field; what is beyond ASCII becomes encoded words (RFC 2047), each of whole characters."""

import base64
import string

MAX_LINE_LENGTH = 76  # of a line with an encoded word (RFC 2047, section 2)
_PLAIN = set(string.ascii_letters + string.digits + "!*+-/")  # what a name before an address may have, too


def needs_encoding(text: str) -> bool:
    """Return whether ``text`` cannot be written as it is: it is beyond ASCII, or would be taken for an encoded word."""
    return not text.isascii() or "=?" in text


def fold_text(text: str, used: int) -> list[str]:
    """Return the lines of ``text``, which is on one line and has single spaces; ``used``: characters before it in the
    first.
    """
    if needs_encoding(text):
        return _encode_words(text, used)
    lines = [""]
    for number, word in enumerate(text.split(" ")):
        if number and len(lines[-1]) + len(word) + 1 + (1 if lines[1:] else used) > MAX_LINE_LENGTH:
            lines.append(word)
        else:
            lines[-1] += f" {word}" if number else word
    return lines


def _encode_words(text: str, used: int) -> list[str]:
    """Return ``text`` as encoded words, each for a line of its own: readers join them without a space."""
    quoted = sum(map(len, map(_quote, text)))
    is_quoted = quoted <= 4 * len(text.encode()) / 3
    found, chunk = [], ""
    for sign in text:
        if chunk and len(_write(chunk + sign, is_quoted)) > MAX_LINE_LENGTH - (1 if found else used):
            found.append(_write(chunk, is_quoted))
            chunk = ""
        chunk += sign
    return [*found, _write(chunk, is_quoted)]


def _write(text: str, is_quoted: bool) -> str:
    if is_quoted:
        return f"=?utf-8?q?{''.join(map(_quote, text))}?="
    return f"=?utf-8?b?{base64.b64encode(text.encode()).decode()}?="


def _quote(sign: str) -> str:
    if sign == " ":
        return "_"
    return sign if sign in _PLAIN else "".join(f"={byte:02X}" for byte in sign.encode())
