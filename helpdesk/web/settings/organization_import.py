"""Import organizations from a CSV file: first a preview of each line, then the import."""

from typing import Any

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue

from helpdesk.domain.people import organization_csv_import
from helpdesk.extensions import db
from helpdesk.translation import ngettext
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation

blueprint = Blueprint("settings_organization_import", __name__, url_prefix="/settings/organizations/import")
MAX_CSV_BYTES = 1024 * 1024


@blueprint.get("")
@authorization.admin_only
def show_import_form() -> ResponseReturnValue:
    """The form, with the file's format."""
    return render_page()


@blueprint.post("")
@authorization.admin_only
def import_organizations() -> ResponseReturnValue:
    """Show what each line would do; with ``confirm``, do it."""
    dry = "confirm" not in request.form
    try:
        text = read_csv_text()
        results = organization_csv_import.import_csv(text, actor=authentication.get_current_user(), dry=dry)
    except ValueError as error:
        db.session.rollback()
        return render_page(text=request.form.get("text", ""), errors={"file": str(error)}), 422
    if dry:
        db.session.rollback()
        return render_page(text=text, results=results)
    db.session.commit()
    count = sum(result.kind in ("add", "change") for result in results)
    flash(
        ngettext("%(num)s organization is imported.", "%(num)s organizations are imported.", count),
        "success",
    )
    return redirect("/settings/organizations", 303)


def read_csv_text() -> str:
    """The text of the file, or what was pasted. Raises ValueError."""
    file = request.files.get("file")
    if file and file.filename:
        raw = file.stream.read(MAX_CSV_BYTES + 1)
        if len(raw) > MAX_CSV_BYTES:
            raise ValueError("The file is larger than 1 MB; import it in parts.")
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ValueError("The file is not UTF-8. Save it as “CSV UTF-8”.") from None
    if not request.form.get("text", "").strip():
        raise ValueError("Choose a file, or paste its text.")
    return request.form["text"]


def render_page(text: str = "", results: list[Any] | None = None, errors: dict[str, Any] | None = None) -> str:
    """The page; ``results`` are the results of a preview."""
    return navigation.render_settings_page(
        "settings/import.html",
        text=text,
        fates=results,
        errors=errors or {},
        columns=organization_csv_import.COLUMNS,
    )
