"""Organizations for programs: list and read."""

from flask import Blueprint, abort
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from helpdesk.domain import paging
from helpdesk.extensions import db
from helpdesk.models.people import Organization, User
from helpdesk.web.api import reading, shapes, tokens

blueprint = Blueprint("api_organizations", __name__, url_prefix="/api/organizations")
BY_ID = paging.Order(((Organization.id, False),))
PEOPLE = paging.Order(((User.id, False),))


@blueprint.get("")
@tokens.needs("organizations:read")
def index():
    """A page of organizations in the order they were added."""
    given = reading.paging_arguments()
    query = select(Organization).options(selectinload(Organization.domains))
    page = paging.page(query, BY_ID, given.get("after"), reading.limit(given.get("limit")))
    return reading.answer({"data": [shapes.organization(row[0]) for row in page.rows], "next": page.next})


@blueprint.get("/<slug>")
@tokens.needs("organizations:read")
def show(slug: str):
    """One organization."""
    reading.arguments(())
    return reading.answer(shapes.organization(found(slug)))


@blueprint.get("/<slug>/people")
@tokens.needs("organizations:read")
def people(slug: str):
    """A page of its people."""
    organization = found(slug)
    given = reading.paging_arguments()
    query = select(User).where(User.organization_id == organization.id, User.erased_at.is_(None))
    page = paging.page(query, PEOPLE, given.get("after"), reading.limit(given.get("limit")))
    return reading.answer({"data": [shapes.person(row[0]) for row in page.rows], "next": page.next})


def found(slug: str) -> Organization:
    """The organization with this slug, else 404."""
    if "\x00" in slug or not slug.isprintable():
        abort(404)
    return db.session.scalar(select(Organization).where(Organization.slug == slug)) or abort(404)
