"""Find what is below somebody's words without being said to anybody: a signature, the line a phone adds, the footer of
a list.
"""

import re
from collections.abc import Sequence

from helpdesk.channels.email.parse import quote_phrases

MAX_SIGNATURE_LINES = 12  # written lines below "--"
_SIGNATURE_RULES = {"--", "—", "– –"}
_ARMOR_BEGIN, _ARMOR_SIGNATURE, _ARMOR_END = (
    f"-----{words}-----" for words in ("BEGIN PGP SIGNED MESSAGE", "BEGIN PGP SIGNATURE", "END PGP SIGNATURE")
)
_LINK = re.compile(r"[<(\[]?(?:https?://|www\.)\S+", re.IGNORECASE)
_SCANNER_LINK = re.compile(r"\b(?:avast|avg|norton|kaspersky|mcafee|eset|bitdefender|gdata)\.(?:com|de|fr)\b")
_VIRUS = re.compile(r"vir(?:us|en|ii)|вирус|ウイルス|病毒|바이러스")
_SENTENCE = re.compile(r"(?:\S+\s){3,}\S+[.?!:]|\S{10,}[。？！]")
_POSTSCRIPT = re.compile(
    r"(?:p\.\s?(?:p\.\s?)?s\.|p\.\s?d\.)\s*[^\s]"
    r"|(?:p?ps|pd|post ?scriptum|nachtrag|追伸|追記|又及|ملاحظة أخيرة)\s?[:,–—-]\s*[^\s]",
    re.IGNORECASE,
)
# Of each language: for whom the mail is, and what else such a paragraph says.
_DISCLAIMERS = [
    (re.compile(meant), re.compile(other))
    for meant, other in (
        (
            r"intended (?:recipient|(?:only |solely )?for)|\baddressee",
            r"confidential|privileged|in error|unauthori[sz]ed",
        ),
        (r"(?:richtige|beabsichtigte)\w* (?:adressat|empfänger)|für den adressat", r"vertraulich|irrtümlich|unbefugt"),
        (r"destinataire", r"confidentiel|par erreur|divulgation"),
        (r"destinatari[oa]|destinatário", r"confidencial|riservat|confidenzial|por error|per errore|por engano"),
        (r"geadresseerde|bestemd voor", r"vertrouwelijk|per vergissing|abusievelijk"),
        (r"adresat|odbiorc", r"poufn|omyłkow"),
        (r"受信者|宛先|受取人", r"機密|秘密|誤って"),
        (r"المرسل إليه|المستلم|المتلقي", r"سري|بالخطأ"),
    )
]
_LIST_FOOTER_RULES = {"_" * length for length in range(30, 80)}


def strip_footers(
    cleaned: Sequence[str], numbers: list[int], is_below: bool = False, is_above: bool = False
) -> list[int]:
    """Return ``numbers`` (of lines, in order) without the footers at their end; all of them where nothing else is left.

    ``is_below``: the lines are below a quote, where a program puts its footers, so that the first one ends the text.
    ``is_above``: they are directly above one, so that a line drawn at their end belongs to it.
    """
    written = [number for number in numbers if cleaned[number]]
    if is_below:
        end = next((place for place, n in enumerate(written) if _begins_footer(cleaned[n])), len(written))
        return _strip_disclaimer(cleaned, written[:end])
    end = _find_signature(cleaned, written)
    added = _find_postscript(cleaned, written[end:])
    while end:
        length = _footer_length([cleaned[number] for number in written[max(0, end - 2) : end]])
        if length == 0 and _is_bare_rule(cleaned[written[end - 1]]):
            # A line drawn at the very end may be somebody's own.
            length = int(end < len(written) or is_above)
        if length == 0:
            break
        end -= length
    if end == 0:
        return numbers
    return [number for number in numbers if number <= written[end - 1]] + added


def find_armor(cleaned: Sequence[str]) -> set[int]:
    """Return the numbers of the lines that PGP puts around a signed text (RFC 9580, section 7)."""
    if _ARMOR_BEGIN not in cleaned or _ARMOR_SIGNATURE not in cleaned:
        return set()
    begin, signature = cleaned.index(_ARMOR_BEGIN), cleaned.index(_ARMOR_SIGNATURE)
    end = cleaned.index(_ARMOR_END) if _ARMOR_END in cleaned else len(cleaned) - 1
    head = begin + 1
    while head < signature and cleaned[head].startswith("Hash:"):
        head += 1
    return {*range(begin, head), *range(signature, end + 1)} if begin < signature < end else set()


def _footer_length(last: Sequence[str]) -> int:
    """Return how many of the last two written lines are the line of a phone or a virus scanner, with its link."""
    if len(last) == 2 and _LINK.fullmatch(last[1]):
        is_scanner = _is_scanner_line(last[1]) and bool(_VIRUS.search(last[0].lower()))
        if is_scanner or quote_phrases.is_device_line(last[0]):
            return 2
    if quote_phrases.is_device_line(last[-1]):
        return 1
    return int(_is_scanner_line(last[-1]) and bool(_VIRUS.search(last[-1].lower())))


def _is_scanner_line(line: str) -> bool:
    return len(line) <= 160 and bool(_SCANNER_LINK.search(line.lower()))


def _find_signature(cleaned: Sequence[str], written: list[int]) -> int:
    """Return how many of the written lines are above the last "--" (RFC 3676, section 4.3)."""
    if any(cleaned[number].startswith("-- ") for number in written[-MAX_SIGNATURE_LINES - 1 :]):
        return len(written)  # comments of SQL
    for place in range(len(written) - 1, max(-1, len(written) - MAX_SIGNATURE_LINES - 2), -1):
        if cleaned[written[place]] in _SIGNATURE_RULES:
            return len(written) if _is_between_parts(cleaned, written[place:]) else place or len(written)
    return len(written)


def _is_between_parts(cleaned: Sequence[str], written: list[int]) -> bool:
    """Return whether the "--" that ``written`` begins with divides two parts of what somebody wrote: a line is free
    below it, and then a sentence follows. A program puts the name there.
    """
    if len(written) < 2 or written[1] == written[0] + 1 or not _SENTENCE.fullmatch(cleaned[written[1]]):
        return False
    return not _is_disclaimer(" ".join(cleaned[number] for number in written[1:]))


def _find_postscript(cleaned: Sequence[str], signature: list[int]) -> list[int]:
    """Return the lines of a signature from "PS: ..." on: somebody wrote them below it by hand."""
    begin = next((place for place, n in enumerate(signature) if _POSTSCRIPT.match(cleaned[n])), len(signature))
    free = [signature[begin] - 1] if begin < len(signature) and not cleaned[signature[begin] - 1] else []
    return free + signature[begin:]


def _is_disclaimer(text: str) -> bool:
    text = text.lower()
    return any(bool(meant.search(text)) and bool(other.search(text)) for meant, other in _DISCLAIMERS)


def _strip_disclaimer(cleaned: Sequence[str], written: list[int]) -> list[int]:
    """Return the lines above the first paragraph that a mail server adds below everything (Exchange): it says that the
    mail is for its recipient only, and one more of such things.
    """
    paragraph: list[int] = []
    for number in [*written, -1]:
        if paragraph and number != paragraph[-1] + 1:
            if _is_disclaimer(" ".join(cleaned[each] for each in paragraph)):
                return [each for each in written if each < paragraph[0]]
            paragraph = []
        paragraph.append(number)
    return written


def _begins_footer(line: str) -> bool:
    return line in _SIGNATURE_RULES or line in _LIST_FOOTER_RULES or quote_phrases.is_device_line(line)


def _is_bare_rule(line: str) -> bool:
    return quote_phrases.is_rule(line) or line in _SIGNATURE_RULES
