"""Recognise single lines that mail programs write, in every language of ``mail_languages``."""

import re
from functools import lru_cache

from helpdesk.channels.email.parse.mail_languages import LANGUAGES

MAX_LINE_LENGTH = 400  # characters of one line that are looked at
_MAX_LABEL_LENGTH = 32

_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_ADDRESS = re.compile(r"[^\s<>\"'(),:;]{1,64}@[^\s<>\"'(),:;]{1,200}")
_TIME = re.compile(r"\d{1,2}\s?[:.h時시点]\s?\d{2}|\d{1,2}\s?(?:am|pm|a\.m|p\.m)\b", re.IGNORECASE)
_DATE = re.compile(
    r"\b\d{4}\b|\d{4}年|\d{1,2}\s?[./-]\s?\d{1,2}\s?[./-]\s?\d{2,4}|\b\d{1,2}\.?\s\w{3,}|\b\w{3,}\.?\s\d{1,2}\b"
)
_FULL_DATE = re.compile(
    r"\b[12]\d{3}\b|[12]\d{3}[年.]|\d{1,2}\s?[./-]\s?\d{1,2}\s?[./-]\s?\d{2,4}|[๐-๙]{4}|[٠-٩۰-۹]{4}"
)
_DASHES = "-_=*~─—–"
_SEPARATOR = re.compile(
    rf"[>\s]{{0,3}}[{_DASHES}]{{2,}}[\s|]*(?P<inner>[^{_DASHES}].{{1,120}}?)[\s|:]*[{_DASHES}]{{2,}}\s*"
)
_RULE = re.compile(rf"[{_DASHES}]{{3,}}|(?:[{_DASHES}] ){{3,}}[{_DASHES}]?|[.#+]{{8,}}")
# What other help desks write into their mails, as we do; ours has a code behind it.
_ANSWER_ABOVE = re.compile(
    r"(?P<before>.{0,60}?)(?:above this (?:line|delimiter)|(?:über|oberhalb) (?:dieser|diese) (?:zeile|linie)(?: ein)?"
    r"|au-dessus de cette ligne|(?:encima|arriba) de esta línea|sopra (?:a )?questa (?:riga|linea)|acima desta linha"
    r"|boven deze (?:regel|lijn)|powyżej tej linii|ovanför denna rad|over denne linjen?|nad (?:tento|tímto) řád\w+"
    r"|この行より上.{0,10}|此行上方.{0,6}|此行以上.{0,6})(?P<after>[^·]{0,30}?)[.!。\s]{0,2}"
)
_ANSWER_WORDS = re.compile(
    r"repl|respon|answer|antwort|répon|rispo|respues|respost|antwoord|odpowied|svar|odpově|返信|回复"
)
_MARKS = f"{_DASHES}#<>+ "
_NOTES_SUMMARY = re.compile(r"[^\d-][^-]{0,80} ---\d[\d./-]{5,12} \d[\d:. APM]{3,14}---")
_GROUPWISE = re.compile(r">>>\s.{3,200}\d.{0,20}>>>")
_LINK_IN_LINE = re.compile(r"[<(\[]\s?https?://[^\s<>()\[\]]{1,300}\s?[>)\]]", re.IGNORECASE)
_TABLE_CELLS = re.compile(r"\|\s*([^|]{1,60}?)\s*\|\s*([^|]*)")
_SPACELESS = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")

# Of a line such as "Sent from {}" one of these has to be in it, or it may be somebody's own sentence.
_DEVICES = re.compile(
    r"iphon|ipad|ipod|\bios\b|\bmac(book)?\b|android|galaxy|samsung|huawei|honor|xiaomi|redmi|oppo|vivo\b|oneplus"
    r"|realme"
    r"|pixel|nokia|motorola|\bmoto\b|sony|xperia|\bhtc\b|\blg\b|lenovo|blackberry|palm|treo|windows|outlook|mail|yahoo"
    r"|\baol\b|proton|tuta|\bgmx\b|web\.de|t-online|telekom|vodafone|verizon|zoho|\bspark\b|superhuman|\bhey\b"
    r"|thunderbird"
    r"|k-9|\bnine\b|edison|canary|spike|boxer|postbox|smartphone|\bhandy\b|mobil|m[oó]vil|telefo|t[eé]l[eé]phone"
    r"|phone|tablet|shortwave|mailspring|missive|bluemail|\bukr\.net|додатк|gerät"
    r"|ドコモ|watch|puhelin|laitte|cep telefon|телефон|смартфон|手机|手機|携帯|휴대|핸드폰|스마트폰"
    r"|갤럭시|아이폰|小米|华为|荣耀|邮件|デバイス"
    r"|app\b|yandex|яндекс|foxmail|\bqq\b|网易|邮箱|郵件"
    r"|naver|네이버|seznam|orange|laposte|libero|freenet|front\b|roundcube|zimbra|unterwegs|symbian|kindle"
    r"|chromebook|em client|mimestream|thinkpad"
)

FIELD_KINDS = ("sender", "date", "recipient", "copy", "subject")


def clean(line: str) -> str:
    """Return ``line`` without invisible marks and emphasis, with plain spaces and colons."""
    line = line[:MAX_LINE_LENGTH].replace("&nbsp;", " ")  # as QQ writes it into plain text
    if not line.isascii():
        line = _INVISIBLE.sub("", line).replace("\N{NO-BREAK SPACE}", " ").replace("：", ":")
    return " ".join(line.replace("*", "").split())


def is_rule(line: str) -> bool:
    """Return whether a cleaned line is only a line drawn across."""
    return bool(_RULE.fullmatch(line))


def field(line: str) -> tuple[frozenset[str], str] | None:
    """Return which fields a cleaned line may be, and its value; None for any other line."""
    if ":" not in line and "|" not in line:
        return None
    if line.startswith("|"):
        cells = _TABLE_CELLS.match(line)
        label, value = (cells[1], cells[2].strip()) if cells else ("", "")
    else:
        label, colon, value = line[: _MAX_LABEL_LENGTH + 300].partition(":")
        if not colon:
            return None
    label = label.strip(" _>").lower()
    kinds = _field_labels().get(label) if len(label) <= _MAX_LABEL_LENGTH else None
    return (kinds, value.strip()) if kinds else None


def is_separator(line: str) -> bool:
    """Return whether a cleaned line says that the original or a forwarded mail begins below it."""
    if is_answer_marker(line):
        return True
    if len(line) > 160 or (line[:1] not in _DASHES and line[:1] != ">" and line[-1:] != ":"):
        return False
    match = _SEPARATOR.fullmatch(line)
    if match:
        inner = match["inner"].strip(" :|").lower()
        return inner in _separator_words() or inner.startswith(_separator_beginnings()) or _is_written_between(inner)
    return line.rstrip(" :").lower() in _forwarded_words() and line.endswith(":") or bool(_GROUPWISE.fullmatch(line))


def is_bare_separator(line: str) -> bool:
    """Return whether a cleaned line above the fields of a mail belongs to them, as "Original Message" without dashes
    (BlackBerry), or "Ann Lee ---20.11.2026 13:04:00---The first words" (Notes).
    """
    return line.strip(" :").lower() in _separator_words() or bool(_NOTES_SUMMARY.match(line))


def is_answer_marker(line: str) -> bool:
    """Return whether a cleaned line asks to answer above it, and says nothing else."""
    if len(line) > 100 or not _ANSWER_ABOVE.fullmatch(inner := line.strip(_MARKS).lower()):
        return False
    return bool(_ANSWER_WORDS.search(inner)) and not re.search(r"\d", inner)


def has_verb(text: str) -> bool:
    """Return whether cleaned text says, in some language, that somebody wrote."""
    return bool(_verbs().search(text.lower()))


def has_address(text: str) -> bool:
    return bool(_ADDRESS.search(text))


def has_date(text: str) -> bool:
    """Return whether there is a day or a time in the text."""
    return bool(_TIME.search(text) or _DATE.search(text))


def has_full_date(text: str) -> bool:
    """Return whether there is a day with its year, and a time."""
    return bool(_FULL_DATE.search(text) and _TIME.search(text))


def is_device_line(line: str) -> bool:
    """Return whether a cleaned line is one that a phone or program adds below what somebody wrote, perhaps with a link
    in it.
    """
    if "://" in line:
        line = " ".join(_LINK_IN_LINE.sub(" ", line).split())
    line = line.strip(" -_|<>").lower()
    return 3 < len(line) <= 120 and bool(_DEVICES.search(line)) and bool(_device_lines().fullmatch(line))


def _is_written_between(inner: str) -> bool:
    """Return whether "---- On ... wrote ----" (Zoho) or "-----Ann <a@b> wrote: -----" (Notes) has this inside."""
    return has_verb(inner) and (has_address(inner) or has_full_date(inner))


@lru_cache(maxsize=1)
def _field_labels() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for language in LANGUAGES:
        for kind in FIELD_KINDS:
            for label in getattr(language, kind).split("|"):
                found.setdefault(label.lower(), set()).add(kind)
    return {label: frozenset(kinds) for label, kinds in found.items()}


@lru_cache(maxsize=1)
def _forwarded_words() -> frozenset[str]:
    return frozenset(word.lower() for language in LANGUAGES for word in language.forwarded.split("|"))


@lru_cache(maxsize=1)
def _separator_words() -> frozenset[str]:
    originals = (word.lower() for language in LANGUAGES for word in language.original.split("|"))
    others = {"replied message", "回复的原邮件", "回复邮件", "reply"}
    return _forwarded_words() | frozenset(originals) | others


@lru_cache(maxsize=1)
def _separator_beginnings() -> tuple[str, ...]:
    return tuple(word for word in _separator_words() if len(word) > 8 or _SPACELESS.match(word))


@lru_cache(maxsize=1)
def _verbs() -> re.Pattern[str]:
    words = {word.lower() for language in LANGUAGES for word in language.wrote.split("|")}
    spaced = [re.escape(word) for word in sorted(words, key=len, reverse=True) if not _SPACELESS.search(word)]
    joined = [re.escape(word) for word in sorted(words, key=len, reverse=True) if _SPACELESS.search(word)]
    return re.compile(rf"(?<!\w)(?:{'|'.join(spaced)})(?!\w)|{'|'.join(joined)}")


@lru_cache(maxsize=1)
def _device_lines() -> re.Pattern[str]:
    """Return the pattern of device lines: a device is at most six words, without a full stop between them."""
    device = r"\s?[\w!®™.&+\-’'/]{1,40}(?:\s(?:[\w®™&+\-’'/()<>@:.!]{1,80}|–|\|)){0,6}?\s?"
    forms = {form.lower() for language in LANGUAGES for form in language.device.split("|")}
    parts = []
    for form in sorted(forms, key=len, reverse=True):
        pieces = [re.escape(piece) for piece in form.split("{}")]
        parts.append(device.join(pieces))
    excuse = (
        r"[.,;–-]?\s?(?:please |pls |kindly )?(?:excuse|forgive|pardon|apologies|sorry)\b.{0,60}|; enjoy secure.{0,40}"
    )
    return re.compile(rf"(?:{'|'.join(parts)})(?:{excuse})?[.!。:]?(?:\s?[<(]\S{{1,200}}[>)]?)?")
