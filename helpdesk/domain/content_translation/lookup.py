"""The translation of one text that an admin wrote. Each process keeps those of a language until one of them changes.

The setting ``content_version`` changes with every translation, and settings are cached for some seconds: looking a text
up costs no statement, and none at all where nothing was ever translated.
"""

from enum import StrEnum

from sqlalchemy import select

from helpdesk.database import transactions
from helpdesk.domain.administration import settings
from helpdesk.extensions import db
from helpdesk.models.content_translation import ContentTranslation
from helpdesk.translation import current_code


class Part(StrEnum):
    """What a text is; the same words may need another translation as the name of a form than as an option."""

    form = "form"
    field = "field"
    option = "option"
    reply = "reply"
    sentence = "sentence"


Texts = dict[tuple[str, str], str]  # by part and source

_texts: dict[str, tuple[str, Texts]] = {}  # version and texts, by language


def translate_content(source: str, part: str) -> str:
    """``source`` in the language that sentences are in now; itself where it has no translation."""
    version = settings.get("content_version")
    if not version or not source:
        return source
    code = current_code()
    known = _texts.get(code)
    if known is None or known[0] != version:
        known = _texts[code] = version, _load_texts(code)
    return known[1].get((part, source), source)


def _load_texts(code: str) -> Texts:
    if db.session().in_transaction() or transactions.is_read_only():
        return load_texts(code)
    with transactions.read_only():
        return load_texts(code)


def load_texts(code: str) -> Texts:
    """Return every translation into the language ``code`` as the database has it now."""
    query = select(ContentTranslation.part, ContentTranslation.source, ContentTranslation.text)
    rows = db.session.execute(query.where(ContentTranslation.language == code))
    return {(row.part, row.source): row.text for row in rows}
