"""Separate an answer from the text it quotes. Cut exactly at our own marker, otherwise guessed and folded, never
deleted.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

_WROTE = r"(?:wrote|schrieb|a\sécrit|escribió|ha\sscritto|schreef|escreveu|skrev|napsal\(a\)|napisał\(a\))"
_ON_SOMEBODY_WROTE = re.compile(
    rf"^\s*(?:On|Am|Le|El|Il|Op|Em|Den|Dne|W\sdniu|På)\b.{{5,300}}?{_WROTE}\s*[^:]{{0,80}}:\s*$",
    re.IGNORECASE,
)
_SOMEBODY_WROTE = re.compile(
    rf"^\s*(?:.{{3,200}}\s{_WROTE}\s*|.{{0,200}}<[^<>\s]+@[^<>\s]+>.{{0,60}}|\d{{4}}[-/年].{{5,200}}):\s*$",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(
    r"""^\s*(?:
        [-_]{2,}\s*(?:Original\s(?:Message|Appointment)|Ursprüngliche\sNachricht|Message\sd'origine|Mensaje\soriginal
                     |Messaggio\soriginale|Oorspronkelijk\sbericht|Forwarded\smessage|Reply\smessage)\s*[-_]{2,}
      | Begin\sforwarded\smessage:
    )\s*$""",
    re.VERBOSE | re.IGNORECASE,
)
_RULE = re.compile(r"^\s*[-_*]{3,}\s*$")
_FIELD = re.compile(
    r"^\s*[*_]{0,2}(?:From|Sent|Date|To|Cc|Subject|Reply-To|Von|Gesendet|Datum|An|Betreff|De|Envoyé|Objet|À|Enviado|Para|Asunto"
    r"|Da|Inviato|Data|A|Oggetto|Van|Verzonden|Aan|Onderwerp|Från|Skickat|Till|Ämne|Od|Odesláno|Komu|Předmět)[*_]{0,2}\s?:[*_]{0,2}\s",
    re.IGNORECASE,
)
_FIRST_FIELD = re.compile(r"^\s*[*_]{0,2}(?:From|Von|De|Da|Van|Från|Od)[*_]{0,2}\s?:[*_]{0,2}\s", re.IGNORECASE)
_CLIENT_FOOTER = re.compile(
    r"^\s*(?:-- ?|Sent from (?:my |Mail |Outlook|Yahoo|Proton).{0,60}|Get Outlook for .{0,60}"
    r"|Von meinem .{1,40} gesendet|Envoyé de mon .{1,40}|Enviado desde mi .{1,40}|Inviato da .{1,40})\s*$",
    re.IGNORECASE,
)
_LONGEST_ATTRIBUTION = 4  # lines over which a program may wrap "On ... wrote:"


@dataclass(frozen=True)
class SplitText:
    """An answer without its quotes, the quotes, and how they were found: "marker", "quote" or "" for none."""

    body: str
    quoted: str
    cut: str


def reply_marker(instance: str) -> str:
    """Return the line in our mails above which an answer is written. It contains this installation's code, so that only
    our own mails are cut there.
    """
    return f"Write your answer above this line · {_marker_code(instance)}"


def split_quote(text: str, instances: Sequence[str] = ()) -> SplitText:
    """Separate what somebody wrote from what their mail program put below, above or around it. Every line of ``text``
    is in one of the two parts. ``instances`` are the ids of this installation, by which its own marker is recognised.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    codes = [_marker_code(instance) for instance in instances]
    end = _end_of_writing(lines, codes)
    attributions = _attributions(lines, end)
    foreign = [n for n in range(end) if n in attributions or _is_quote(lines[n])]
    if not foreign:
        mine = range(end)
    else:
        own = [n for n in range(end) if lines[n].strip() and n not in attributions and not _is_quote(lines[n])]
        mine = _answer_lines(lines, own, foreign, attributions)
    body = _strip_empty_lines([lines[n] for n in mine])
    answer_numbers = set(mine)
    quoted = _strip_empty_lines([line for n, line in enumerate(lines) if n not in answer_numbers])
    cut = "marker" if any(code in text for code in codes) else "quote"
    return SplitText(body, quoted, cut if quoted else "")


def _marker_code(instance: str) -> str:
    return base64.b32encode(hashlib.sha256(b"quote marker " + instance.encode()).digest()).decode()[:10]


def _end_of_writing(lines: list[str], codes: Sequence[str]) -> int:
    """Return the first line below which all is quoted although no ">" marks it: our marker, a separator, a block of
    fields.
    """
    for number, line in enumerate(lines):
        is_marked = any(code in line for code in codes) and not _is_quote(line)
        if is_marked or _SEPARATOR.match(line) or _is_field_block(lines, number):
            break
    else:
        return len(lines)
    above = [n for n in range(number) if lines[n].strip()]
    return above[-1] if above and _RULE.match(lines[above[-1]]) else number


def _is_field_block(lines: list[str], number: int) -> bool:
    if not _FIRST_FIELD.match(lines[number]):
        return False
    following = [line for line in lines[number + 1 : number + 9] if line.strip()]
    return sum(bool(_FIELD.match(line)) for line in following[:5]) >= 2


def _attributions(lines: list[str], end: int) -> set[int]:
    """Find the lines that name the author of the quote below them. Without a quote below, they are somebody's own
    text.
    """
    found: set[int] = set()
    for last in range(end):
        if not lines[last].rstrip().endswith(":") or _is_quote(lines[last]) or not _quote_follows(lines, last + 1, end):
            continue
        if _SOMEBODY_WROTE.match(lines[last][:400]):
            found.add(last)
        for first in range(last, max(-1, last - _LONGEST_ATTRIBUTION), -1):
            if not lines[first].strip() or _is_quote(lines[first]):
                break
            if _ON_SOMEBODY_WROTE.match(" ".join(line[:200] for line in lines[first : last + 1])):
                found.update(range(first, last + 1))
                break
    return found


def _quote_follows(lines: list[str], number: int, end: int) -> bool:
    for line in lines[number:end]:
        if line.strip():
            return _is_quote(line)
    return end < len(lines)


def _answer_lines(lines: list[str], own: list[int], foreign: list[int], attributions: set[int]) -> list[int]:
    """Return the lines of the answer: above the quote, below it, or between its parts, which then stay as the
    questions.
    """
    above = [n for n in own if n < foreign[0]]
    below = [n for n in own if n > foreign[0]]
    footer = next((n for n in below if _CLIENT_FOOTER.match(lines[n])), len(lines))
    below = [n for n in below if n < footer]
    if not below:
        return list(range(foreign[0]))
    last = below[-1]
    quotes = {n for n in foreign if n not in attributions and n < last}
    pieces = sum(n - 1 not in quotes for n in quotes)
    first = below[0] if pieces <= 1 and not above else 0
    return [n for n in range(first, last + 1) if n not in attributions]


def _is_quote(line: str) -> bool:
    return line.lstrip().startswith(">")


def _strip_empty_lines(lines: list[str]) -> str:
    text = "\n".join(line.rstrip() for line in lines)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")
