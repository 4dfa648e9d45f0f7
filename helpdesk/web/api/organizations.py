"""Organizations in the API: list and read."""

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from helpdesk.database import pagination
from helpdesk.domain.people import organizations
from helpdesk.models.organization import Organization
from helpdesk.models.user import User
from helpdesk.web.api import schemas, selection, token_authentication
from helpdesk.web.api.request_validation import validate_parameters
from helpdesk.web.api.serializers import render_one, render_page

blueprint = Blueprint("api_organizations", __name__, url_prefix="/api/organizations")
ORGANIZATION_ORDER = pagination.Order(((Organization.id, False),))
PEOPLE_ORDER = pagination.Order(((User.id, False),))


@blueprint.get("")
@token_authentication.require_scope("organizations:read")
def list_organizations() -> ResponseReturnValue:
    """A page of organizations in the order of their creation."""
    parameters = validate_parameters(schemas.FieldsPageParameters)
    selected = selection.read_selection(schemas.Organization, parameters)
    query = select(Organization).where(organizations.IS_PRESENT).options(selectinload(Organization.domains))
    page = pagination.fetch_page(query, ORGANIZATION_ORDER, parameters.after, parameters.limit)
    return render_page(schemas.Organization, (row[0] for row in page.rows), page.next, selected)


@blueprint.get("/<slug>")
@token_authentication.require_scope("organizations:read")
def show_organization(slug: str) -> ResponseReturnValue:
    """One organization."""
    parameters = validate_parameters(schemas.FieldsParameters)
    selected = selection.read_selection(schemas.Organization, parameters)
    return render_one(schemas.Organization, get_organization_or_404(slug), selection=selected)


@blueprint.get("/<slug>/people")
@token_authentication.require_scope("organizations:read")
def list_people(slug: str) -> ResponseReturnValue:
    """A page of an organization's people."""
    organization = get_organization_or_404(slug)
    parameters = validate_parameters(schemas.FieldsPageParameters)
    selected = selection.read_selection(schemas.PersonDetails, parameters)
    query = select(User).where(User.organization_id == organization.id, User.erased_at.is_(None))
    query = query.options(joinedload(User.organization))
    page = pagination.fetch_page(query, PEOPLE_ORDER, parameters.after, parameters.limit)
    return render_page(schemas.PersonDetails, (row[0] for row in page.rows), page.next, selected)


def get_organization_or_404(slug: str) -> Organization:
    """The organization with this slug, else 404."""
    if "\x00" in slug or not slug.isprintable():
        abort(404)
    return organizations.find_by_slug(slug) or abort(404)
