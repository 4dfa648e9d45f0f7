"""Recognise and remove the prefix of a message that makes it a note or a reply. Pure.

A prefix that only resembles the one for notes counts as one, also those of other helpdesks: a typing mistake must not
publish a note. Characters that nobody sees (zero-width, byte order mark) may stand anywhere before and inside it.
"""

import re
import unicodedata
from functools import cache
from typing import NamedTuple

MAX_PREFIX_LENGTH = 500  # characters behind the space before it; what is longer is no prefix

_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_UNSEEN_PATTERN = re.compile(f"[{_UNSEEN}]")
_SPACE_PATTERN = re.compile(rf"[\s{_UNSEEN}]*")
_EMOJI = "\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
_EMOJI_PATTERN = re.compile(f"[{_EMOJI}][\ufe0f\u200d{_EMOJI}]*")
_LOCKS = r"(?::(?:lock|closed_lock_with_key|lock_with_ink_pen):|[🔒🔐🔏])"
_READERS = "internal|private|hidden|team|staff|agents?"
_WHAT = "notes?|comments?|messages?|remarks?|only"
_TO_READERS = rf"(?:{_READERS})[ -](?:{_WHAT})"
# What names who may read it also counts where it is a line of its own above the text.
_INTERNAL = "|".join(
    (
        _TO_READERS,
        "notes? (?:to|for) (?:self|myself|us|agents|(?:the )?team)",
        "internal",
        "private",
        "(?:for )?internal use(?: only)?",
        "not for (?:the )?customers?",
        # The same in the languages of the desk: who works in one of them writes it so.
        "(?:nur )?intern(?:e[rs]?)?(?: (?:notiz(?:en)?|anmerkung|bemerkung|nachricht|hinweis|kommentar|vermerk|info))?",
        "interne? (?:notitie|opmerking|commentaar|bericht)|alleen intern|privat|nur (?:für das|fürs) team",
        "privée?|(?:note|remarque|commentaire|message) (?:interne|privée?)|(?:à )?usage interne",
        "(?:nota|comentario|comentário|commento|mensaje|mensagem|messaggio|uso) (?:intern|priva[dt])[ao]",
        "(?:solo|só|somente|apenas) (?:uso )?intern[ao]|intern[ao]|priva[dt][ao]",
        "(?:notatka|uwaga|komentarz|wiadomość) wewnętrzn[ay]|(?:tylko )?wewnętrzn[aey]|prywatn[aey]",
        "внутренн(?:ее|яя|ий)(?: (?:заметка|комментарий|сообщение))?|для себя",
        "(?:社内|内部)(?:メモ|コメント|用|限定|向け)?|非公開|仅?内部(?:备注|備註|消息)?",
        "(?:ملاحظة|تعليق|رسالة) داخلية?|داخلي",
    )
).replace(" ", r"\s+")
# For whom of the team it is: "note @Maya:", "internal note for Maya:".
_ADDRESSED = rf"notes?(?: (?:to|for))? @[^:：;\n]{{1,80}}|{_TO_READERS} (?:to|for) [^:：;\n]{{1,80}}".replace(
    " ", r"\s+"
)
_NOTE = (
    rf"(?:{_ADDRESSED})(?=[:：;])|{_INTERNAL}|notes?|notiz(?:en)?|notitie|nota|notatka|заметка|メモ|备注|備註|ملاحظة"
)
_REPLY = "reply"
_OPEN = r"^(?P<open>[*_~`>#•·\\\s+-]*)"
_OPEN_WITH_EMOJI = rf"^(?P<open>[*_~`>#•·\\\s+{_EMOJI}-]*)"
# A colon always ends the words; a dash only with a space behind it ("note-taking" is a word), at the end, or twice.
_END = r"(?:[:：;]|[-‐‑‒–—―]{2,}>?|[-‐‑‒–—―]>?(?=\s|$))"
_CLOSE = r"(?:(?P<close>[*_~`]+)\s*)?"
_LOCK = rf"{_OPEN}{_LOCKS}\s*(?:{_END})?"
_BRACKETED = rf"{_OPEN_WITH_EMOJI}[\[({{<【]\s*(?P<note>{_NOTE})\s*\\?[\])}}>】]\s*{_CLOSE}(?:{_END})?"
_WORD = rf"{_OPEN_WITH_EMOJI}(?:(?P<note>{_NOTE})|(?P<reply>{_REPLY}))\s*{_CLOSE}\\?{_END}"
_OWN_LINE = rf"^(?P<open>[*_~`\s{_EMOJI}]*)(?P<note>{_INTERNAL})[^\S\n]*(?P<close>[*_~`]*)[^\S\n]*\n(?=\s*\S)"
_REPLY_END = re.compile(r"[:：]")


class _Start(NamedTuple):
    """The beginning of a text as it is compared, and the place of each of its characters in the text."""

    folded: str
    places: list[int]


def split_note_prefix(body: str) -> tuple[str | None, str]:
    """Return ("internal" | "public" | None, the body without its prefix) for a Markdown ``body``."""
    start = _fold(body)
    lock = _compile(_LOCK).match(start.folded)
    if lock:
        rest = _remove_prefix(body, start, lock, "")
        mark, unmarked = split_note_prefix(rest) if len(rest) < len(body) else (None, "")
        return "internal", unmarked if mark == "internal" else rest
    found = next(filter(None, (_compile(each).match(start.folded) for each in (_BRACKETED, _WORD, _OWN_LINE))), None)
    if not found:
        return None, body
    if found["note"]:
        return "internal", _remove_prefix(body, start, found, found["close"] or "")
    # What makes a message public is not guessed: only "reply:" does.
    if _REPLY_END.search(found[0]) is None:
        return None, body
    return "public", _remove_prefix(body, start, found, found["close"] or "")


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    """Compile a pattern when it is first used: the web processes seldom need them."""
    return re.compile(pattern, re.IGNORECASE)


def _fold(body: str) -> _Start:
    """Return the start of ``body`` in lower case and usual width, without the characters that nobody sees."""
    begin = _SPACE_PATTERN.match(body).end()
    places = [
        place
        for place, character in enumerate(body[begin : begin + MAX_PREFIX_LENGTH], begin)
        if not _UNSEEN_PATTERN.match(character)
    ]
    return _Start("".join(_fold_character(body[place]) for place in places), [*places, begin + MAX_PREFIX_LENGTH])


def _fold_character(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character).lower()
    return folded if len(folded) == 1 else character


def _remove_prefix(body: str, start: _Start, match: re.Match[str], closed: str) -> str:
    """Return the rest with the emoji before the prefix, and with emphasis that was opened before it left open or closed
    in pairs.
    """
    opened = match["open"]
    rest = body[start.places[match.end()] :]
    rest = rest[_SPACE_PATTERN.match(rest).end() :]
    emoji = "".join(_EMOJI_PATTERN.findall(body[: start.places[match.end("open")]]))
    marks = "".join(mark for mark in opened if mark in "*_~`")
    lead = ("> " if ">" in opened else "- " if set(opened) & set("-+•·") else "") + (f"{emoji} " if emoji else "")
    if closed:
        return lead + rest.lstrip()
    if marks and rest.startswith(marks[::-1]):
        return lead + rest[len(marks) :].lstrip()
    return lead + marks + rest
