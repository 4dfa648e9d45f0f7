"""Dates and times as readers of the language write them (CLDR); in English day first and 24 hours."""

from datetime import date, datetime, timedelta, tzinfo
from typing import Literal

from babel import Locale, dates

from helpdesk.translation.current import current_locale

Length = Literal["short", "medium", "long", "full"]
# English without a country: of CLDR's conventions those of Europe, which are not month first.
ENGLISH_DATES = Locale("en", "150")


def date_locale() -> Locale:
    """Return the locale whose dates are meant by the language."""
    locale = current_locale()
    return ENGLISH_DATES if str(locale) == "en" else locale


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
    pattern = "{1}, {0}" if str(locale) == "en_150" else str(dates.get_datetime_format("medium", locale=locale))
    return (
        pattern.replace("'", "")
        .replace("{1}", dates.format_date(local, length, locale=locale))
        .replace("{0}", dates.format_time(local, "short", tzinfo=zone, locale=locale))
    )


def format_time_difference(difference: timedelta, length: Literal["short", "long", "narrow"] = "short") -> str:
    """How far from now in the largest unit: "5 min ago" for a negative difference, "in 2 h" for a positive one."""
    return dates.format_timedelta(difference, threshold=1, add_direction=True, format=length, locale=date_locale())
