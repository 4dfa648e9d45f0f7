"""A language in which every translated sentence stands between ⟦ and ⟧: what is outside was not translated."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from gettext import NullTranslations

from helpdesk.translation import catalogues, languages
from helpdesk.translation.current import current_catalogue

INNERMOST = re.compile(r"⟦[^⟦⟧]*⟧")
WORD = re.compile(r"[A-Za-z]{2,}")


class PseudoTranslations(NullTranslations):
    """Marks each sentence."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"

    def pgettext(self, context: str, message: str) -> str:
        return f"⟦{message}⟧"

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


PSEUDO = catalogues.Catalogue(languages.LANGUAGES["en"], PseudoTranslations(), version="pseudo-language")


@contextmanager
def use_pseudo_language() -> Iterator[None]:
    """Let sentences be in the pseudo-language; dates and numbers are English ones."""
    token = current_catalogue.set(PSEUDO)
    try:
        yield
    finally:
        current_catalogue.reset(token)


def find_english(texts: Iterable[str], data: Iterable[str] = ()) -> list[str]:
    """The texts with a word outside the marks that is not in ``data``, what people wrote."""
    known = sorted((text for text in data if text), key=len, reverse=True)
    found = []
    for text in texts:
        rest = text
        for written in known:
            rest = rest.replace(written, " ")
        while rest != (rest := INNERMOST.sub(" ", rest)):
            pass
        if WORD.search(rest):
            found.append(f"{text!r}: {rest.strip()!r}")
    return found
