"""Forms: which ones somebody may use, what they answered, and how admins build them.

``published`` and ``read_answers`` serve filing, ``keep_answers`` and ``change_answer`` write answers, ``builder`` makes forms.
"""

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import contains_eager

from helpdesk.database import transactions
from helpdesk.domain.forms.answers import (
    answer_file_keys,
    display_value,
    parse_answers,
    selectable_people,
    team_only_file_keys,
)
from helpdesk.domain.forms.changing import change_answer
from helpdesk.extensions import db
from helpdesk.models.form import Answer, Field, Form, FormOrganization, FormVersion
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

__all__ = [
    "visible_fields",
    "change_answer",
    "answer_file_keys",
    "save_answers",
    "list_names",
    "selectable_people",
    "list_published",
    "parse_answers",
    "team_only_file_keys",
    "display_value",
]

_newest = (
    select(db.func.max(FormVersion.number))
    .where(FormVersion.form_id == Form.id, FormVersion.published_at.is_not(None))
    .correlate(Form)
    .scalar_subquery()
)
_allowed = select(FormOrganization.form_id).where(FormOrganization.organization_id == bindparam("organization_id"))
_usable = (Form.archived_at.is_(None), FormVersion.number == _newest, or_(Form.for_all, Form.id.in_(_allowed)))
PUBLISHED_FORMS_QUERY = (
    select(FormVersion)
    .join(FormVersion.form)
    .where(*_usable)
    .options(contains_eager(FormVersion.form))
    .order_by(Form.position, Form.id)
)
FORM_NAMES_QUERY = select(Form.slug, Form.name).join(FormVersion).where(*_usable).order_by(Form.position, Form.id)


def list_published(organization_id: int) -> list[FormVersion]:
    """The newest published version of each form that ``organization_id`` may use, in their order.

    Their questions are loaded when they are asked for: of several forms one is filled in.
    """
    return list(db.session.scalars(PUBLISHED_FORMS_QUERY, {"organization_id": organization_id}))


def list_names(organization_id: int) -> list[tuple[str, str]]:
    """Slug and name of the same forms."""
    return [
        (slug, name)
        for slug, name in transactions.execute_core(FORM_NAMES_QUERY, {"organization_id": organization_id}).all()
    ]


def visible_fields(version: FormVersion, for_team: bool) -> list[Field]:
    """The questions that the team, or a customer, is asked."""
    return [field for field in version.fields if for_team or (field.customer_fills and not field.team_only)]


def save_answers(ticket: Ticket, form: FormVersion | None, answers: dict[str, object]) -> None:
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
                    text=display_value(field, value),
                )
            )


def team_sees(reader: User, answer: Answer) -> bool:
    """Whether ``reader``, who sees the ticket, may read ``answer``."""
    return reader.is_team or not answer.field.team_only
