"""The fields of a form's draft. The first change of a published form begins the draft."""

from flask import Blueprint, abort, redirect, request

from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.forms import builder, field_types
from helpdesk.extensions import db
from helpdesk.models.form import Field, Form
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import forms, navigation

blueprint = Blueprint("settings_form_fields", __name__, url_prefix="/settings/forms/<int:form_id>/fields")
TICKS = ("required", "team_only", "customer_fills")
TEXTS = ("kind", "label", "help", "placeholder", "default", "shown_if_key", "shown_if_value")


@blueprint.get("/new")
@authorization.admin_only
def show_new_field(form_id: int):
    """An empty field."""
    form = forms.found(form_id)
    return page(form, None, {"kind": field_types.all_types()[0].name, "customer_fills": True})


@blueprint.post("")
@authorization.admin_only
def create_field(form_id: int):
    form = forms.found(form_id)
    try:
        builder.add_field(builder.get_or_create_draft(form), authentication.get_current_user(), **given())
    except (ValidationError, ConflictError) as error:
        return rejected(form_id, None, error)
    db.session.commit()
    return back(form_id)


@blueprint.get("/<key>")
@authorization.admin_only
def show_field(form_id: int, key: str):
    """One field in a form."""
    form = forms.found(form_id)
    field = found(form, key)
    values = {name: getattr(field, name) for name in builder.EDITABLE_COLUMNS} | {"options": "\n".join(field.options)}
    return page(form, field, values)


@blueprint.post("/<key>")
@authorization.admin_only
def update_field(form_id: int, key: str):
    form = forms.found(form_id)
    found(form, key)
    try:
        builder.update_field(drafted(form, key), authentication.get_current_user(), **given())
    except (ValidationError, ConflictError) as error:
        return rejected(form_id, key, error)
    db.session.commit()
    return back(form_id)


@blueprint.post("/<key>/place")
@authorization.admin_only
def move_field(form_id: int, key: str):
    """One place up or down."""
    form = forms.found(form_id)
    found(form, key)
    builder.move_field(drafted(form, key), authentication.get_current_user(), up=request.form.get("to") == "up")
    db.session.commit()
    return back(form_id)


@blueprint.post("/<key>/delete")
@authorization.admin_only
def delete_field(form_id: int, key: str):
    form = forms.found(form_id)
    found(form, key)
    builder.remove_field(drafted(form, key), authentication.get_current_user())
    db.session.commit()
    return back(form_id)


def found(form: Form, key: str) -> Field:
    """The field with this key in the newest version; else 404."""
    return next((field for field in forms.newest(form).fields if field.key == key), None) or abort(404)


def drafted(form: Form, key: str) -> Field:
    """The same field in the draft, which is made where there is none."""
    return next(field for field in builder.get_or_create_draft(form).fields if field.key == key)


def given() -> dict:
    """What the form says about a field."""
    values: dict = {name: request.form.get(name, "").strip() for name in TEXTS}
    values |= {name: request.form.get(name) == "1" for name in TICKS}
    values["options"] = request.form.get("options", "").splitlines()
    return values


def rejected(form_id: int, key: str | None, error: ValidationError | ConflictError):
    db.session.rollback()
    form = forms.found(form_id)
    errors = getattr(error, "errors", None) or {error.field or "label": error.sentence}
    values = given() | {"options": request.form.get("options", "")}
    return page(form, found(form, key) if key else None, values, errors), 422


def page(form: Form, field: Field | None, values: dict, errors: dict | None = None) -> str:
    before = [
        other
        for other in sorted(forms.newest(form).fields, key=lambda other: other.position)
        if field is None or other.position < field.position
    ]
    return navigation.render_settings_page(
        "settings/form_field.html",
        form=form,
        field=field,
        values=values,
        errors=errors or {},
        kinds=list(field_types.labels().items()),
        before=[(other.key, other.label) for other in before if field_types.field_type_for(other).can_control],
    )


def back(form_id: int):
    return redirect(f"/settings/forms/{form_id}#fields", 303)
