"""Translate a sentence. Names of placeholders are ``%(name)s``; a sign % without them is written as it is."""

from typing import Any

from babel.support import LazyProxy

from helpdesk.translation.current import current_catalogue
from helpdesk.translation.numbers import format_number


def gettext(message: str, **values: Any) -> str:
    """``message`` in the language of the reader, with ``values`` in its placeholders."""
    text = current_catalogue.get().plain[message]
    return text % values if values else text


def N_(message: str) -> str:
    """``message`` itself, which is stored in English and goes through ``gettext`` where it is read."""
    return message


def pgettext(context: str, message: str, **values: Any) -> str:
    """Translate a word that means several things; ``context`` says which: ``pgettext("ticket status", "Open")``."""
    text = current_catalogue.get().plain_in_context[context, message]
    return text % values if values else text


def ngettext(singular: str, plural: str, count: int, **values: Any) -> str:
    """Return the form for ``count``, which is ``%(num)s`` in the sentence, with its thousands separated."""
    text = current_catalogue.get().translations.ngettext(singular, plural, count)
    return text % {"num": format_number(count), **values}


def npgettext(context: str, singular: str, plural: str, count: int, **values: Any) -> str:
    """Return the form for ``count`` of a sentence with a context."""
    text = current_catalogue.get().translations.npgettext(context, singular, plural, count)
    return text % {"num": format_number(count), **values}


def lazy_gettext(message: str, **values: Any) -> Any:
    """Return a text that is translated when it is used: for constants, and labels of forms."""
    return LazyProxy(gettext, message, enable_cache=False, **values)


def lazy_pgettext(context: str, message: str, **values: Any) -> Any:
    """Translate, when it is shown, a word that means several things."""
    return LazyProxy(pgettext, context, message, enable_cache=False, **values)
