"""The catalogue of one language, read once in each process.

``messages.mo`` is compiled by ``make translations`` and by ``bin/set-up``. Where it is missing or older than
``messages.po``, that is read instead, so that an installation without these steps speaks every language too.
"""

import hashlib
import io
from collections.abc import Callable
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import TypeVar

from babel import Locale
from babel.messages import mofile, pofile
from markupsafe import Markup

from helpdesk.translation import languages

MAX_SENTENCES = 20_000  # kept of each kind; a sentence that is no literal must not fill the memory
HTML_SIGNS = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;"})

Key = TypeVar("Key")
Text = TypeVar("Text", bound=str)


class Sentences(dict[Key, Text]):
    """Translated sentences, looked up in a dict from the second time on."""

    def __init__(self, translate: Callable[[Key], Text]) -> None:
        super().__init__()
        self._translate = translate

    def __missing__(self, key: Key) -> Text:
        text = self._translate(key)
        if len(self) < MAX_SENTENCES:
            self[key] = text
        return text


class Catalogue:
    """The sentences of one language.

    ``plain`` and ``plain_in_context``: texts. ``escaped`` and ``escaped_in_context``: HTML without any tag, which may
    also be in an attribute in double quotes. ``markup``: HTML as the template and its translator wrote it. ``version``:
    a name for all these sentences as they are, or "" if there is none.
    """

    def __init__(self, language: languages.Language, translations: NullTranslations, version: str = "") -> None:
        self.language, self.locale, self.version = language, Locale.parse(language.code), version
        self.translations = translations
        self.plain: Sentences[str, str] = Sentences(translations.gettext)
        self.plain_in_context: Sentences[tuple[str, str], str] = Sentences(lambda key: translations.pgettext(*key))
        self.escaped: Sentences[str, Markup] = Sentences(lambda key: escape_sentence(self.plain[key]))
        self.escaped_in_context: Sentences[tuple[str, str], Markup] = Sentences(
            lambda key: escape_sentence(self.plain_in_context[key])
        )
        self.markup: Sentences[str, Markup] = Sentences(lambda key: Markup(self.plain[key]))


def escape_sentence(text: str) -> Markup:
    """``text`` as HTML. An apostrophe stays: our attributes are in double quotes."""
    return Markup(text.translate(HTML_SIGNS))


@lru_cache(maxsize=100)
def get_catalogue(code: str) -> Catalogue:
    """Return the catalogue of an offered language, else of English, which has no file."""
    language = languages.get_language(code)
    if language.code != code:
        return get_catalogue(language.code)
    if code == languages.ENGLISH:
        return Catalogue(language, NullTranslations(), version=code)
    content = _read(code)
    return Catalogue(language, GNUTranslations(io.BytesIO(content)), version=hashlib.sha256(content).hexdigest())


def clear_catalogues() -> None:
    """Read the folder again at the next use."""
    languages.offered_codes.cache_clear()
    languages.match_language.cache_clear()
    get_catalogue.cache_clear()


def _read(code: str) -> bytes:
    """Return the content of the .mo file."""
    folder = Path(languages.FOLDER, code, "LC_MESSAGES")
    source, compiled = folder / "messages.po", folder / "messages.mo"
    if compiled.is_file() and (not source.is_file() or compiled.stat().st_mtime >= source.stat().st_mtime):
        return compiled.read_bytes()
    return compile_catalogue(source)


def compile_catalogue(source: Path) -> bytes:
    """Return the content of the .mo file of the .po file ``source``; fuzzy entries are left out."""
    with source.open("rb") as file:
        catalogue = pofile.read_po(file, locale=source.parents[1].name)
    target = io.BytesIO()
    mofile.write_mo(target, catalogue)
    return target.getvalue()
