"""Building forms: their names and audience, their fields, and publishing what was drafted."""

from flask import Blueprint, abort, flash, redirect, request
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.forms import builder, choices_for, diff, field_types, visible_fields
from helpdesk.domain.forms.validation import publish_errors
from helpdesk.extensions import db
from helpdesk.models.form import Form, FormVersion
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import Organization
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.request import parse_id
from helpdesk.web.settings import navigation

blueprint = Blueprint("settings_forms", __name__, url_prefix="/settings/forms")


@blueprint.get("")
@authorization.admin_only
def list_forms():
    """Every form, and the form to make one more."""
    return listing({"for_all": "all"})


@blueprint.post("")
@authorization.admin_only
def create_form():
    values = request.form.to_dict() | {"organizations": request.form.getlist("organizations")}
    try:
        form = builder.create_form(
            values.get("name", ""),
            authentication.get_current_user(),
            description=values.get("description", ""),
            for_all=values.get("for_all") != "some",
            organization_ids=chosen_organizations(),
        )
    except ValidationError as error:
        db.session.rollback()
        return listing(values, error.errors), 422
    db.session.commit()
    return redirect(f"/settings/forms/{form.id}", 303)


@blueprint.get("/<int:form_id>")
@authorization.admin_only
def show_form(form_id: int):
    """One form: who may use it, its fields, and what publishing would change."""
    return page(found(form_id))


@blueprint.post("/<int:form_id>")
@authorization.admin_only
def update_form(form_id: int):
    form = found(form_id)
    values = request.form.to_dict() | {"organizations": request.form.getlist("organizations")}
    try:
        builder.update_form(
            form,
            authentication.get_current_user(),
            name=values.get("name", ""),
            description=values.get("description", ""),
            for_all=values.get("for_all") != "some",
            organization_ids=chosen_organizations(),
        )
    except ValidationError as error:
        db.session.rollback()
        return page(found(form_id), values, error.errors), 422
    db.session.commit()
    flash("Saved.", "success")
    return redirect(f"/settings/forms/{form_id}", 303)


@blueprint.post("/<int:form_id>/place")
@authorization.admin_only
def move_form(form_id: int):
    """One place up or down in the chooser."""
    builder.move_form(found(form_id), authentication.get_current_user(), up=request.form.get("to") == "up")
    db.session.commit()
    return redirect("/settings/forms", 303)


@blueprint.post("/<int:form_id>/archive")
@authorization.admin_only
def archive_form(form_id: int):
    builder.archive_form(found(form_id), authentication.get_current_user())
    db.session.commit()
    flash("Archived. Nobody can file with it; tickets filed with it stay as they are.", "success")
    return redirect("/settings/forms", 303)


@blueprint.post("/<int:form_id>/archive/delete")
@authorization.admin_only
def restore_form(form_id: int):
    builder.restore_form(found(form_id), authentication.get_current_user())
    db.session.commit()
    return redirect(f"/settings/forms/{form_id}", 303)


@blueprint.get("/<int:form_id>/preview")
@authorization.admin_only
def preview_form(form_id: int):
    """The newest version as a customer would see it, and what is different from the one in use."""
    form = found(form_id)
    version = newest(form)
    fields = visible_fields(version, for_team=False)
    return navigation.render_settings_page(
        "settings/form_preview.html",
        form=version,
        fields=fields,
        **publishing(form),
        values={},
        errors={},
        form_token="",
        offered=choices_for(fields, None),
        limits={"size": 0, "files": 0},
        kept={},
        requester=None,
        preview=True,
    )


@blueprint.post("/<int:form_id>/publication")
@authorization.admin_only
def publish_form(form_id: int):
    form = found(form_id)
    try:
        version = builder.publish_form(form, authentication.get_current_user())
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        return page(found(form_id), errors={"": error.sentence}), 422
    db.session.commit()
    flash(f"Version {version.number} is in use from now on.", "success")
    return redirect(f"/settings/forms/{form_id}", 303)


@blueprint.post("/<int:form_id>/draft/delete")
@authorization.admin_only
def discard_draft(form_id: int):
    builder.discard_draft(found(form_id), authentication.get_current_user())
    db.session.commit()
    flash("The draft is gone; the published version stays.", "success")
    return redirect(f"/settings/forms/{form_id}", 303)


def found(form_id: int) -> Form:
    """The form, with everything its pages show; else 404."""
    if form_id >= 2**63:
        abort(404)
    form = db.session.scalar(
        select(Form)
        .where(Form.id == form_id)
        .options(selectinload(Form.versions).selectinload(FormVersion.fields), selectinload(Form.organizations))
    )
    return form or abort(404)


def newest(form: Form) -> FormVersion:
    return max(form.versions, key=lambda version: version.number)


def chosen_organizations() -> list[int]:
    ids = [id for text in request.form.getlist("organizations") if (id := parse_id(text)) is not None]
    return list(db.session.scalars(select(Organization.id).where(Organization.id.in_(ids)))) if ids else []


def publishing(form: Form) -> dict:
    """What publishing would change, and what keeps it from that."""
    version, used = newest(form), builder.published_version(form)
    drafted = version.published_at is None
    return {
        "version": version,
        "in_use": used,
        "is_draft": drafted,
        "difference": diff.describe_changes(used, version) if drafted else [],
        "troubles": publish_errors(version) if drafted else [],
    }


def page(form: Form, values: dict | None = None, errors: dict | None = None) -> str:
    given = {
        "name": form.name,
        "description": form.description,
        "for_all": "all" if form.for_all else "some",
        "organizations": [row.organization_id for row in form.organizations],
    }
    return navigation.render_settings_page(
        "settings/form.html",
        form=form,
        values=values or given,
        errors=errors or {},
        organizations=organizations(),
        kinds=field_types.labels(),
        **publishing(form),
    )


def listing(values: dict, errors: dict | None = None) -> str:
    forms = db.session.scalars(
        select(Form)
        .options(selectinload(Form.versions), selectinload(Form.organizations))
        .order_by(Form.position, Form.id)
    )
    filed = dict(
        db.session.execute(
            select(FormVersion.form_id, func.count())
            .join(Ticket, Ticket.form_version_id == FormVersion.id)
            .group_by(FormVersion.form_id)
        ).all()
    )
    shown = [
        {
            "form": form,
            "in_use": builder.published_version(form),
            "is_draft": newest(form).published_at is None,
            "filed": filed.get(form.id, 0),
        }
        for form in forms
    ]
    return navigation.render_settings_page(
        "settings/forms.html",
        active=[each for each in shown if not each["form"].archived_at],
        archived=[each for each in shown if each["form"].archived_at],
        values=values,
        errors=errors or {},
        organizations=organizations(),
    )


def organizations() -> list[tuple[int, str]]:
    rows = db.session.execute(select(Organization.id, Organization.name).order_by(Organization.name).limit(500))
    return [(row.id, row.name) for row in rows]
