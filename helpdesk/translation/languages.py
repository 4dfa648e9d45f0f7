"""The languages there are, and which of them can be offered. A new one is an entry here and a catalogue."""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from babel import Locale

FOLDER = Path(__file__).resolve().parents[1] / "translations"
ENGLISH = "en"


@dataclass(frozen=True)
class Language:
    """A language: its code as gettext writes it (``pt_BR``), and its name in the language itself."""

    code: str
    name: str

    @property
    def tag(self) -> str:
        """The code as HTML and HTTP write it: ``pt-BR`` (BCP 47)."""
        return self.code.replace("_", "-")

    @cached_property
    def direction(self) -> str:
        """The direction of its script: "ltr" or "rtl"."""
        return Locale.parse(self.code).text_direction


LANGUAGES = {
    language.code: language
    for language in (
        Language("en", "English"),
        Language("de", "Deutsch"),
        Language("fr", "Français"),
        Language("es", "Español"),
        Language("pt_BR", "Português (Brasil)"),
        Language("it", "Italiano"),
        Language("nl", "Nederlands"),
        Language("pl", "Polski"),
        Language("ja", "日本語"),
        Language("ar", "العربية"),
    )
}


def get_language(code: str) -> Language:
    """Return the language with this code; English for one that is not offered."""
    return LANGUAGES[code if code in offered_codes() else ENGLISH]


def offered_languages() -> tuple[Language, ...]:
    """Return the languages with a catalogue, English first."""
    return tuple(LANGUAGES[code] for code in offered_codes())


@lru_cache(maxsize=1)
def offered_codes() -> tuple[str, ...]:
    """Return the codes of the languages with a catalogue, English first."""
    return tuple(code for code in LANGUAGES if code == ENGLISH or has_catalogue(code))


def has_catalogue(code: str) -> bool:
    """Whether there is a catalogue, compiled or not."""
    return any(Path(FOLDER, code, "LC_MESSAGES", f"messages.{ending}").is_file() for ending in ("po", "mo"))


@lru_cache(maxsize=500)
def match_language(tag: str) -> str | None:
    """The code of the offered language that serves the reader of ``tag`` ("pt-PT", "de_AT"); None if there is none."""
    code = re.sub("-", "_", tag.strip()).lower()
    offered = {offered.lower(): offered for offered in offered_codes()}
    primary = code.partition("_")[0]
    for candidate in (code, primary):
        if candidate in offered:
            return offered[candidate]
    return next((offered for offered in offered_codes() if offered.partition("_")[0].lower() == primary), None)
