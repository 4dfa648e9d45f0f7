"""The organizations that a page or a modal offers to choose from."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, select

from helpdesk.domain.people.name_conditions import ORGANIZATIONS_BY_NAME
from helpdesk.domain.people.organizations import IS_PRESENT
from helpdesk.extensions import db
from helpdesk.models.organization import Organization

MAX_CHOICES = 1000  # of a select element


class OrganizationChoice(NamedTuple):
    """An organization as it is offered: pages name it by its slug, rules and forms by its id."""

    id: int
    slug: str
    name: str


def list_choices(*conditions: ColumnElement[bool], most: int | None = MAX_CHOICES) -> list[OrganizationChoice]:
    """Return the organizations with these ``conditions`` that were not merged into another, by name."""
    query = select(Organization.id, Organization.slug, Organization.name).where(IS_PRESENT, *conditions)
    return [OrganizationChoice(*row) for row in db.session.execute(query.order_by(*ORGANIZATIONS_BY_NAME).limit(most))]
