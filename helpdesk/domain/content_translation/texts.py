"""What there is to translate: every text of the forms, the team's canned replies, and the automatic sentences."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from helpdesk.domain.administration import settings
from helpdesk.domain.content_translation.lookup import Part
from helpdesk.extensions import db
from helpdesk.markup.name_order import sort_by_name
from helpdesk.models.canned_reply import CannedReply
from helpdesk.models.form import Field, Form, FormVersion
from helpdesk.translation import gettext, lazy_gettext

SENTENCES = {
    "welcome_text": lazy_gettext("Welcome above the ways of signing in"),
    "announcement": lazy_gettext("Announcement"),
    "received_text": lazy_gettext("In the mail about a received ticket"),
    "solved_text": lazy_gettext("In the mail about a solved ticket"),
    "closing_text": lazy_gettext("In the warning before a ticket closes"),
}
REPLIES = "replies"
SENTENCES_NAME = "sentences"


@dataclass(frozen=True)
class Text:
    """One text to translate. ``what`` says where it is read; ``most``: characters that a translation may have."""

    part: Part
    source: str
    what: str
    most: int = 200
    is_long: bool = False

    @property
    def key(self) -> str:
        """Its name in a form: what it is, and the digest of what it says."""
        return f"{self.part}-{make_digest(self.source)}"


@dataclass(frozen=True)
class TextGroup:
    """The texts that belong together: those of a form, the replies, the sentences. ``name`` is its name in URLs."""

    name: str
    title: str
    texts: list[Text] = field(default_factory=list)


def make_digest(source: str) -> str:
    """Return the SHA-256 of a text, by which it is found in an index."""
    return hashlib.sha256(source.encode()).hexdigest()


def list_groups() -> list[TextGroup]:
    """Return every text that somebody may read, by group; each once. Archived forms and old versions are left out."""
    forms = db.session.scalars(
        select(Form)
        .where(Form.archived_at.is_(None))
        .options(selectinload(Form.versions).selectinload(FormVersion.fields))
        .order_by(Form.position, Form.id)
    )
    groups = [TextGroup(f"form-{form.id}", form.name, _unique(_form_texts(form))) for form in forms]
    groups.append(TextGroup(REPLIES, gettext("Macros"), _unique(_reply_texts())))
    groups.append(TextGroup(SENTENCES_NAME, gettext("Automatic sentences"), _unique(_sentence_texts())))
    return [group for group in groups if group.texts]


def _form_texts(form: Form) -> Iterator[Text]:
    yield Text(Part.form, form.name, gettext("Name of the form"), 120)
    yield Text(Part.form, form.description, gettext("Description of the form"), 2000, is_long=True)
    yield Text(Part.form, form.subject_label, gettext("What the subject is called"), 120)
    yield Text(Part.form, form.body_label, gettext("What the description is called"), 120)
    yield Text(Part.form, form.body_help, gettext("Help above the description"), 300)
    yield Text(Part.form, form.confirmation, gettext("What people read once the ticket is filed"), 500)
    for version in _current_versions(form):
        for each in version.fields:
            yield from _field_texts(each)


def _current_versions(form: Form) -> list[FormVersion]:
    """Return the version in use, and the draft if there is one."""
    newest = max((each.number for each in form.versions if each.published_at), default=0)
    return [each for each in form.versions if each.number >= newest]


def _field_texts(each: Field) -> Iterator[Text]:
    yield Text(Part.field, each.label, gettext("Question"))
    yield Text(Part.field, each.help, gettext("Help below “%(field)s”", field=each.label), 2000)
    yield Text(Part.field, each.placeholder, gettext("Placeholder in “%(field)s”", field=each.label))
    for option in each.options or ():
        yield Text(Part.option, option, gettext("Answer to “%(field)s”", field=each.label))


def _reply_texts() -> Iterator[Text]:
    query = select(CannedReply).where(CannedReply.owner_id.is_(None)).order_by(CannedReply.id)
    for reply in sort_by_name(db.session.scalars(query), lambda reply: reply.title):
        yield Text(Part.reply, reply.title, gettext("Title of a macro"), 80)
        yield Text(Part.reply, reply.body, gettext("Text of “%(macro)s”", macro=reply.title), 10_000, is_long=True)


def _sentence_texts() -> Iterator[Text]:
    for name, what in SENTENCES.items():
        yield Text(Part.sentence, settings.get(name), str(what), 2000, is_long=True)


def _unique(texts: Iterable[Text]) -> list[Text]:
    """Return the texts that say something, each once."""
    return list({(text.part, text.source): text for text in reversed(list(texts)) if text.source.strip()}.values())[
        ::-1
    ]
