"""Recognise and remove the prefix of a message that makes it a note or a reply. Pure.

A prefix that only resembles the one for notes counts as one, also those of other helpdesks: a typing mistake must not
publish a note. Characters that nobody sees (zero-width, byte order mark) may stand anywhere before and inside it.
"""

import re
import unicodedata
from functools import cache

_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_SPACE = rf"[\s{_UNSEEN}]"
_OPEN = rf"^(?P<open>[*_~>`#•·\\\s{_UNSEEN}+-]*)"
_LOCKS = r"(?::(?:lock|closed_lock_with_key|lock_with_ink_pen):|[🔒🔐🔏])"
_READERS = "internal|private|hidden|team|staff|agents?"
_WHAT = "notes?|comments?|messages?|remarks?|only"
_NOTE_PHRASES = (
    rf"(?:{_READERS})[ -](?:{_WHAT})",
    r"notes? (?:to|for) (?:self|myself|us|agents|(?:the )?team)",
    "notes?",
    "internal",
    "private",
    "(?:for )?internal use(?: only)?",
    "not for (?:the )?customers?",
    # The same in the languages of the desk: who works in one of them writes it so.
    "(?:nur )?intern(?:e|er|es)?(?: (?:notiz|notizen|anmerkung|bemerkung|nachricht|notitie|opmerking))?",
    "notiz(?:en)?|notitie|privat|privé|privée|note (?:interne|privée)",
    "nota(?: (?:interna|privada|privata))?|intern(?:o|a)|priva(?:d|t)(?:o|a)|uso interno",
    "notatka(?: wewnętrzna)?|wewnętrzn(?:a|e|y)|prywatn(?:a|e|y)",
    "(?:внутренняя )?заметка|внутренн(?:ее|яя)|для себя",
    "(?:社内|内部)?メモ|社内|内部|非公開|(?:内部)?(?:备注|備註)|内部消息",
    "ملاحظة(?: داخلية)?|داخلي",
)


def _tolerant(phrase: str) -> str:
    """Let unseen characters stand between the characters of a pattern of plain words."""
    spaced = phrase.replace("[ -]", "\x00").replace(" ", "\x01")
    pattern = re.sub(r"([a-z])(\??)", rf"(?:\1[{_UNSEEN}]*)\2", spaced)
    return pattern.replace("\x00", rf"(?:-|{_SPACE}+)").replace("\x01", rf"{_SPACE}+")


_NOTE = "|".join(_tolerant(phrase) for phrase in _NOTE_PHRASES)
_REPLY = _tolerant("reply")
# A colon always ends the words; a dash only with a space behind it ("note-taking" is a word), at the end, or twice.
_END = rf"(?:[:：;]|[-‐‑‒–—―]{{2,}}>?|[-‐‑‒–—―]>?(?={_SPACE}|$))"
# No two parts in a row may match the same character: a message of only spaces would be tried in every division.
_LOCK = rf"{_OPEN}{_LOCKS}{_SPACE}*(?:{_END}{_SPACE}*)?"
_WORD = rf"{_OPEN}(?:(?P<note>{_NOTE})|(?P<reply>{_REPLY})){_SPACE}*(?:(?P<close>[*_~`]+){_SPACE}*)?\\?{_END}{_SPACE}*"
_REPLY_END = re.compile(r"[:：]")
_BRACKETED = (
    rf"{_OPEN}[\[({{<【]{_SPACE}*(?P<note>{_NOTE}){_SPACE}*\\?[\])}}>】]{_SPACE}*"
    rf"(?:(?P<close>[*_~`]+){_SPACE}*)?(?:{_END}{_SPACE}*)?"
)


def split_note_prefix(body: str) -> tuple[str | None, str]:
    """Return ("internal" | "public" | None, the body without its prefix) for a Markdown ``body``."""
    folded = _fold(body)
    lock = _compile(_LOCK).match(folded)
    if lock:
        return "internal", _remove_prefix(body, lock, "")
    found = _compile(_BRACKETED).match(folded) or _compile(_WORD).match(folded)
    if not found:
        return None, body
    if found["note"]:
        return "internal", _remove_prefix(body, found, found["close"] or "")
    # What makes a message public is not guessed: only "reply:" does.
    if _REPLY_END.search(found[0]) is None:
        return None, body
    return "public", _remove_prefix(body, found, found["close"] or "")


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    """Compile a pattern when it is first used: all three take 70 ms, and the web processes seldom need them."""
    return re.compile(pattern, re.IGNORECASE)


def _fold(body: str) -> str:
    """Return ``body`` in lower case and usual width, each character still in its place."""
    start = "".join(_fold_character(character) for character in body[:500])
    return start + body[500:]


def _fold_character(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character).lower()
    return folded if len(folded) == 1 else character


def _remove_prefix(body: str, match: re.Match[str], closed: str) -> str:
    """Return the rest, with emphasis that was opened before the prefix left open or closed in pairs."""
    opened = match["open"]
    rest = body[match.end() :]
    marks = "".join(mark for mark in opened if mark in "*_~`")
    quote = "> " if ">" in opened else "- " if set(opened) & set("-+•·") else ""
    if closed:
        return quote + rest.lstrip()
    if marks and rest.startswith(marks[::-1]):
        return quote + rest[len(marks) :].lstrip()
    return quote + marks + rest
