"""The forms an organization may use: the newest published version of each."""

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import contains_eager

from helpdesk.extensions import db
from helpdesk.models.form import Field, Form, FormOrganization, FormVersion

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
ONE_PUBLISHED = (
    select(FormVersion)
    .join(FormVersion.form)
    .outerjoin(FormVersion.fields)
    .where(*_usable, Form.slug == bindparam("slug"))
    .options(contains_eager(FormVersion.form), contains_eager(FormVersion.fields))
    .order_by(Field.position)
)
NAMES = select(Form.slug, Form.name).join(FormVersion).where(*_usable)  # without an order


def published(organization_id: int) -> list[FormVersion]:
    """Return the newest published version of each form that ``organization_id`` may use, in order.

    Their fields are loaded on access, because only one of the forms is filled in.
    """
    return list(db.session.scalars(PUBLISHED, {"organization_id": organization_id}))


def load_form(organization_id: int, slug: str) -> FormVersion | None:
    """Return the newest published version of the form ``slug`` with its fields, None if it may not be used."""
    parameters = {"organization_id": organization_id, "slug": slug}
    return db.session.scalars(ONE_PUBLISHED, parameters).unique().one_or_none()


def find_form(available: list[FormVersion], slug: str) -> FormVersion | None:
    """Return the one of the ``available`` forms with this slug, None if there is none."""
    return next((version for version in available if version.form.slug == slug), None)


def is_asked(field: Field, for_team: bool) -> bool:
    """Whether the team (or else a customer) is asked for this field in a new ticket."""
    return for_team or (field.customer_fills and not field.team_only)


def visible_fields(version: FormVersion, for_team: bool) -> list[Field]:
    """Return the fields that the team (or else a customer) is asked for."""
    return [field for field in version.fields if is_asked(field, for_team)]
