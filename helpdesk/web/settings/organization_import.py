"""Organizations from a CSV file: first what would become of each line, then the same for real."""

from flask import Blueprint, flash, redirect, request

from helpdesk.domain.people import organization_csv_import
from helpdesk.extensions import db
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation

blueprint = Blueprint("settings_organization_import", __name__, url_prefix="/settings/organizations/import")
LARGEST = 1024 * 1024  # bytes


@blueprint.get("")
@authorization.admin_only
def show_import_form():
    """Where the file is given, and what it must look like."""
    return page()


@blueprint.post("")
@authorization.admin_only
def import_organizations():
    """Tell each line's fate; with ``confirm``, let it happen."""
    dry = "confirm" not in request.form
    try:
        text = given()
        fates = organization_csv_import.import_csv(text, actor=authentication.get_current_user(), dry=dry)
    except ValueError as error:
        db.session.rollback()
        return page(text=request.form.get("text", ""), errors={"file": str(error)}), 422
    if dry:
        db.session.rollback()
        return page(text=text, fates=fates)
    db.session.commit()
    count = sum(fate.kind in ("add", "change") for fate in fates)
    flash(f"{count} {'organization is' if count == 1 else 'organizations are'} imported.", "success")
    return redirect("/settings/organizations", 303)


def given() -> str:
    """The text of the file, or what was pasted."""
    file = request.files.get("file")
    if file and file.filename:
        raw = file.stream.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise ValueError("The file is larger than 1 MB; import it in parts.")
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ValueError("The file is not UTF-8. Save it as “CSV UTF-8”.") from None
    if not request.form.get("text", "").strip():
        raise ValueError("Choose a file, or paste its text.")
    return request.form["text"]


def page(text: str = "", fates=None, errors: dict | None = None) -> str:
    return navigation.render_settings_page(
        "settings/import.html",
        text=text,
        fates=fates,
        errors=errors or {},
        columns=organization_csv_import.COLUMNS,
    )
