"""The language that sentences are in now: of the request, or of the mail or message that is being written."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from babel import Locale

from helpdesk.translation.catalogues import Catalogue, get_catalogue
from helpdesk.translation.languages import ENGLISH

_english = get_catalogue(ENGLISH)
current_catalogue: ContextVar[Catalogue] = ContextVar("current_catalogue", default=_english)


@contextmanager
def use_language(code: str | None) -> Iterator[None]:
    """Let sentences be in this language while the block runs; None and a language that is not offered are English."""
    before = current_catalogue.get()
    set_language(code)
    try:
        yield
    finally:
        current_catalogue.set(before)


def set_language(code: str | None) -> None:
    """Let sentences be in this language from now on."""
    current_catalogue.set(get_catalogue(code or ENGLISH))


def current_code() -> str:
    """Return the code of the language: "en", "pt_BR"."""
    return current_catalogue.get().language.code


def current_locale() -> Locale:
    """CLDR's conventions of the language, for babel."""
    return current_catalogue.get().locale
