"""Find the lines that say whose words are quoted below them: "On ... wrote:" and blocks of fields."""

import re
from collections.abc import Collection, Sequence

from helpdesk.channels.email.parse import quote_phrases

MAX_ATTRIBUTION_LINES = 5  # over which a program may break "On ... wrote:"
MAX_LABEL_LENGTH = 40  # characters of the name of a field
MAX_FIELD_LINES = 14  # of a block of fields, with the lines that continue a field
_MAX_CONTINUATIONS = 2
_MAX_END_LENGTH = 60  # characters behind a broken address: "> a écrit :"


_BRACKETED = re.compile(r"[<(«]\s?[^\s<>()]{1,64}@[^\s<>()]{1,200}\s?[>)»]")
_ONLY_DATE = re.compile(r"[\d\s.:/-]+")  # "From: 20.11.2026" is about days, and of nobody
_FIRST_DIGIT = re.compile(r"\D{0,32}\d")
_NAME_AND_DATE = re.compile(r'["\w][^<>@]{0,80}\s<?[^\s<>@]{1,64}@[^\s<>@]{1,200}>?\s[–—-]\s[\w\s.,:/-]{8,60}')


def ends_like_attribution(line: str) -> bool:
    """Return whether a cleaned line may be the last one of "On ... wrote:"; quickly, because every line is asked."""
    if line[-1:] == ":" or is_name_and_date(line):
        return True
    tail = line.rstrip(" -_.")
    if "@" in line and not tail[-1:].isascii() and _BRACKETED.search(line):
        return True  # no colon in Burmese and Khmer
    return (tail != line or not line[-1:].isascii()) and quote_phrases.has_verb(tail[-40:])


def is_name_and_date(line: str) -> bool:
    """Return whether a cleaned line is an address and then a date with its time, and nothing else (Nextcloud)."""
    return "@" in line and bool(_NAME_AND_DATE.fullmatch(line)) and quote_phrases.has_full_date(line)


def closes_address(before: str, line: str) -> bool:
    """Return whether ``line`` begins with the ">" of an address that its program broke from the line ``before``: no
    quote, but the end of "On ... <ann@globex.example, then "> wrote:".
    """
    _, bracket, address = before.rpartition("<")
    is_open = bool(bracket) and "@" in address and ">" not in address and not before.lstrip().startswith(">")
    return is_open and len(line) <= _MAX_END_LENGTH and line.rstrip()[-1:] in (":", "：")


def find_attribution(lines: Sequence[str], last: int, is_quote: Sequence[bool], is_certain: bool) -> range | None:
    """Return the lines of "On ... wrote:" that end with line ``last``, which ends like one, or None.

    ``lines`` are cleaned; a quoted one is none. ``is_certain``: a quote follows, so that an address or a verb is
    enough; otherwise it needs a verb or an address, and a day with its year and time.
    """
    found = None
    for first in range(last, max(-1, last - MAX_ATTRIBUTION_LINES), -1):
        if not lines[first] or is_quote[first]:
            break
        text = " ".join(lines[first : last + 1])
        named = quote_phrases.has_verb(text), quote_phrases.has_address(text)
        if is_certain and any(named) and quote_phrases.has_date(text):
            return range(first, last + 1)
        if not is_certain and any(named) and quote_phrases.has_full_date(text) and _is_shaped(text):
            return range(first, last + 1)
        if found is None and is_certain and any(named):
            found = range(first, last + 1)
    return found


def _is_shaped(text: str) -> bool:
    """Return whether cleaned text with a verb or an address, and a date, has them where a program puts them: the date
    or the name at its beginning, and a name, an address, a verb or the date at its end; with an address in the middle
    of words it is somebody's sentence.
    """
    plain = text.rstrip(" :：-_.")
    if not (
        quote_phrases.has_verb(text) or _BRACKETED.search(text) or quote_phrases.has_address(plain[-80:].split()[-1])
    ):
        return False
    dated = _FIRST_DIGIT.match(text)
    return bool(dated) or plain[-1:] in ">)\"'»" or plain[-1:].isdigit() or quote_phrases.has_verb(plain[-24:])


def find_field_block(lines: Sequence[str], first: int) -> int:
    """Return the line after a block of fields (From, Sent, To, Subject) that begins with line ``first``; ``first``
    where there is none.
    """
    begin = quote_phrases.field(lines[first])
    if begin is None or ("sender" in begin[0] and _ONLY_DATE.fullmatch(begin[1])):
        return first
    kinds: set[str] = set()
    labels: set[str] = set()
    has_address = False
    end, continued, at = first, 0, first
    while at < len(lines) and at < first + MAX_FIELD_LINES:
        known = quote_phrases.field(lines[at])
        if known:
            kinds |= known[0]
            labels.add(lines[at].partition(":")[0].lower())
            has_address = has_address or quote_phrases.has_address(lines[at])
            end, continued = at + 1, 0
        elif lines[at]:
            continued += 1
            if continued > _MAX_CONTINUATIONS:
                break
            has_address = has_address or quote_phrases.has_address(lines[at])
        elif at + 1 >= len(lines) or quote_phrases.field(lines[at + 1]) is None:
            break
        at += 1
    return end if _is_block(kinds, len(labels), has_address) else first


def find_unknown_block(lines: Sequence[str], end: int, known: Collection[str]) -> int:
    """Return the first line of a block directly above line ``end`` that quotes our mail's fields in a language not in
    the table: lines "label: value" whose values are known (our address, theirs, the subject) or a date. ``end`` where
    there is none.
    """
    first, proofs, at = end, 0, end - 1
    while at >= 0 and end - at <= MAX_FIELD_LINES:
        label, colon, value = lines[at].partition(":")
        if not lines[at]:
            if first < end:
                break
        elif colon and value and len(label) <= MAX_LABEL_LENGTH and not label.lower().startswith("http"):
            is_known = any(each in value.lower() for each in known if len(each) > 5)
            if not (is_known or quote_phrases.has_date(value) or quote_phrases.has_address(value)):
                break
            proofs += is_known
            first = at
        else:
            break
        at -= 1
    return first if proofs and end - first >= 2 else end


def find_unknown_fields(lines: Sequence[str], first: int, known: Collection[str]) -> int:
    """Return the line after a block of fields in a language not in the table that begins with line ``first``; ``first``
    where there is none. At least three lines "label: value" without another between: each value is an address, a known
    value or a date, and among them are a date with its time, an address and two known values.
    """
    addresses, dates, proofs, at = 0, 0, set[str](), first
    while at < len(lines) and at < first + MAX_FIELD_LINES and lines[at]:
        label, colon, value = lines[at].partition(":")
        named = {each for each in known if len(each) > 5 and each in value.lower()}
        has_address, is_dated = quote_phrases.has_address(value), quote_phrases.has_full_date(value)
        if not colon or len(label) > MAX_LABEL_LENGTH or not (named or has_address or is_dated):
            break
        addresses, dates, proofs, at = addresses + has_address, dates + is_dated, proofs | named, at + 1
    return at if at - first >= 3 and addresses and dates and len(proofs) >= 2 else first


def _is_block(kinds: set[str], count: int, has_address: bool) -> bool:
    """Return whether these fields are a mail's and not somebody's list: its sender or address, and what is beside."""
    if count < 2 or len(kinds) < 2 or not kinds & {"date", "subject"}:
        return False
    if "sender" in kinds and count >= 3:
        return has_address or "subject" in kinds
    return has_address and (count >= 3 or ("sender" in kinds and bool(kinds & {"date", "subject", "recipient"})))
