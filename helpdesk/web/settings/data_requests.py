"""Data subject requests: export or erase what is stored about a person or an organization."""

import tempfile
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, request, send_file
from flask.typing import ResponseReturnValue

from helpdesk.domain.administration import operations
from helpdesk.domain.errors import ConflictError
from helpdesk.domain.people import organizations, users
from helpdesk.domain.privacy import data_export, erasure, erasure_preview, organization_erasure
from helpdesk.extensions import db
from helpdesk.models.operation import OperationKind
from helpdesk.models.organization import Organization
from helpdesk.models.user import User
from helpdesk.translation import gettext
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation

blueprint = Blueprint("settings_data_requests", __name__, url_prefix="/settings/retention")


MAX_MEMORY_BYTES = 8 * 1024 * 1024  # larger archives are written to disk


@blueprint.get("/people/<int:user_id>")
@authorization.admin_only
def show_person(user_id: int) -> ResponseReturnValue:
    """What is stored about a person, and what erasing them means."""
    user = users.get_user(user_id) or abort(404)
    return render_subject_page("person", user, user.display_name, erasure_preview.preview_person(user))


@blueprint.post("/people/<int:user_id>/export")
@authorization.admin_only
def export_person(user_id: int) -> ResponseReturnValue:
    """Download a ZIP of what is stored about a person."""
    user = users.get_user(user_id) or abort(404)
    return send_archive(
        user.email.partition("@")[0],
        lambda into: data_export.export_person(user, actor=authentication.get_current_user(), into=into),
    )


@blueprint.post("/people/<int:user_id>/erase")
@authorization.admin_only
def erase_person(user_id: int) -> ResponseReturnValue:
    """Erase a person, once their address has been typed."""
    user = users.get_user(user_id) or abort(404)
    if request.form.get("name", "").strip() != user.email:
        error = {"name": gettext("Type %(email)s to say that you mean it.", email=user.email)}
        return render_subject_page("person", user, user.display_name, erasure_preview.preview_person(user), error), 422
    try:
        keys = erasure.erase_person(
            user,
            actor=authentication.get_current_user(),
            words="words" in request.form,
            subjects="subjects" in request.form,
        )
    except ConflictError as error:
        db.session.rollback()
        flash(error.message, "error")
        return redirect(f"/settings/retention/people/{user_id}", 303)
    db.session.commit()
    erasure.delete_files(keys)
    flash(gettext("The person is erased."), "success")
    return redirect(operation_address(OperationKind.erase_person, user_id), 303)


@blueprint.get("/organizations/<int:organization_id>")
@authorization.admin_only
def show_organization(organization_id: int) -> ResponseReturnValue:
    """What is stored about an organization, and what erasing it means."""
    organization = organizations.get_organization(organization_id) or abort(404)
    return render_subject_page(
        "organization", organization, organization.name, erasure_preview.preview_organization(organization)
    )


@blueprint.post("/organizations/<int:organization_id>/export")
@authorization.admin_only
def export_organization(organization_id: int) -> ResponseReturnValue:
    """Download a ZIP of what is stored about an organization."""
    organization = organizations.get_organization(organization_id) or abort(404)
    return send_archive(
        organization.slug,
        lambda into: data_export.export_organization(organization, actor=authentication.get_current_user(), into=into),
    )


@blueprint.post("/organizations/<int:organization_id>/erase")
@authorization.admin_only
def erase_organization(organization_id: int) -> ResponseReturnValue:
    """Erase an organization, once its name has been typed; a job does it in batches."""
    organization = organizations.get_organization(organization_id) or abort(404)
    if request.form.get("name", "").strip() != organization.name:
        error = {"name": gettext("Type %(organization)s to say that you mean it.", organization=organization.name)}
        return render_subject_page(
            "organization", organization, organization.name, erasure_preview.preview_organization(organization), error
        ), 422
    organization_erasure.start_erasing_organization(organization, actor=authentication.get_current_user())
    db.session.commit()
    flash(gettext("The organization is closed and is being erased."), "success")
    return redirect(operation_address(OperationKind.erase_organization, organization_id), 303)


def operation_address(kind: OperationKind, source_id: int) -> str:
    """Return the page of the progress of what was begun just now."""
    operation = operations.find_latest(kind, source_id)
    return f"/settings/operations/{operation.id}" if operation is not None else "/settings/operations"


def render_subject_page(
    kind: str,
    subject: User | Organization,
    name: str,
    preview: erasure_preview.ErasurePreview,
    errors: dict[str, Any] | None = None,
) -> str:
    """Render the page of one person or organization."""
    section = "people" if kind == "person" else "organizations"
    return navigation.render_settings_page(
        "settings/erasure.html",
        kind=kind,
        name=name,
        word=subject.email if kind == "person" else subject.name,
        path=f"/settings/retention/{section}/{subject.id}",
        preview=preview,
        errors=errors or {},
    )


def send_archive(name: str, write: Callable[[Any], object]) -> Response:
    """Write a ZIP with ``write``, commit its audit log entry, and send it."""
    into = tempfile.SpooledTemporaryFile(max_size=MAX_MEMORY_BYTES)  # noqa: SIM115 (the response closes it once it is sent)
    write(into)
    db.session.commit()
    into.seek(0)
    return send_file(into, mimetype="application/zip", as_attachment=True, download_name=data_export.archive_name(name))
