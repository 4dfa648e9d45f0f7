"""What each kind of field takes: text as somebody typed it in; out comes a value that fits in JSON, or what is wrong with it."""

import math
import re
from collections.abc import Callable
from datetime import date
from urllib.parse import urlsplit

from helpdesk.models.form import Field

LONGEST = {"short_text": 500, "long_text": 10_000, "url": 2000}
TICKED = {"yes", "1", "on", "true"}
NUMBER = re.compile(r"[+-]?\d{1,15}([.,]\d{1,10})?", re.ASCII)


class Wrong(Exception):
    """The text cannot be the answer; the exception's text says why, to the person who typed it."""


def read(field: Field, texts: list[str]) -> object:
    """The answer that ``texts`` (as a form sends them) mean for ``field``; None where nothing was answered. Raises Wrong.

    People and files are only ids and keys here; whether they exist is the caller's question.
    """
    texts = [text for text in (_clean(text) for text in texts) if text]
    if field.kind == "checkbox":
        return True if texts and texts[0].lower() in TICKED else None
    if not texts:
        return None
    if field.kind in {"multi_select", "file"}:
        return _several(field, texts)
    return READERS[field.kind](field, texts[0])


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\x00", "").strip()


def _short_text(field: Field, text: str) -> str:
    return _long_text(field, " ".join(text.split()))


def _long_text(field: Field, text: str) -> str:
    longest = LONGEST[field.kind]
    if len(text) > longest:
        raise Wrong(f"{field.label} has at most {longest:,} characters; this is {len(text):,}.")
    return text


def _number(field: Field, text: str) -> int | float:
    text = text.replace("\u00a0", "").replace(" ", "")
    if not NUMBER.fullmatch(text):
        raise Wrong(f"{field.label} is a number, for example 12 or 3.5.")
    number = float(text.replace(",", "."))
    return int(number) if math.floor(number) == number and not re.search(r"[.,]", text) else number


def _date(field: Field, text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Wrong(f"{field.label} is a date such as 2026-05-14.") from None
    if not 1900 <= day.year <= 2999:
        raise Wrong(f"{field.label} is a date between 1900 and 2999.")
    return day.isoformat()


def _select(field: Field, text: str) -> str:
    if text not in field.options:
        raise Wrong(f"Choose one of the answers offered for {field.label}.")
    return text


def _several(field: Field, texts: list[str]) -> list[str]:
    if field.kind == "multi_select":
        for text in texts:
            _select(field, text)
        return [option for option in field.options if option in texts]
    return list(dict.fromkeys(texts))


def _person(field: Field, text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise Wrong(f"Choose a person for {field.label}.")
    return int(text)


def _url(field: Field, text: str) -> str:
    text = _long_text(field, text)
    try:
        parts = urlsplit(text)
        good = (
            parts.scheme.lower() in {"http", "https"}
            and bool(parts.hostname)
            and not re.search(r"[\s<>\"\x00-\x1f]", text)
        )
    except ValueError:
        good = False
    if not good:
        raise Wrong(f"{field.label} is an address that begins with https:// or http://.")
    return text


READERS: dict[str, Callable[[Field, str], object]] = {
    "short_text": _short_text,
    "long_text": _long_text,
    "number": _number,
    "date": _date,
    "select": _select,
    "person": _person,
    "url": _url,
}
