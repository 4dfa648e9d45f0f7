"""How the people of an organization sign in, for its own admins: which ways are let in, and its own providers.

Everybody else gets 404, and so does an admin for the connections of another organization.
"""

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk.domain.authentication.connections import administration, diagnostics
from helpdesk.domain.colleagues import roster
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.provisioning import tokens
from helpdesk.extensions import db
from helpdesk.models.organization import Organization
from helpdesk.models.sign_in_connection import ConnectionDomain, SignInConnection
from helpdesk.translation import gettext
from helpdesk.web import connection_pages, sign_in_ways, stale_forms
from helpdesk.web.form_tokens import read_form_token
from helpdesk.web.middleware import authentication
from helpdesk.web.portal import colleagues
from helpdesk.web.settings.connection_form import ConnectionForm, NewConnectionForm, make_form

blueprint = Blueprint("colleague_sign_in", __name__, url_prefix="/colleagues/sign-in")
blueprint.before_request(colleagues.hide_from_others)
TEAM_FIELDS = ("tenant",)  # of presets that are the team's only


@blueprint.get("")
def show_ways() -> ResponseReturnValue:
    """Show the ways and the organization's own providers."""
    return render_ways()


@blueprint.post("")
def save_ways() -> ResponseReturnValue:
    """Save the rules; sessions and links that they no longer let in end."""
    try:
        sign_in_ways.save_rules(get_organization, gettext("Saved."))
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        return render_ways(sign_in_ways.read_rules(), {error.field or "": error.message}), _status_of(error)
    return redirect("/colleagues/sign-in", 303)


@blueprint.get("/connections/new")
def show_new_connection() -> ResponseReturnValue:
    """An empty form."""
    return render_new(NewConnectionForm(data={"preset": "oidc", "is_active": True}))


@blueprint.post("/connections")
def create_connection() -> ResponseReturnValue:
    """Add a connection of the organization."""
    form = NewConnectionForm(request.form)
    try:
        saved = administration.create_connection(
            get_organization(), form.read_values(), actor=authentication.get_current_user()
        )
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        form.add_refusal(error)
        return render_new(form), _status_of(error)
    db.session.commit()
    flash(gettext("The connection is added. Prove its domains, then test it."), "success")
    return redirect(f"/colleagues/sign-in/connections/{saved.id}", 303)


@blueprint.get("/connections/<int:connection_id>")
def show_connection(connection_id: int) -> ResponseReturnValue:
    """One connection: what to enter at the provider, its domains, its form."""
    connection = get_connection_or_404(connection_id)
    return render_page(connection, make_form(connection))


@blueprint.post("/connections/<int:connection_id>")
def update_connection(connection_id: int) -> ResponseReturnValue:
    """Save a connection."""
    form, _ = ConnectionForm(request.form), get_connection_or_404(connection_id)
    try:
        stale_forms.begin_change(lambda: connection_pages.stored_values(get_connection_or_404(connection_id)))
        connection = get_connection_or_404(connection_id)
        administration.update_connection(connection, form.read_values(), actor=authentication.get_current_user())
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        form.add_refusal(error)
        return render_page(get_connection_or_404(connection_id), form), _status_of(error)
    db.session.commit()
    flash(gettext("The connection is saved."), "success")
    return redirect(f"/colleagues/sign-in/connections/{connection_id}", 303)


@blueprint.post("/connections/<int:connection_id>/check")
def check_connection(connection_id: int) -> ResponseReturnValue:
    """Fetch the provider's document and keys."""
    connection_pages.check_provider(get_connection_or_404(connection_id))
    return redirect(f"/colleagues/sign-in/connections/{connection_id}#test", 303)


@blueprint.post("/connections/<int:connection_id>/domains/<int:domain_id>/check")
def check_domain(connection_id: int, domain_id: int) -> ResponseReturnValue:
    """Look for the record that proves a domain."""
    connection_pages.check_domain(lambda: get_domain_or_404(connection_id, domain_id))
    return redirect(f"/colleagues/sign-in/connections/{connection_id}#domains", 303)


@blueprint.post("/connections/<int:connection_id>/tokens")
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


@blueprint.post("/connections/<int:connection_id>/tokens/<int:token_id>/delete")
def revoke_token(connection_id: int, token_id: int) -> ResponseReturnValue:
    """Revoke a SCIM token."""
    token = connection_pages.get_token_or_404(get_connection_or_404(connection_id), token_id)
    tokens.revoke_token(token, actor=authentication.get_current_user())
    db.session.commit()
    return redirect(f"/colleagues/sign-in/connections/{connection_id}#scim", 303)


@blueprint.post("/connections/<int:connection_id>/delete")
def delete_connection(connection_id: int) -> ResponseReturnValue:
    """Delete a connection; the sessions it began end."""
    connection = get_connection_or_404(connection_id)
    try:
        administration.delete_connection(connection, actor=authentication.get_current_user())
    except ConflictError as error:
        db.session.rollback()
        form = make_form(get_connection_or_404(connection_id))
        form.add_refusal(error)
        return render_page(get_connection_or_404(connection_id), form), 409
    db.session.commit()
    flash(gettext("The connection is deleted, and its sessions have ended."), "success")
    return redirect("/colleagues/sign-in", 303)


def get_organization() -> Organization:
    """The organization that the person manages."""
    return roster.ensure_admin(authentication.get_current_user())


def get_connection_or_404(connection_id: int) -> SignInConnection:
    """The connection of this organization, else 404."""
    found = administration.get_connection(connection_id)
    return found if found is not None and found.organization_id == get_organization().id else abort(404)


def get_domain_or_404(connection_id: int, domain_id: int) -> ConnectionDomain:
    """The domain of this connection, else 404."""
    connection = get_connection_or_404(connection_id)
    return next((row for row in connection.domains if row.id == domain_id), None) or abort(404)


def render_ways(given: dict[str, str] | None = None, errors: dict[str, str] | None = None) -> str:
    """Render the page with the stored rules, or with what was given and the errors."""
    values = sign_in_ways.describe_ways(get_organization(), given, errors)
    rows = [row for row in values["connections"] if row.is_active]
    warnings = [each for row in rows for each in diagnostics.list_warnings(row)]
    return render_template("portal/sign_in_ways.html", warnings=warnings, **values)


def render_new(form: NewConnectionForm) -> str:
    """Render the page of a new connection."""
    form.preset.choices = [each for each in form.preset.choices if each.value != "slack"]
    return _render(form, connection_pages.describe_new(form))


def render_page(connection: SignInConnection, form: ConnectionForm, secret: str = "") -> str:
    """Render the page of one connection, with the ``secret`` of a token that was just made."""
    return _render(form, connection_pages.describe_connection(connection, form, secret))


def _render(form: ConnectionForm, values: dict) -> str:
    for name in TEAM_FIELDS:
        del form[name]
    return render_template("portal/connection.html", organization=get_organization(), **values)


def _status_of(error: ValidationError | ConflictError) -> int:
    return 409 if isinstance(error, ConflictError) else 422
