"""The fields of a form's draft. The first change of a published form creates the draft."""

from typing import Any

from flask import Blueprint, abort, redirect, request
from flask.typing import ResponseReturnValue

from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.forms import builder, field_types
from helpdesk.extensions import db
from helpdesk.models.form import Field, Form
from helpdesk.web import stale_forms
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import forms, navigation

blueprint = Blueprint("settings_form_fields", __name__, url_prefix="/settings/forms/<int:form_id>/fields")
CHECKBOX_NAMES = ("required", "team_only", "customer_fills")
TEXT_NAMES = ("kind", "label", "help", "placeholder", "default", "shown_if_key", "shown_if_value")


@blueprint.get("/new")
@authorization.admin_only
def show_new_field(form_id: int) -> ResponseReturnValue:
    """Show an empty form for a new field."""
    form = forms.get_form_or_404(form_id)
    return render_page(form, None, {"kind": field_types.all_types()[0].name, "customer_fills": True})


@blueprint.post("")
@authorization.admin_only
def create_field(form_id: int) -> ResponseReturnValue:
    """Add a field."""
    form = forms.get_form_or_404(form_id)
    try:
        builder.add_field(builder.get_or_create_draft(form), authentication.get_current_user(), **parse_field_values())
    except (ValidationError, ConflictError) as error:
        return render_rejected_form(form_id, None, error)
    db.session.commit()
    return redirect_to_form(form_id)


@blueprint.get("/<key>")
@authorization.admin_only
def show_field(form_id: int, key: str) -> ResponseReturnValue:
    """Show one field in its form."""
    form = forms.get_form_or_404(form_id)
    field = get_field_or_404(form, key)
    return render_page(form, field, stored_values(field))


@blueprint.post("/<key>")
@authorization.admin_only
def update_field(form_id: int, key: str) -> ResponseReturnValue:
    """Save a field."""
    form = forms.get_form_or_404(form_id)
    get_field_or_404(form, key)
    try:
        stale_forms.begin_change(lambda: stored_values(get_field_or_404(form, key)))
        builder.update_field(get_draft_field(form, key), authentication.get_current_user(), **parse_field_values())
    except (ValidationError, ConflictError) as error:
        return render_rejected_form(form_id, key, error)
    db.session.commit()
    return redirect_to_form(form_id)


@blueprint.post("/<key>/place")
@authorization.admin_only
def move_field(form_id: int, key: str) -> ResponseReturnValue:
    """Move a field up or down by one position."""
    form = forms.get_form_or_404(form_id)
    get_field_or_404(form, key)
    builder.move_field(get_draft_field(form, key), authentication.get_current_user(), up=request.form.get("to") == "up")
    db.session.commit()
    return redirect_to_form(form_id)


@blueprint.post("/<key>/delete")
@authorization.admin_only
def delete_field(form_id: int, key: str) -> ResponseReturnValue:
    """Remove a field."""
    form = forms.get_form_or_404(form_id)
    get_field_or_404(form, key)
    builder.remove_field(get_draft_field(form, key), authentication.get_current_user())
    db.session.commit()
    return redirect_to_form(form_id)


def get_field_or_404(form: Form, key: str) -> Field:
    """Return the field with this key in the newest version; else 404."""
    return next((field for field in forms.get_newest_version(form).fields if field.key == key), None) or abort(404)


def get_draft_field(form: Form, key: str) -> Field:
    """Return this field of the draft, which is created if there is none."""
    return next(field for field in builder.get_or_create_draft(form).fields if field.key == key)


def stored_values(field: Field) -> dict[str, Any]:
    """Return the stored values of a field, as its form has them."""
    return {name: getattr(field, name) for name in builder.EDITABLE_COLUMNS} | {"options": "\n".join(field.options)}


def parse_field_values() -> dict[str, Any]:
    """Return the values of a field in the request."""
    values: dict[str, Any] = {name: request.form.get(name, "").strip() for name in TEXT_NAMES}
    values |= {name: request.form.get(name) == "1" for name in CHECKBOX_NAMES}
    values["options"] = request.form.get("options", "").splitlines()
    return values


def render_rejected_form(form_id: int, key: str | None, error: ValidationError | ConflictError) -> ResponseReturnValue:
    """Render the form with what was typed and the errors."""
    db.session.rollback()
    form = forms.get_form_or_404(form_id)
    errors = getattr(error, "errors", None) or {error.field or "label": error.message}
    values = parse_field_values() | {"options": request.form.get("options", "")}
    status = 409 if isinstance(error, ConflictError) and error.message == stale_forms.SENTENCE else 422
    return render_page(form, get_field_or_404(form, key) if key else None, values, errors), status


def render_page(form: Form, field: Field | None, values: dict[str, Any], errors: dict[str, Any] | None = None) -> str:
    """Render the form of one field; None is a new one."""
    earlier_fields = [
        other
        for other in sorted(forms.get_newest_version(form).fields, key=lambda other: other.position)
        if field is None or other.position < field.position
    ]
    return navigation.render_settings_page(
        "settings/form_field.html",
        form=form,
        field=field,
        values=values,
        loaded=stale_forms.fingerprint(stored_values(field)) if field else "",
        errors=errors or {},
        kinds=list(field_types.labels().items()),
        before=[(other.key, other.label) for other in earlier_fields if field_types.field_type_for(other).can_control],
    )


def redirect_to_form(form_id: int) -> ResponseReturnValue:
    """Redirect to the form's fields."""
    return redirect(f"/settings/forms/{form_id}#fields", 303)
