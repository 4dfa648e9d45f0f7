"""Telling an answer from what it quotes. Cut exactly at our own marker, otherwise guessed and folded, never
thrown away.
"""

import base64
import hashlib
import re
from dataclasses import dataclass

_ON_SOMEBODY_WROTE = re.compile(
    r"""^\s*(?:
        (?:On|Am|Le|El|Il|Op|Em|Den|Dne|W\sdniu|På|Den)\b .{5,250}?
        (?:wrote|schrieb|a\sécrit|escribió|ha\sscritto|schreef|escreveu|skrev|napsal\(a\)|napisał\(a\))\s*[^:]{0,80}:
      | .{3,200} \s(?:wrote|schrieb|a\sécrit|escribió|ha\sscritto|skrev)\s*:
      | \d{4}[-/年].{5,200}:
    )\s*$""",
    re.VERBOSE | re.IGNORECASE,
)
_SEPARATOR = re.compile(
    r"""^\s*(?:
        [-_]{2,}\s*(?:Original\s(?:Message|Appointment)|Ursprüngliche\sNachricht|Message\sd'origine|Mensaje\soriginal
                     |Messaggio\soriginale|Oorspronkelijk\sbericht|Forwarded\smessage|Reply\smessage)\s*[-_]{2,}
      | _{20,}
      | Begin\sforwarded\smessage:
    )\s*$""",
    re.VERBOSE | re.IGNORECASE,
)
_FIELD = re.compile(
    r"^\s*[*_]{0,2}(?:From|Sent|Date|To|Cc|Subject|Reply-To|Von|Gesendet|Datum|An|Betreff|De|Envoyé|Objet|À|Enviado|Para|Asunto"
    r"|Da|Inviato|Data|A|Oggetto|Van|Verzonden|Aan|Onderwerp|Från|Skickat|Till|Ämne|Od|Odesláno|Komu|Předmět)[*_]{0,2}\s?:[*_]{0,2}\s",
    re.IGNORECASE,
)
_FIRST_FIELD = re.compile(
    r"^\s*[*_]{0,2}(?:From|Von|De|Da|Van|Från|Od)[*_]{0,2}\s?:[*_]{0,2}\s", re.IGNORECASE
)
_CLIENT_FOOTER = re.compile(
    r"^\s*(?:-- ?|Sent from (?:my |Mail |Outlook|Yahoo|Proton).{0,60}|Get Outlook for .{0,60}"
    r"|Von meinem .{1,40} gesendet|Envoyé de mon .{1,40}|Enviado desde mi .{1,40}|Inviato da .{1,40})\s*$",
    re.IGNORECASE,
)
_LONGEST_ATTRIBUTION = 4  # lines over which a client may wrap "On ... wrote:"


@dataclass(frozen=True)
class Parts:
    """An answer without its quotes, the quotes, and how they were found: "marker", "quote" or "" where there
    are none.
    """

    body: str
    quoted: str
    cut: str


def marker(instance: str) -> str:
    """The line in our mails above which an answer stands. Its code is this installation's, so only our own
    mails are cut there.
    """
    return f"Write your answer above this line · {_code(instance)}"


def split(text: str, instance: str = "") -> Parts:
    """What somebody wrote, apart from what their mail program put below (or above) it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    at = _marker_line(lines, instance)
    start = _start_of_quote(lines[:at] if at is not None else lines)
    cut = "marker" if at is not None else "quote"
    if start is None:
        start = at
    if start is None:
        return Parts(_tidy(lines), "", "")
    return _below(lines, start, cut) or Parts(_tidy(lines[:start]), _tidy(lines[start:]), cut)


def _code(instance: str) -> str:
    return base64.b32encode(hashlib.sha256(b"quote marker " + instance.encode()).digest()).decode()[:10]


def _marker_line(lines: list[str], instance: str) -> int | None:
    if not instance:
        return None
    code = _code(instance)
    return next((number for number, line in enumerate(lines) if code in line), None)


def _start_of_quote(lines: list[str]) -> int | None:
    """The first line that a mail program wrote: an attribution, a separator, a block of fields, or the quote
    itself.
    """
    for number, line in enumerate(lines):
        if _SEPARATOR.match(line) or line.lstrip().startswith(">") or _is_field_block(lines, number):
            return number
        for length in range(1, _LONGEST_ATTRIBUTION + 1):
            is_attribution = len(line) < 300 and _ON_SOMEBODY_WROTE.match(
                " ".join(lines[number : number + length])
            )
            if is_attribution and _quotes_follow(lines, number + length):
                return number
    return None


def _is_field_block(lines: list[str], number: int) -> bool:
    if not _FIRST_FIELD.match(lines[number]):
        return False
    following = [line for line in lines[number + 1 : number + 9] if line.strip()]
    return sum(bool(_FIELD.match(line)) for line in following[:5]) >= 2


def _quotes_follow(lines: list[str], number: int) -> bool:
    """Whether a quote, or nothing more at all, comes after an attribution: a sentence may end in "wrote:"
    too.
    """
    following = [line for line in lines[number:] if line.strip()]
    return not following or following[0].lstrip().startswith(">")


def _below(lines: list[str], start: int, cut: str) -> Parts | None:
    """The parts of an answer written below or between the quoted lines; None for one that stands above them
    all.
    """
    is_quote = [line.lstrip().startswith(">") for line in lines]
    if not any(is_quote[start:]):
        return None
    last = max(number for number in range(len(lines)) if is_quote[number])
    first = is_quote.index(True, start)
    own = [
        n
        for n in range(first, len(lines))
        if not is_quote[n] and lines[n].strip() and not _is_machine_line(lines, n)
    ]
    footer = next((n for n in own if _CLIENT_FOOTER.match(lines[n])), len(lines))
    own = [n for n in own if n < footer]
    if not own:
        return None
    above = _tidy(lines[:start])
    blocks = sum(is_quote[n] and not is_quote[n - 1] for n in range(first, own[-1] + 1))
    if blocks == 1 and not above:
        return Parts(_tidy(lines[own[0] :]), _tidy(lines[: own[0]]), cut)
    end = own[-1] + 1 if last > own[-1] else len(lines)
    return Parts(_tidy(lines[:start] + lines[first:end]), _tidy(lines[start:first] + lines[end:]), cut)


def _is_machine_line(lines: list[str], number: int) -> bool:
    """Whether an unquoted line among quotes is an attribution of the mail program's rather than an answer."""
    return any(
        _ON_SOMEBODY_WROTE.match(" ".join(lines[begin : begin + length]))
        for length in range(1, _LONGEST_ATTRIBUTION + 1)
        for begin in range(max(0, number - length + 1), number + 1)
    )


def _tidy(lines: list[str]) -> str:
    kept = "\n".join(line.rstrip() for line in lines)
    return re.sub(r"\n{3,}", "\n\n", kept).strip("\n")
