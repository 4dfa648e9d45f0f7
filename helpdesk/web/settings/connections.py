"""Sign-in connections: providers of organizations and of the team, their domains, and tests."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, request
from flask.typing import ResponseReturnValue

from helpdesk.database.row_ids import is_id, parse_id
from helpdesk.domain.administration import settings
from helpdesk.domain.authentication import way_rules
from helpdesk.domain.authentication.connections import (
    administration,
    diagnostics,
    domain_proofs,
    failures,
)
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import organizations, users
from helpdesk.domain.provisioning import tokens
from helpdesk.extensions import db
from helpdesk.models.organization import Organization
from helpdesk.models.sign_in_connection import ConnectionDomain, SignInConnection
from helpdesk.translation import gettext
from helpdesk.web import connection_pages, stale_forms
from helpdesk.web.form_tokens import read_form_token
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation
from helpdesk.web.settings.connection_form import ConnectionForm, NewConnectionForm, make_form

blueprint = Blueprint("settings_connections", __name__, url_prefix="/settings/connections")
INITIAL_VALUES = {"preset": "oidc", "is_active": True}


@blueprint.get("")
@authorization.admin_only
def list_connections() -> ResponseReturnValue:
    """All connections, and how the team signs in."""
    return render_list()


@blueprint.post("/team")
@authorization.admin_only
def set_team_rule() -> ResponseReturnValue:
    """Choose whether the team has to use its own provider."""
    try:
        stale_forms.begin_change(stored_team_rule)
        way_rules.set_team_rule(
            request.form.get("team_sign_in", ""),
            request.form.get("emergency_admin", ""),
            actor=authentication.get_current_user(),
        )
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        settings.invalidate_cache()
        return render_list({error.field or "": error.message}), 409 if isinstance(error, ConflictError) else 422
    db.session.commit()
    flash(gettext("How the team signs in is saved."), "success")
    return redirect("/settings/connections", 303)


@blueprint.get("/new")
@authorization.admin_only
def show_new_connection() -> ResponseReturnValue:
    """An empty form, for ``?organization=`` or the team."""
    return render_new(find_organization(request.args.get("organization")), NewConnectionForm(data=INITIAL_VALUES))


@blueprint.post("")
@authorization.admin_only
def create_connection() -> ResponseReturnValue:
    """Add a connection."""
    form, organization = NewConnectionForm(request.form), find_organization(request.form.get("organization"))
    try:
        saved = administration.create_connection(
            organization, form.read_values(), actor=authentication.get_current_user()
        )
    except ValidationError as error:
        db.session.rollback()
        form.add_refusal(error)
        return render_new(find_organization(request.form.get("organization")), form), 422
    db.session.commit()
    flash(gettext("The connection is added. Prove its domains, then test it."), "success")
    return redirect(f"/settings/connections/{saved.id}", 303)


@blueprint.get("/<int:connection_id>")
@authorization.admin_only
def show_connection(connection_id: int) -> ResponseReturnValue:
    """One connection: what to enter at the provider, its domains, its form."""
    connection = get_connection_or_404(connection_id)
    return render_page(connection, make_form(connection))


@blueprint.post("/<int:connection_id>")
@authorization.admin_only
def update_connection(connection_id: int) -> ResponseReturnValue:
    """Save a connection."""
    form, connection = ConnectionForm(request.form), get_connection_or_404(connection_id)
    try:
        stale_forms.begin_change(lambda: connection_pages.stored_values(get_connection_or_404(connection_id)))
        administration.update_connection(connection, form.read_values(), actor=authentication.get_current_user())
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        form.add_refusal(error)
        status = 409 if isinstance(error, ConflictError) else 422
        return render_page(get_connection_or_404(connection_id), form), status
    db.session.commit()
    flash(gettext("The connection is saved."), "success")
    return redirect(f"/settings/connections/{connection_id}", 303)


@blueprint.post("/<int:connection_id>/check")
@authorization.admin_only
def check_connection(connection_id: int) -> ResponseReturnValue:
    """Fetch the provider's document and keys."""
    connection_pages.check_provider(get_connection_or_404(connection_id))
    return redirect(f"/settings/connections/{connection_id}#test", 303)


@blueprint.post("/<int:connection_id>/domains/<int:domain_id>/check")
@authorization.admin_only
def check_domain(connection_id: int, domain_id: int) -> ResponseReturnValue:
    """Look for the record that proves a domain."""
    connection_pages.check_domain(lambda: get_domain_or_404(connection_id, domain_id))
    return redirect(f"/settings/connections/{connection_id}#domains", 303)


@blueprint.post("/<int:connection_id>/domains/<int:domain_id>/vouch")
@authorization.admin_only
def vouch_for_domain(connection_id: int, domain_id: int) -> ResponseReturnValue:
    """Set a domain as proven without a record."""
    domain_proofs.verify_without_record(
        get_domain_or_404(connection_id, domain_id), actor=authentication.get_current_user()
    )
    db.session.commit()
    return redirect(f"/settings/connections/{connection_id}#domains", 303)


@blueprint.post("/<int:connection_id>/tokens")
@authorization.admin_only
def issue_token(connection_id: int) -> ResponseReturnValue:
    """Make a SCIM token; the page shows it once."""
    secret = tokens.issue_token(
        get_connection_or_404(connection_id),
        actor=authentication.get_current_user(),
        form_token=read_form_token(request.path),
    )
    db.session.commit()
    connection = get_connection_or_404(connection_id)
    return render_page(connection, make_form(connection), secret)


@blueprint.post("/<int:connection_id>/tokens/<int:token_id>/delete")
@authorization.admin_only
def revoke_token(connection_id: int, token_id: int) -> ResponseReturnValue:
    """Revoke a SCIM token."""
    token = connection_pages.get_token_or_404(get_connection_or_404(connection_id), token_id)
    tokens.revoke_token(token, actor=authentication.get_current_user())
    db.session.commit()
    return redirect(f"/settings/connections/{connection_id}#scim", 303)


@blueprint.post("/<int:connection_id>/delete")
@authorization.admin_only
def delete_connection(connection_id: int) -> ResponseReturnValue:
    """Delete a connection; the sessions it began end."""
    administration.delete_connection(get_connection_or_404(connection_id), actor=authentication.get_current_user())
    db.session.commit()
    flash(gettext("The connection is deleted, and its sessions have ended."), "success")
    return redirect("/settings/connections", 303)


def stored_team_rule() -> dict[str, Any]:
    """How the team signs in, as it is stored."""
    stored = settings.load_all()
    return {name: stored[name] for name in ("team_sign_in", "emergency_admin")}


def render_list(errors: dict[str, str] | None = None) -> str:
    """The page of all connections, and what should be put right about them."""
    rows = administration.list_connections()
    return navigation.render_settings_page(
        "settings/connections.html",
        connections=rows,
        warnings=[each for row in rows if row.is_active for each in diagnostics.list_warnings(row)],
        describe=failures.describe,
        loaded=stale_forms.fingerprint(stored_team_rule()),
        team_rule=settings.get("team_sign_in"),
        emergency_admin=settings.get("emergency_admin"),
        admins=[(user.email, user.display_name) for user in users.list_team() if user.is_admin],
        errors=errors or {},
    )


def render_new(organization: Organization | None, form: NewConnectionForm) -> str:
    """The page of a new connection."""
    return navigation.render_settings_page(
        "settings/connection.html", organization=organization, **connection_pages.describe_new(form)
    )


def render_page(connection: SignInConnection, form: ConnectionForm, secret: str = "") -> str:
    """The page of one connection, with the ``secret`` of a token that was just made."""
    return navigation.render_settings_page(
        "settings/connection.html",
        organization=connection.organization,
        **connection_pages.describe_connection(connection, form, secret),
    )


def find_organization(text: str | None) -> Organization | None:
    """The organization of a form or an address; None is the team, 404 one that does not exist."""
    if not text:
        return None
    return organizations.get_organization(parse_id(text) or 0) or abort(404)


def get_connection_or_404(connection_id: int) -> SignInConnection:
    """The connection, else 404."""
    return administration.get_connection(connection_id) or abort(404)


def get_domain_or_404(connection_id: int, domain_id: int) -> ConnectionDomain:
    """The domain of this connection, else 404."""
    row = db.session.get(ConnectionDomain, domain_id) if is_id(domain_id) else None
    return row if row is not None and row.connection_id == connection_id else abort(404)
