"""Dates and times as readers of the language write them (CLDR); in English day first and 24 hours."""

from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Literal

from babel import Locale, dates
from babel.core import get_global

from helpdesk.translation.current import current_code, current_locale
from helpdesk.translation.languages import ENGLISH

Length = Literal["short", "medium", "long", "full"]
# English without a country: of CLDR's conventions those of Europe, which are not month first.
ENGLISH_DATES = Locale("en", "150")


def date_locale() -> Locale:
    """Return the locale whose dates are meant by the language."""
    return ENGLISH_DATES if current_code() == ENGLISH else current_locale()


def first_weekday() -> int:
    """Return the day on which weeks begin where the language is mostly spoken (CLDR): 0 is Monday, also in English."""
    code = current_code()
    if code == ENGLISH:
        return 0
    return Locale.parse(get_global("likely_subtags").get(code, code)).first_week_day


def format_date(day: date, length: Length = "medium") -> str:
    """Return a day: "28 Nov 2026", "28 November 2026" (long)."""
    return dates.format_date(day, length, locale=date_locale())


def format_day(day: date, skeleton: str = "MMMd") -> str:
    """Return a day without its year, or by another skeleton of CLDR: "28 Nov"."""
    return dates.format_skeleton(skeleton, day, locale=date_locale())


def format_weekday(day: date, length: Literal["wide", "abbreviated"] = "wide") -> str:
    """Return the name of the day of the week."""
    return dates.format_date(day, "EEEE" if length == "wide" else "EEE", locale=date_locale())


def format_time(moment: datetime, zone: tzinfo) -> str:
    """Return the time of the day on the clock of ``zone``: "09:30"."""
    return dates.format_time(moment, "short", tzinfo=zone, locale=date_locale())


def format_datetime(moment: datetime, zone: tzinfo, length: Length = "long") -> str:
    """Day and time on the clock of ``zone``: "28 November 2026, 09:30"."""
    local, locale = moment.astimezone(zone), date_locale()
    day = _write_day(local.date(), length, locale)
    return _get_pattern(locale).replace("{1}", day).replace("{0}", _write_minute(local.hour, local.minute, locale))


# A page has some thirty times of few days. babel takes 0.2 ms for each day with its time.
@lru_cache(maxsize=5_000)
def _write_day(day: date, length: Length, locale: Locale) -> str:
    return dates.format_date(day, length, locale=locale)


@lru_cache(maxsize=5_000)
def _write_minute(hour: int, minute: int, locale: Locale) -> str:
    return dates.format_time(time(hour, minute), "short", locale=locale)


@lru_cache(maxsize=50)
def _get_pattern(locale: Locale) -> str:
    """Return how the language writes a day ``{1}`` with a time ``{0}``."""
    pattern = "{1}, {0}" if locale is ENGLISH_DATES else str(dates.get_datetime_format("medium", locale=locale))
    return pattern.replace("'", "")


def name_time_zone(name: str) -> str:
    """Return the city that stands for a time zone of the zone database: "Berlin" for "Europe/Berlin", else its name."""
    try:
        return dates.get_timezone_location(name, locale=current_locale(), return_city=True)
    except LookupError:
        return name


def format_time_difference(difference: timedelta, length: Literal["short", "long", "narrow"] = "short") -> str:
    """How far from now in the largest unit: "5 min ago" for a negative difference, "in 2 h" for a positive one."""
    return dates.format_timedelta(difference, threshold=1, add_direction=True, format=length, locale=date_locale())
