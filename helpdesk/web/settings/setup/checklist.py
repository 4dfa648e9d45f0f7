"""The page of the checklist, and its steps that need nobody outside: look, organization, form."""

from typing import Any

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue

from helpdesk.domain.administration import audit_log, settings
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.forms import default_form
from helpdesk.domain.people import organizations
from helpdesk.extensions import db
from helpdesk.translation import gettext
from helpdesk.web import stale_forms
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings.setup import page
from helpdesk.web.settings.setup.forms import LookForm, OrganizationForm

blueprint = Blueprint("settings_setup", __name__, url_prefix="/settings/setup")


@blueprint.get("")
@authorization.admin_only
def show_checklist() -> ResponseReturnValue:
    """Show every step; the first that is not done is open, or the one that ``step`` names."""
    return page.render_checklist()


@blueprint.post("/look")
@authorization.admin_only
def save_look() -> ResponseReturnValue:
    """Save names and colour, also the defaults: choosing them is a choice."""
    form = LookForm(request.form)
    if not form.validate():
        return page.render_checklist("look", look=form), 422
    try:
        stale_forms.begin_change(page.stored_look)
    except ConflictError as error:
        db.session.rollback()
        form.add_refusal(error)
        return page.render_checklist("look", look=form), 409
    before = settings.load_all()
    changed: dict[str, Any] = {}
    for field in form:
        value = settings.set(field.name, field.data)
        if value != before[field.name]:
            changed[field.name] = [before[field.name], value]
    if changed:
        audit_log.add_entry(
            "changed the portal's settings", authentication.get_current_user(), "Portal setup", **changed
        )
    db.session.commit()
    return page.redirect_to("look", gettext("Name and look are saved."))


@blueprint.post("/organization")
@authorization.admin_only
def add_organization() -> ResponseReturnValue:
    """Add the first organization, or another."""
    form = OrganizationForm(request.form)
    try:
        added = organizations.create_organization(
            form.name.data, domains=form.domains.data.split(), actor=authentication.get_current_user()
        )
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        form.add_refusal(error)
        return page.render_checklist("organization", organization=form), 422
    db.session.commit()
    return page.redirect_to("organization", gettext("%(name)s is added.", name=added.name))


@blueprint.post("/form")
@authorization.admin_only
def add_default_form() -> ResponseReturnValue:
    """Make the default form where there is none."""
    added = default_form.create_if_none(authentication.get_current_user())
    db.session.commit()
    if added is None:
        return page.redirect_to(
            "form", gettext("There was a form before. Publish it, or bring it back under Forms."), "warning"
        )
    return page.redirect_to("form", gettext("The form %(name)s is published.", name=added.name))


@blueprint.post("/dismissal")
@authorization.admin_only
def dismiss_checklist() -> ResponseReturnValue:
    """Open it no more by itself; it stays under Settings."""
    if not settings.get("setup_dismissed"):
        settings.set("setup_dismissed", True)
        user = authentication.get_current_user()
        audit_log.add_entry("changed a setting", user, "setup_dismissed", value=[False, True])
        db.session.commit()
    flash(gettext("The checklist stays under Settings, Set-up checklist."), "success")
    return redirect("/desk", 303)
