"""Recognise and remove the prefix of a message that makes it a note or a reply. Pure.

A prefix that only resembles the one for notes counts as one, also those of other helpdesks: a typing mistake must not
publish a note. Characters that nobody sees (zero-width, byte order mark) may stand anywhere before and inside it.
"""

import re
import string
import unicodedata
from functools import cache
from typing import NamedTuple

MAX_SUBJECT_LINES = 400  # of a quote, code and addresses above the prefix
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
_CUSTOMERS = "(?:the |this |our )?(?:customer|client|requester)s?"
_WHAT = "notes?|comments?|messages?|remarks?|only"
_TO_READERS = rf"(?:{_READERS})[ -](?:{_WHAT})"
# What names who may read it also counts where it is a line of its own above the text.
_INTERNAL = "|".join(
    (
        _TO_READERS,
        "notes? (?:to|for) (?:self|myself|us|agents|(?:the )?team)",
        "internal",
        "private",
        "internally",
        "(?:for )?internal (?:use|eyes)(?: only)?",
        "for (?:the |our )?(?:team|staff|agents|support) only|for our (?:team|staff|agents|support)",
        rf"(?:team|staff)[ -]internal(?: (?:{_WHAT}))?|(?:int|priv|pvt)\.? (?:{_WHAT})|pvt|priv",
        "fyi,? (?:internal|staff|agents|support)(?: only)?|(?:internal|team) fyi",
        r"notes?\s*\\?[(\[](?:internal|private|team|team only)\\?[)\]]|internal\s*\\?[(\[](?:note|comment)\\?[)\]]",
        rf"not (?:for|to) {_CUSTOMERS}",
        rf"(?:do not|don[’']?t) (?:send|show|forward|tell|share)(?: (?:this|it))?(?: (?:to|with))? {_CUSTOMERS}",
        # The same in the languages of the desk: who works in one of them writes it so.
        "(?:nur )?intern(?:e[rs]?)?(?: (?:notiz(?:en)?|anmerkung|bemerkung|nachricht|hinweis|kommentar|vermerk|info))?",
        "interne? (?:notitie|opmerking|commentaar|bericht)|alleen intern|privat|nur (?:für das|fürs) team",
        "privée?|(?:note|remarque|commentaire|message) (?:interne|privée?)|(?:à )?usage interne",
        "(?:nota|comentario|comentário|commento|mensaje|mensagem|messaggio|uso) (?:intern|priva[dt])[ao]",
        "(?:solo|só|somente|apenas) (?:uso )?intern[ao]|intern[ao]|priva[dt][ao]",
        "(?:notatka|uwaga|komentarz|wiadomość) wewnętrzn[ay]|(?:tylko )?wewnętrzn[aey]|prywatn[aey]",
        "внутренн(?:ее|яя|ий)(?: (?:заметка|комментарий|сообщение))?|для себя",
        "(?:社内|内部)(?:メモ|コメント|用|限定|向け)?|非公開|仅?内部(?:备注|備註|消息)?",
        "(?:ملاحظة|تعليق|رسالة) داخلية?|داخلي|ليس للعميل",
        "nur für uns|nicht für (?:den |die )?kund(?:en|in|innen)|pas pour (?:le |la )?cliente?s?|en interne",
        "no para (?:el |la )?cliente|solo para el equipo|não para o cliente|só para a equipe",
        "non per il cliente|solo per il team|niet voor (?:de )?klant(?:en)?|nie dla klienta",
    )
).replace(" ", r"\s+")
# For whom of the team it is: "note @Maya:", "internal note for Maya:".
_ADDRESSED = rf"notes?(?: (?:to|for))? @[^:：;\n]{{1,80}}|{_TO_READERS} (?:to|for) [^:：;\n]{{1,80}}".replace(
    " ", r"\s+"
)
_NOTE_WORDS = r"notes?|notiz(?:en)?|notitie|nota|notatka|заметка|メモ|备注|備註|ملاحظة"
_NOTE = rf"(?:{_ADDRESSED})(?=[:：;])|{_INTERNAL}|{_NOTE_WORDS}"
_WORDS_OF_THEIR_OWN = {"not", "nots", "noes", "interval", "internals", "interna", "privat", "privates"}
_REPLY = "reply"
_OPEN = r"^(?P<open>[*_~`>#•·\\\s+-]*)"
_OPEN_WITH_EMOJI = rf"^(?P<open>[*_~`>#•·\\\s+{_EMOJI}-]*)"
# A colon always ends the words; a dash only with a space behind it ("note-taking" is a word), at the end, or twice.
_END = r"(?:[:：;]|[-‐‑‒–—―]{2,}>?|[-‐‑‒–—―]>?(?=\s|$)|(?:\\?[|¦]|//|>>|==)(?=\s|$))"
_CLOSE = r"(?:(?P<close>[*_~`]+)\s*)?"
_LOCK = rf"{_OPEN}{_LOCKS}\s*(?:{_END})?"
_BRACKETED = rf"{_OPEN_WITH_EMOJI}[\[({{<【]\s*(?P<note>{_NOTE}|{_READERS})\s*\\?[\])}}>】]\s*{_CLOSE}(?:{_END})?"
_WORD = rf"{_OPEN_WITH_EMOJI}(?:(?P<note>{_NOTE})|(?P<reply>{_REPLY}))\s*{_CLOSE}\\?{_END}"
# As Zendesk's commands by mail are written, "#note", and as many write to other programs: "!internal".
_TAG = rf"^(?P<open>[*_~`\\\s]*)[#!/](?P<note>{_INTERNAL}|{_NOTE_WORDS})(?:{_END}|(?=\s))"
_FRAME = r"(?:\\[*_~#+-]|[=~#+-])"
_FRAMED = rf"^(?P<open>\s*){_FRAME}{{2,9}}\s*(?P<note>{_NOTE})\s*{_FRAME}{{2,9}}{_END}?"
_EMOJI_NAMES = rf"(?:{_READERS})(?:[_-](?:{_WHAT}))?|notes?(?:[_-](?:internal|private|team))?"
_NAMED_EMOJI = rf"{_OPEN}:(?P<note>{_EMOJI_NAMES}):\s*(?:{_END})?"
_MISTYPED = rf"{_OPEN_WITH_EMOJI}(?P<note>[a-z]{{3,9}}(?: [a-z]{{3,9}})?)\s*{_CLOSE}[:：]"
_OWN_LINE = rf"^(?P<open>[*_~`\s{_EMOJI}]*)(?P<note>{_INTERNAL})[^\S\n]*(?P<close>[*_~`]*)[^\S\n]*\n(?=\s*\S)"
_FORMS = (_BRACKETED, _WORD, _OWN_LINE, _TAG, _FRAMED, _NAMED_EMOJI)
_SUBJECT_LINE = re.compile(r"\\?>|<https?://\S+>\s*$|\[[^\[\]\n]{1,300}\]\(\S{1,2000}\)\s*$")
_REPLY_END = re.compile(r"[:：]")


class _Start(NamedTuple):
    """The beginning of a text as it is compared, and the place of each of its characters in the text."""

    folded: str
    places: list[int]


def split_note_prefix(body: str) -> tuple[str | None, str]:
    """Return ("internal" | "public" | None, the body without its prefix) for a Markdown ``body``.

    What makes a note also counts below a quote, code or addresses with which the message begins: they are what it is
    about.
    """
    mark, unmarked = _split_beginning(body)
    if mark is None and (length := _length_of_subject(body)):
        below, rest = _split_beginning(body[length:])
        if below == "internal":
            return below, f"{body[:length].rstrip()}\n\n{rest}"
    return mark, unmarked


def _length_of_subject(body: str) -> int:
    """Return where the first line begins that is neither quoted, code, nor only an address."""
    length, is_code = 0, False
    for line in body.splitlines(keepends=True)[:MAX_SUBJECT_LINES]:
        is_fence = line.startswith("```")
        if not (is_code or is_fence or not line.strip() or _SUBJECT_LINE.match(line)):
            return length
        is_code ^= is_fence
        length += len(line)
    return 0


def _split_beginning(body: str) -> tuple[str | None, str]:
    start = _fold(body)
    lock = _compile(_LOCK).match(start.folded)
    if lock:
        rest = _remove_prefix(body, start, lock, "")
        mark, unmarked = _split_beginning(rest) if len(rest) < len(body) else (None, "")
        return "internal", unmarked if mark == "internal" else rest
    found = next(filter(None, (_compile(each).match(start.folded) for each in _FORMS)), None)
    if not found:
        found = _compile(_MISTYPED).match(start.folded)
        if not found or not _is_mistyped(found["note"]):
            return None, body
    closed = found.groupdict().get("close") or ""
    if found["note"]:
        return "internal", _remove_prefix(body, start, found, closed)
    # What makes a message public is not guessed: only "reply:" does.
    if _REPLY_END.search(found[0]) is None:
        return None, body
    return "public", _remove_prefix(body, start, found, closed)


def _is_mistyped(words: str) -> bool:
    """Return whether ``words`` are "note", "internal", "private" or two of them with one slip of the fingers."""
    slips, right = _slips(), {"note", "notes", "internal", "private"}
    given = words.split()
    return all(word in slips or word in right for word in given) and any(word in slips for word in given)


@cache
def _slips() -> frozenset[str]:
    """Return the words with a character left out, doubled, or changed with the next; of long ones, also replaced."""
    found: set[str] = set()
    for word in ("note", "notes", "internal", "private"):
        for place in range(len(word)):
            before, sign, after = word[:place], word[place], word[place + 1 :]
            found |= {before + after, before + sign + sign + after, before + after[:1] + sign + after[1:]}
            found |= {before + other + after for other in string.ascii_lowercase if len(word) > 5}
    return frozenset(found - {"note", "notes", "internal", "private"} - _WORDS_OF_THEIR_OWN)


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
