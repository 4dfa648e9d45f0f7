"""Which forms somebody may use, and what they answered."""

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from helpdesk.extensions import db
from helpdesk.models.forms import Answer, Form, FormOrganization, FormVersion
from helpdesk.models.tickets import Ticket


def published(organization_id: int) -> list[FormVersion]:
    """The newest published version of each form that ``organization_id`` may use, in their order."""
    newest = (
        select(db.func.max(FormVersion.number))
        .where(FormVersion.form_id == Form.id, FormVersion.published_at.is_not(None))
        .correlate(Form)
        .scalar_subquery()
    )
    allowed = select(FormOrganization.form_id).where(FormOrganization.organization_id == organization_id)
    versions = (
        select(FormVersion)
        .join(Form)
        .where(Form.archived_at.is_(None), FormVersion.number == newest, or_(Form.for_all, Form.id.in_(allowed)))
        .options(selectinload(FormVersion.form), selectinload(FormVersion.fields))
        .order_by(Form.position, Form.id)
    )
    return list(db.session.scalars(versions))


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
                    text=", ".join(map(str, value)) if isinstance(value, list) else "Yes" if value is True else str(value),
                )
            )
