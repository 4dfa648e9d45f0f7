"""Numbers, units and lists as readers of the language write them (CLDR)."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from babel import Locale, lists, numbers, units

from helpdesk.translation.current import current_locale

ENGLISH_LISTS = Locale("en", "150")  # "a, b and c", without a comma before "and"


def format_number(number: float, digits: int | None = None) -> str:
    """A number with its thousands separated, and with exactly ``digits`` decimals if that is given."""
    return _format_number(number, digits, current_locale())


@lru_cache(maxsize=20_000)
def _format_number(number: float, digits: int | None, locale: Locale) -> str:
    if digits is None:
        return numbers.format_decimal(number, locale=locale)
    return numbers.format_decimal(
        number, format="#,##0" + ("." + "0" * digits if digits else ""), locale=locale, decimal_quantization=True
    )


def format_percent(share: float) -> str:
    """A share of 1 in whole percent: "54%", "54 %"."""
    return numbers.format_percent(share, locale=current_locale())


def format_unit(number: float, unit: str, length: Literal["short", "long", "narrow"] = "short") -> str:
    """A number of units with CLDR's name, such as "duration-hour" or "digital-megabyte": "2 hr", "10 MB"."""
    return units.format_unit(number, unit, length, locale=current_locale())


def format_list(items: Iterable[str], style: Literal["standard", "or", "unit"] = "standard") -> str:
    """Items as a sentence lists them: "a, b and c"; "a, b or c"."""
    locale = current_locale()
    return lists.format_list(list(items), style, ENGLISH_LISTS if str(locale) == "en" else locale)
