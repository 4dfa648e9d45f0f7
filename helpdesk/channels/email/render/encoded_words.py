"""Fold the text of a header field; what is beyond ASCII becomes encoded words (RFC 2047), each of whole characters."""

from email.header import Header

MAX_LINE_LENGTH = 76  # of a line with an encoded word (RFC 2047, section 2)


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
    return Header(text, "utf-8", MAX_LINE_LENGTH, header_name="x" * (used - 2)).encode(linesep="\n").split("\n ")
