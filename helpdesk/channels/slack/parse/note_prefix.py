"""Recognise and remove the prefix of a message that makes it a note or a reply. Pure.

A prefix that only resembles the one for notes counts as one: a typing mistake must not publish a note.
"""

import re

_LOCKS = r"(?::(?:lock|closed_lock_with_key|lock_with_ink_pen):|[🔒🔐🔏])\ufe0f?"
# No two parts in a row may match the same character: a message of only spaces would be tried in every division.
_LOCK = re.compile(rf"^(?P<open>[*_~>\s`]*){_LOCKS}\s*(?::\s*)?")
_WORD = re.compile(r"^(?P<open>[*_~>\s`]*)(?P<word>note|reply)\s*(?:(?P<close>[*_~`]+)\s*)?[:：]\s*", re.IGNORECASE)


def split_note_prefix(body: str) -> tuple[str | None, str]:
    """Return ("internal" | "public" | None, the body without its prefix) for a Markdown ``body``."""
    lock = _LOCK.match(body)
    if lock:
        return "internal", _remove_prefix(body, lock, "")
    word = _WORD.match(body)
    if not word:
        return None, body
    return ("internal" if word["word"].lower() == "note" else "public"), _remove_prefix(body, word, word["close"] or "")


def _remove_prefix(body: str, match: re.Match, closed: str) -> str:
    """Return the rest, with emphasis that was opened before the prefix left open or closed in pairs."""
    opened = re.sub(r"\s", "", match["open"])
    rest = body[match.end() :]
    marks = "".join(mark for mark in opened if mark != ">")
    quote = "> " if ">" in opened else ""
    if closed:
        return quote + rest.lstrip()
    if marks and rest.startswith(marks[::-1]):
        return quote + rest[len(marks) :].lstrip()
    return quote + marks + rest
