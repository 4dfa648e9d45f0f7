"""Numbers, units and lists as readers of the language write them (CLDR)."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from babel import Locale, lists, numbers, units

from helpdesk.translation.current import current_locale

NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:[.,][0-9]{1,10}){0,8}")
GROUPING_SPACES = dict.fromkeys(map(ord, " \u00a0\u202f\u2009'\u2019"))  # what separates thousands besides . and ,
# A minus, and the wide signs of East Asian keyboards. Of the Arabic separators the decimal one is never that of
# thousands, so that it is the point.
OTHER_SIGNS = str.maketrans("\u2212\uff0d\uff0b\uff0e\uff0c\u066b\u066c", "--+.,.'")
ENGLISH_LISTS = Locale("en", "150")  # "a, b and c", without a comma before "and"


def format_number(number: float, digits: int | None = None) -> str:
    """Return a number with its thousands separated, and with exactly ``digits`` decimals if that is given."""
    return _format_number(number, digits, current_locale())


@lru_cache(maxsize=20_000)
def _format_number(number: float, digits: int | None, locale: Locale) -> str:
    if digits is None:
        return numbers.format_decimal(number, locale=locale)
    return numbers.format_decimal(
        number, format="#,##0" + ("." + "0" * digits if digits else ""), locale=locale, decimal_quantization=True
    )


def parse_number(text: str) -> int | float | None:
    """Return a number as a reader of the language writes it, "1.000,5" or "1,000.5"; None for what is none.

    Where both signs are there the last is the decimal separator. One alone is read as the language has it, so that
    "1.000" is a thousand in German and one in English; but "3.5" is three and a half in either.
    """
    text = _to_ascii(text).translate(GROUPING_SPACES)
    if not NUMBER.fullmatch(text):
        return None
    signs = [sign for sign in text if sign in ".,"]
    if not signs:
        return int(text)
    decimal = _find_decimal_sign(text, signs)
    if decimal and signs.count(decimal) > 1:
        return None
    whole, _, fraction = text.rpartition(decimal) if decimal else (text, "", "")
    if not _is_grouped(whole.lstrip("+-")):
        return None
    digits = whole.replace(".", "").replace(",", "")
    return float(f"{digits}.{fraction}") if decimal else int(digits)


def _to_ascii(text: str) -> str:
    """The digits and signs of other scripts, and the wide ones of East Asian keyboards, as those of ASCII."""
    text = text.translate(OTHER_SIGNS)
    return "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in text)


def _is_grouped(whole: str) -> bool:
    """Whether the signs of a whole number are where they can be: every three digits, or "12,34,567" as in India."""
    first, *others = [len(group) for group in whole.replace(",", ".").split(".")]
    in_threes = first <= 3 and all(length == 3 for length in others)
    in_twos = "." not in whole and first <= 2 and others[-1:] == [3] and all(length == 2 for length in others[:-1])
    return not others or (first >= 1 and (in_threes or in_twos))


def write_number(number: float) -> str:
    """Return a number as ``parse_number`` reads it: the decimal separator of the language, thousands not separated."""
    return str(number).replace(".", numbers.get_decimal_symbol(current_locale()))


def _find_decimal_sign(text: str, signs: list[str]) -> str:
    """Return the sign before the decimals; "" if the signs separate thousands."""
    last = signs[-1]
    if len(set(signs)) == 2:
        return last
    if len(signs) > 1:
        return ""
    before, _, after = text.lstrip("+-").partition(last)
    could_be_group = len(after) == 3 and 1 <= len(before) <= 3 and not before.startswith("0")
    is_group_sign = last != numbers.get_decimal_symbol(current_locale())
    return "" if could_be_group and is_group_sign else last


def format_percent(share: float) -> str:
    """Return a share of 1 in whole percent: "54%", "54 %"."""
    return numbers.format_percent(share, locale=current_locale())


def format_unit(number: float, unit: str, length: Literal["short", "long", "narrow"] = "short") -> str:
    """Return a number of units with CLDR's name, such as "duration-hour" or "digital-megabyte": "2 hr", "10 MB"."""
    return units.format_unit(number, unit, length, locale=current_locale())


def format_list(items: Iterable[str], style: Literal["standard", "or", "unit"] = "standard") -> str:
    """Items as a sentence lists them: "a, b and c"; "a, b or c"."""
    return _format_list(tuple(map(str, items)), style, current_locale())


@lru_cache(maxsize=500)
def _format_list(items: tuple[str, ...], style: Literal["standard", "or", "unit"], locale: Locale) -> str:
    return lists.format_list(list(items), style, ENGLISH_LISTS if str(locale) == "en" else locale)
