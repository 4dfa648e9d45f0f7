"""Every sentence that a person reads, in the language of the reader; dates, numbers and lists as they write them.

Nothing here needs a request, an application or the database. A request and a worker say whose language it is
(``use_language``, ``set_language``); without that it is English. Sentences are whole and have named placeholders:

    gettext("Assigned to %(name)s.", name=agent.name)
    ngettext("%(num)s ticket", "%(num)s tickets", count)

How translators work: docs/translating.md.
"""

from helpdesk.translation.current import current_code, current_locale, set_language, use_language
from helpdesk.translation.dates import (
    first_weekday,
    format_date,
    format_datetime,
    format_day,
    format_time,
    format_time_difference,
    format_weekday,
    name_time_zone,
)
from helpdesk.translation.direction import isolate
from helpdesk.translation.languages import LANGUAGES, Language, get_language, match_language, offered_languages
from helpdesk.translation.numbers import format_list, format_number, format_percent, format_unit
from helpdesk.translation.sentences import N_, gettext, lazy_gettext, lazy_pgettext, ngettext, npgettext, pgettext

__all__ = [
    "LANGUAGES",
    "N_",
    "Language",
    "current_code",
    "current_locale",
    "first_weekday",
    "format_date",
    "format_datetime",
    "format_day",
    "format_list",
    "format_number",
    "format_percent",
    "format_time",
    "format_time_difference",
    "format_unit",
    "format_weekday",
    "get_language",
    "gettext",
    "isolate",
    "lazy_gettext",
    "lazy_pgettext",
    "match_language",
    "name_time_zone",
    "ngettext",
    "npgettext",
    "offered_languages",
    "pgettext",
    "set_language",
    "use_language",
]
