"""Storing translations of what admins wrote, and counting what is missing.

Translations of a text that was changed or removed are kept: older tickets still show it.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from helpdesk import clock
from helpdesk.domain.administration import audit_log, settings
from helpdesk.domain.content_translation.lookup import Part, Texts, load_texts
from helpdesk.domain.content_translation.reply_variables import find_unknown_variable
from helpdesk.domain.content_translation.texts import Text, TextGroup, make_digest
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.people import permissions
from helpdesk.domain.people.reader_language import get_team_language
from helpdesk.extensions import db
from helpdesk.markup.one_line import to_one_line
from helpdesk.models.content_translation import ContentTranslation
from helpdesk.models.organization import Organization
from helpdesk.models.user import User
from helpdesk.translation import Language, format_number, gettext, offered_languages


@dataclass(frozen=True)
class LanguageProgress:
    """How much of what admins wrote there is in a language; ``readers``: people who chose it, and those of their
    organization's language.
    """

    language: Language
    translated: int
    total: int
    readers: int

    @property
    def missing(self) -> int:
        """How many texts have no translation."""
        return self.total - self.translated


def list_languages() -> list[Language]:
    """Return the languages to translate into: those on offer but the installation's, in which the texts are written."""
    own = get_team_language()
    return [language for language in offered_languages() if language.code != own]


def count_progress(groups: Iterable[TextGroup]) -> list[LanguageProgress]:
    """What there is of the texts of ``groups`` in each language; those with the most readers first."""
    wanted = {(str(text.part), make_digest(text.source)) for group in groups for text in group.texts}
    columns = (ContentTranslation.language, ContentTranslation.part, ContentTranslation.digest)
    stored = {tuple(row) for row in db.session.execute(select(*columns))}
    readers = _count_readers()
    progress = [
        LanguageProgress(
            language,
            sum((language.code, part, digest) in stored for part, digest in wanted),
            len(wanted),
            readers.get(language.code, 0),
        )
        for language in list_languages()
    ]
    return sorted(progress, key=lambda each: -each.readers)


def _count_readers() -> dict[str, int]:
    language = func.coalesce(User.language, Organization.language)
    query = (
        select(language, func.count())
        .select_from(User)
        .outerjoin(Organization, User.organization_id == Organization.id)
    )
    rows = db.session.execute(query.where(User.deactivated_at.is_(None), language.is_not(None)).group_by(language))
    return {row[0]: row[1] for row in rows}


def list_missing(group: TextGroup, stored: Texts) -> list[Text]:
    """Return the texts of ``group`` that ``stored`` has no translation of."""
    return [text for text in group.texts if (text.part, text.source) not in stored]


def save_translations(language: str, group: TextGroup, given: Mapping[str, str], actor: User) -> int:
    """Store the translations in ``given``, by the key of their text; an empty one is deleted. Others stay.

    Returns how many were changed. Raises PermissionDenied, and ValidationError with a sentence by key.
    """
    permissions.ensure(permissions.can_administer(actor), gettext("Only an admin translates what admins wrote."))
    if language not in {each.code for each in list_languages()}:
        raise ValidationError(gettext("Choose a language from the list."), "language")
    settings.lock()
    texts = {text.key: text for text in group.texts}
    cleaned = {key: _clean(value, texts[key]) for key, value in given.items() if key in texts}
    errors = {key: sentence for key, value in cleaned.items() if (sentence := _find_error(texts[key], value))}
    if errors:
        raise ValidationError(gettext("Some answers need another look."), errors=errors)
    stored = load_texts(language)
    changed = [key for key, value in cleaned.items() if value != stored.get((texts[key].part, texts[key].source), "")]
    for key in changed:
        _store(language, texts[key], cleaned[key])
    if changed:
        db.session.flush()
        settings.set("content_version", secrets.token_hex(8))
        audit_log.add_entry("translated texts", actor, group.title, language=language, number=len(changed))
    return len(changed)


def _store(language: str, text: Text, value: str) -> None:
    digest = make_digest(text.source)
    row = db.session.scalar(
        select(ContentTranslation).where(
            ContentTranslation.language == language,
            ContentTranslation.part == text.part,
            ContentTranslation.digest == digest,
        )
    )
    if row is None:
        db.session.add(
            ContentTranslation(language=language, part=text.part, digest=digest, source=text.source, text=value)
        )
    elif value:
        row.text, row.updated_at = value, clock.now()
    else:
        db.session.delete(row)


def _clean(value: str, text: Text) -> str:
    value = value.replace("\r\n", "\n").replace("\x00", "")
    return value.strip() if text.is_long else to_one_line(value)


def _find_error(text: Text, value: str) -> str:
    """What is wrong with a translation; "" if nothing."""
    if len(value) > text.most:
        return gettext("At most %(most)s characters.", most=format_number(text.most))
    unknown = find_unknown_variable(value) if text.part == Part.reply else ""
    return gettext("There is no variable {{%(unknown)s}}.", unknown=unknown) if unknown else ""
