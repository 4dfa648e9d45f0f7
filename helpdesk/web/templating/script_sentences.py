"""The sentences of the scripts in the language of a page, as JSON that static/js/sentences.js reads.

A page in English has none: there the sentence in the script is the text. What is in a JSON block is data for the
browser, so the Content-Security-Policy allows it.
"""

import json
from functools import lru_cache
from pathlib import Path

from babel.messages.extract import extract_from_dir
from flask import Flask
from markupsafe import Markup

from helpdesk import translation
from helpdesk.translation.current import current_catalogue

FOLDER = Path(__file__).resolve().parents[2] / "static" / "js"
MAX_SAMPLE = 200  # among the numbers up to it each plural form of every language has one
SCRIPT_ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}


def register(app: Flask) -> None:
    """Let base.html write the sentences."""
    app.jinja_env.globals["script_sentences"] = lambda: render_sentences(translation.current_code())


@lru_cache(maxsize=50)
def render_sentences(_code: str) -> Markup:
    """A JSON object: a sentence's translation, or those of its plural forms by CLDR's names ("one", "few", "other")."""
    translated = {
        sentence if isinstance(sentence, str) else sentence[0]: (
            translation.gettext(sentence) if isinstance(sentence, str) else _plural_forms(*sentence)
        )
        for sentence in load_sentences()
    }
    return Markup(json.dumps(translated, ensure_ascii=False).translate(SCRIPT_ESCAPES))


@lru_cache(maxsize=1)
def load_sentences() -> tuple[str | tuple[str, str], ...]:
    """What is passed to ``_()`` and ``ngettext()`` in the scripts."""
    found = extract_from_dir(FOLDER, [("**.js", "javascript")])
    return tuple(dict.fromkeys(message if isinstance(message, str) else message[:2] for _, _, message, _, _ in found))


def _plural_forms(singular: str, plural: str) -> dict[str, str]:
    """Return the form of a sample number for each of CLDR's names; ``%(num)s`` is filled in by the script."""
    catalogue, samples = current_catalogue.get(), dict[str, int]()
    for number in range(MAX_SAMPLE):
        samples.setdefault(catalogue.locale.plural_form(number), number)
    samples.setdefault("other", MAX_SAMPLE)
    return {name: catalogue.translations.ngettext(singular, plural, number) for name, number in samples.items()}
