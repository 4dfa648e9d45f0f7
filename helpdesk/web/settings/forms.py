"""Forms: their names and audience, previews, and publishing of drafts."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from helpdesk.database.row_ids import parse_id
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.forms import builder, choices_for, diff, field_types, form_words, visible_fields
from helpdesk.domain.forms.validation import publish_errors
from helpdesk.domain.people.organization_choices import list_choices
from helpdesk.extensions import db
from helpdesk.models.form import Field, Form, FormVersion
from helpdesk.models.organization import Organization
from helpdesk.models.ticket import Ticket
from helpdesk.translation import current_code, gettext, use_language
from helpdesk.web import stale_forms, uploads
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation

blueprint = Blueprint("settings_forms", __name__, url_prefix="/settings/forms")
FIELD_COLUMNS = [column.name for column in Field.__table__.columns if column.name != "id"]


@blueprint.get("")
@authorization.admin_only
def list_forms() -> ResponseReturnValue:
    """Show every form, and the form to create another."""
    return render_list({"for_all": "all"})


@blueprint.post("")
@authorization.admin_only
def create_form() -> ResponseReturnValue:
    """Create a form."""
    values = request.form.to_dict() | {"organizations": request.form.getlist("organizations")}
    try:
        form = builder.create_form(
            values.get("name", ""),
            authentication.get_current_user(),
            description=values.get("description", ""),
            for_all=values.get("for_all") != "some",
            organization_ids=parse_organization_ids(),
        )
        form_words.set_words(form, read_words(values), actor=authentication.get_current_user())
    except ValidationError as error:
        db.session.rollback()
        return render_list(values, error.errors), 422
    db.session.commit()
    return redirect(f"/settings/forms/{form.id}", 303)


@blueprint.get("/<int:form_id>")
@authorization.admin_only
def show_form(form_id: int) -> ResponseReturnValue:
    """Show one form: who may use it, its fields, and what publishing would change."""
    return render_page(get_form_or_404(form_id))


@blueprint.post("/<int:form_id>")
@authorization.admin_only
def update_form(form_id: int) -> ResponseReturnValue:
    """Save name, description, words and audience."""
    form = get_form_or_404(form_id)
    values = request.form.to_dict() | {"organizations": request.form.getlist("organizations")}
    try:
        stale_forms.begin_change(lambda: stored_values(form))
        builder.update_form(
            form,
            authentication.get_current_user(),
            name=values.get("name", ""),
            description=values.get("description", ""),
            for_all=values.get("for_all") != "some",
            organization_ids=parse_organization_ids(),
        )
        form_words.set_words(form, read_words(values), actor=authentication.get_current_user())
    except ValidationError as error:
        db.session.rollback()
        return render_page(get_form_or_404(form_id), values, error.errors), 422
    except ConflictError as error:
        db.session.rollback()
        return render_page(get_form_or_404(form_id), values, {"": error.message}), 409
    db.session.commit()
    flash(gettext("Saved."), "success")
    return redirect(f"/settings/forms/{form_id}", 303)


@blueprint.post("/<int:form_id>/place")
@authorization.admin_only
def move_form(form_id: int) -> ResponseReturnValue:
    """Move a form up or down by one position in the customers' choice."""
    builder.move_form(get_form_or_404(form_id), authentication.get_current_user(), up=request.form.get("to") == "up")
    db.session.commit()
    return redirect("/settings/forms", 303)


@blueprint.post("/<int:form_id>/archive")
@authorization.admin_only
def archive_form(form_id: int) -> ResponseReturnValue:
    """Archive a form; existing tickets keep it."""
    builder.archive_form(get_form_or_404(form_id), authentication.get_current_user())
    db.session.commit()
    flash(gettext("Archived. Nobody can file with it; tickets filed with it stay as they are."), "success")
    return redirect("/settings/forms", 303)


@blueprint.post("/<int:form_id>/archive/delete")
@authorization.admin_only
def restore_form(form_id: int) -> ResponseReturnValue:
    """Restore an archived form."""
    builder.restore_form(get_form_or_404(form_id), authentication.get_current_user())
    db.session.commit()
    return redirect(f"/settings/forms/{form_id}", 303)


@blueprint.get("/<int:form_id>/preview")
@authorization.admin_only
def preview_form(form_id: int) -> ResponseReturnValue:
    """The newest version as customers see it, in ``?language=``, and its differences from the published one."""
    form = get_form_or_404(form_id)
    version = get_newest_version(form)
    fields = visible_fields(version, for_team=False)
    with use_language(request.args.get("language") or current_code()):
        return navigation.render_settings_page(
            "settings/form_preview.html",
            form=version,
            fields=fields,
            **publication_context(form),
            values={},
            errors={},
            form_token="",
            offered=choices_for(fields, None),
            limits=uploads.UPLOAD_LIMITS,
            kept={},
            requester=None,
            preview=True,
        )


@blueprint.post("/<int:form_id>/publication")
@authorization.admin_only
def publish_form(form_id: int) -> ResponseReturnValue:
    """Publish the draft."""
    form = get_form_or_404(form_id)
    try:
        stale_forms.begin_change(lambda: stored_draft(get_form_or_404(form_id)))
        version = builder.publish_form(form, authentication.get_current_user())
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        status = 409 if isinstance(error, ConflictError) else 422
        return render_page(get_form_or_404(form_id), errors={"": error.message}), status
    db.session.commit()
    flash(gettext("Version %(number)s is in use from now on.", number=version.number), "success")
    return redirect(f"/settings/forms/{form_id}", 303)


@blueprint.post("/<int:form_id>/draft/delete")
@authorization.admin_only
def discard_draft(form_id: int) -> ResponseReturnValue:
    """Discard the draft."""
    try:
        stale_forms.begin_change(lambda: stored_draft(get_form_or_404(form_id)))
    except ConflictError as error:
        db.session.rollback()
        return render_page(get_form_or_404(form_id), errors={"": error.message}), 409
    builder.discard_draft(get_form_or_404(form_id), authentication.get_current_user())
    db.session.commit()
    flash(gettext("The draft is gone; the published version stays."), "success")
    return redirect(f"/settings/forms/{form_id}", 303)


def get_form_or_404(form_id: int) -> Form:
    """Return the form, with everything its pages show; else 404."""
    form = db.session.scalar(
        select(Form)
        .where(Form.id == form_id)
        .options(selectinload(Form.versions).selectinload(FormVersion.fields), selectinload(Form.organizations))
    )
    return form or abort(404)


def get_newest_version(form: Form) -> FormVersion:
    """Return the newest version, published or not."""
    return max(form.versions, key=lambda version: version.number)


def parse_organization_ids() -> list[int]:
    """Return the ids of existing organizations in the request."""
    ids = [id for text in request.form.getlist("organizations") if (id := parse_id(text)) is not None]
    return list(db.session.scalars(select(Organization.id).where(Organization.id.in_(ids)))) if ids else []


def publication_context(form: Form) -> dict[str, Any]:
    """What publishing would change, and the errors that prevent it."""
    version, published = get_newest_version(form), builder.published_version(form)
    is_draft = version.published_at is None
    return {
        "version": version,
        "in_use": published,
        "is_draft": is_draft,
        "draft": stale_forms.fingerprint(stored_draft(form)),
        "difference": diff.describe_changes(published, version) if is_draft else [],
        "troubles": publish_errors(version) if is_draft else [],
    }


def render_page(form: Form, values: dict[str, Any] | None = None, errors: dict[str, Any] | None = None) -> str:
    """Render the page of one form, with stored values or with what was typed and the errors."""
    return navigation.render_settings_page(
        "settings/form.html",
        form=form,
        values=values or stored_values(form),
        loaded=stale_forms.fingerprint(stored_values(form)),
        errors=errors or {},
        organizations=list_organization_choices(),
        kinds=field_types.labels(),
        **publication_context(form),
    )


def read_words(values: dict[str, Any]) -> form_words.FormWords:
    """Return the words of the form as they were typed."""
    return form_words.FormWords(**{name: values.get(name, "") for name in form_words.MAX_LENGTHS})


def stored_draft(form: Form) -> dict[str, Any]:
    """The fields of the newest version: who publishes or discards them has to have seen them."""
    version = get_newest_version(form)
    rows = [{name: getattr(field, name) for name in FIELD_COLUMNS} for field in version.fields]
    return {"number": version.number, "fields": rows}


def stored_values(form: Form) -> dict[str, Any]:
    """Return the stored name, description, words and audience, as the page's form has them."""
    return {
        "name": form.name,
        "description": form.description,
        **{name: getattr(form, name) for name in form_words.MAX_LENGTHS},
        "for_all": "all" if form.for_all else "some",
        "organizations": sorted(row.organization_id for row in form.organizations),
    }


def render_list(values: dict[str, Any], errors: dict[str, Any] | None = None) -> str:
    """Render the page of all forms."""
    forms = db.session.scalars(
        select(Form)
        .options(selectinload(Form.versions), selectinload(Form.organizations))
        .order_by(Form.position, Form.id)
    )
    ticket_counts = dict(
        db.session.execute(
            select(FormVersion.form_id, func.count())
            .join(Ticket, Ticket.form_version_id == FormVersion.id)
            .group_by(FormVersion.form_id)
        ).all()
    )
    rows: list[dict[str, Any]] = [
        {
            "form": form,
            "in_use": builder.published_version(form),
            "is_draft": get_newest_version(form).published_at is None,
            "filed": ticket_counts.get(form.id, 0),
        }
        for form in forms
    ]
    return navigation.render_settings_page(
        "settings/forms.html",
        active=[row for row in rows if not row["form"].archived_at],
        archived=[row for row in rows if row["form"].archived_at],
        values=values,
        errors=errors or {},
        organizations=list_organization_choices(),
    )


def list_organization_choices() -> list[tuple[int, str]]:
    """Organizations to choose from, as (id, name)."""
    return [(each.id, each.name) for each in list_choices(most=500)]
