"""Forms: which ones somebody may use, what they answered, and how admins build them.

``published`` and ``read_answers`` serve filing, ``keep_answers`` and ``change_answer`` write answers, ``builder`` makes forms.
"""

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import contains_eager

from helpdesk import extensions
from helpdesk.domain.forms.answers import file_keys, people_for, read_answers, team_files, words_of
from helpdesk.domain.forms.changing import change_answer
from helpdesk.extensions import db
from helpdesk.models.forms import Answer, Field, Form, FormOrganization, FormVersion
from helpdesk.models.people import User
from helpdesk.models.tickets import Ticket

__all__ = [
    "asked_of",
    "change_answer",
    "file_keys",
    "keep_answers",
    "names",
    "people_for",
    "published",
    "read_answers",
    "team_files",
    "words_of",
]

_newest = (
    select(db.func.max(FormVersion.number))
    .where(FormVersion.form_id == Form.id, FormVersion.published_at.is_not(None))
    .correlate(Form)
    .scalar_subquery()
)
_allowed = select(FormOrganization.form_id).where(FormOrganization.organization_id == bindparam("organization_id"))
_usable = (Form.archived_at.is_(None), FormVersion.number == _newest, or_(Form.for_all, Form.id.in_(_allowed)))
PUBLISHED = (
    select(FormVersion)
    .join(FormVersion.form)
    .where(*_usable)
    .options(contains_eager(FormVersion.form))
    .order_by(Form.position, Form.id)
)
NAMES = select(Form.slug, Form.name).join(FormVersion).where(*_usable).order_by(Form.position, Form.id)


def published(organization_id: int) -> list[FormVersion]:
    """The newest published version of each form that ``organization_id`` may use, in their order.

    Their questions are loaded when they are asked for: of several forms one is filled in.
    """
    return list(db.session.scalars(PUBLISHED, {"organization_id": organization_id}))


def names(organization_id: int) -> list[tuple[str, str]]:
    """Slug and name of the same forms."""
    return [(slug, name) for slug, name in extensions.ask(NAMES, {"organization_id": organization_id}).all()]


def asked_of(version: FormVersion, for_team: bool) -> list[Field]:
    """The questions that the team, or a customer, is asked."""
    return [field for field in version.fields if for_team or (field.customer_fills and not field.team_only)]


def keep_answers(ticket: Ticket, form: FormVersion | None, answers: dict[str, object]) -> None:
    """Store ``answers`` (by field key, already read and checked) with ``ticket``."""
    for field in form.fields if form else ():
        value = answers.get(field.key)
        if value not in (None, "", []):
            db.session.add(
                Answer(
                    ticket_id=ticket.id,
                    organization_id=ticket.organization_id,
                    field=field,
                    value=value,
                    text=words_of(field, value),
                )
            )


def team_sees(reader: User, answer: Answer) -> bool:
    """Whether ``reader``, who sees the ticket, may read ``answer``."""
    return reader.is_team or not answer.field.team_only
