"""Sign-in connections in the API: what an admin sets up in Settings, with the token of an admin."""

from typing import Any, cast

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from helpdesk.database import pagination
from helpdesk.domain.authentication.connections import administration, diagnostics, domain_proofs, roles
from helpdesk.domain.authentication.connections.values import ConnectionValues
from helpdesk.domain.errors import ConflictError
from helpdesk.extensions import db
from helpdesk.models.sign_in_connection import ConnectionDomain, SignInConnection
from helpdesk.models.user import User
from helpdesk.translation import gettext
from helpdesk.web.api import connection_schemas, schemas, selection, token_authentication
from helpdesk.web.api.connection_schemas import Connection
from helpdesk.web.api.organizations import get_organization_or_404
from helpdesk.web.api.request_validation import validate_body, validate_parameters
from helpdesk.web.api.serializers import render_one, render_page

blueprint = Blueprint("api_connections", __name__, url_prefix="/api/connections")
ORDER = pagination.Order(((SignInConnection.id, False),))


@blueprint.get("")
@token_authentication.require_scope("connections:read")
def list_connections() -> ResponseReturnValue:
    """A page of connections in the order of their creation."""
    get_admin()
    parameters = validate_parameters(connection_schemas.ConnectionParameters)
    selected = selection.read_selection(Connection, parameters)
    query = select(SignInConnection).options(
        selectinload(SignInConnection.domains), joinedload(SignInConnection.organization)
    )
    if parameters.organization is not None:
        organization = get_organization_or_404(parameters.organization)
        query = query.where(SignInConnection.organization_id == organization.id)
    page = pagination.fetch_page(query, ORDER, parameters.after, parameters.limit)
    return render_page(Connection, (row[0] for row in page.rows), page.next, selected)


@blueprint.post("")
@token_authentication.require_scope("connections:write")
def create_connection() -> ResponseReturnValue:
    """Add a connection of an organization, or of the team."""
    admin, body = get_admin(), validate_body(connection_schemas.NewConnection)
    organization = get_organization_or_404(body.organization) if body.organization is not None else None

    def create() -> int:
        values = read_values(body.model_dump(exclude={"organization"}))
        return administration.create_connection(organization, values, actor=admin).id

    connection_id = token_authentication.create_once(create)
    connection = get_connection_or_404(connection_id)
    return render_one(Connection, connection, 201, f"/api/connections/{connection_id}")


@blueprint.get("/<int:connection_id>")
@token_authentication.require_scope("connections:read")
def show_connection(connection_id: int) -> ResponseReturnValue:
    """One connection."""
    get_admin()
    parameters = validate_parameters(schemas.FieldsParameters)
    selected = selection.read_selection(Connection, parameters)
    return render_one(Connection, get_connection_or_404(connection_id), selection=selected)


@blueprint.patch("/<int:connection_id>")
@token_authentication.require_scope("connections:write")
def update_connection(connection_id: int) -> ResponseReturnValue:
    """Change a connection."""
    admin, connection = get_admin(), get_connection_or_404(connection_id)
    body = validate_body(connection_schemas.ConnectionChange)
    values = read_values(body.model_dump(include=body.model_fields_set))
    administration.update_connection(connection, values, actor=admin)
    db.session.commit()
    return render_one(Connection, get_connection_or_404(connection_id))


@blueprint.delete("/<int:connection_id>")
@token_authentication.require_scope("connections:write")
def delete_connection(connection_id: int) -> ResponseReturnValue:
    """Delete a connection; the sessions it began end."""
    administration.delete_connection(get_connection_or_404(connection_id), actor=get_admin())
    db.session.commit()
    return Response("", 204, {"Cache-Control": "no-store"})


@blueprint.post("/<int:connection_id>/check")
@token_authentication.require_scope("connections:write")
def check_connection(connection_id: int) -> ResponseReturnValue:
    """Fetch the provider's document and keys."""
    get_admin()
    issuer = get_connection_or_404(connection_id).issuer
    db.session.rollback()
    state = diagnostics.fetch_state(issuer)
    found = {"is_usable": not state.reason, "reason": state.reason, "sentence": state.sentence}
    return render_one(connection_schemas.ProviderState, found)


@blueprint.post("/<int:connection_id>/domains/<domain>/check")
@token_authentication.require_scope("connections:write")
def check_domain(connection_id: int, domain: str) -> ResponseReturnValue:
    """Look for the record that proves a domain."""
    name = domain_proofs.record_name(get_domain_or_404(connection_id, domain))
    admin_id = get_admin().id
    db.session.rollback()
    try:
        texts = domain_proofs.look_up_texts(name)  # slow, so outside a transaction
    except domain_proofs.LookupFailed:
        raise ConflictError(gettext("The name servers do not answer. Try again later.")) from None
    row = get_domain_or_404(connection_id, domain)
    domain_proofs.check_domain(row, lambda _: texts, actor=db.session.get(User, admin_id))
    db.session.commit()
    return render_one(Connection, get_connection_or_404(connection_id))


@blueprint.post("/<int:connection_id>/domains/<domain>/vouch")
@token_authentication.require_scope("connections:write")
def vouch_for_domain(connection_id: int, domain: str) -> ResponseReturnValue:
    """Set a domain as proven without a record."""
    domain_proofs.verify_without_record(get_domain_or_404(connection_id, domain), actor=get_admin())
    db.session.commit()
    return render_one(Connection, get_connection_or_404(connection_id))


def get_admin() -> User:
    """The token's user, who is an admin still. Raises PermissionDenied."""
    user = token_authentication.get_token_user()
    administration.ensure_permission(user, None)
    return user


def get_connection_or_404(connection_id: int) -> SignInConnection:
    """The connection, else 404."""
    return administration.get_connection(connection_id) or abort(404)


def get_domain_or_404(connection_id: int, domain: str) -> ConnectionDomain:
    """The domain of the connection, else 404."""
    get_admin()
    rows = get_connection_or_404(connection_id).domains
    return next((row for row in rows if row.domain == domain.lower()), None) or abort(404)


def read_values(given: dict[str, Any]) -> ConnectionValues:
    """The values as the domain takes them: the rules as lines."""
    if "role_rules" in given:
        given["role_rules"] = roles.format_rules(given["role_rules"])
    return cast(ConnectionValues, given)
