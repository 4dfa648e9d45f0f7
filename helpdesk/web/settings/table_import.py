"""What the pages that import tables share: read the file, preview every line, and import exactly what was previewed."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue

from helpdesk.domain.people import import_table
from helpdesk.domain.people.organization_csv_import import ImportedRow
from helpdesk.extensions import db
from helpdesk.translation import gettext
from helpdesk.web import stale_forms
from helpdesk.web.settings import navigation


@dataclass(frozen=True)
class ImportPage:
    """One page: ``run(text, dry)`` imports; ``what`` is "organizations" or "people", ``example`` its placeholder.

    ``list_columns`` returns the columns of the table.
    """

    what: str
    list_columns: Callable[[], tuple[str, ...]]
    example: str
    run: Callable[[str, bool], list[ImportedRow]]

    @property
    def path(self) -> str:
        return f"/settings/{self.what}/import"


def answer_import(page: ImportPage) -> ResponseReturnValue:
    """Show what each line would do; with ``confirm``, do it if it still does what was shown."""
    is_confirmed = "confirm" in request.form
    try:
        text = read_text()
        results = page.run(text, not is_confirmed)
    except ValueError as error:
        db.session.rollback()
        return render_page(page, text=request.form.get("text", ""), errors={"file": str(error)}), 422
    if is_confirmed and request.form.get(stale_forms.FIELD_NAME) != _fingerprint(results):
        db.session.rollback()
        error = gettext("What the lines do has changed since you read it. Read it again.")
        return render_page(page, text, page.run(text, True), {"": error}), 409
    if not is_confirmed:
        db.session.rollback()
        return render_page(page, text, results)
    db.session.commit()
    count = sum(result.kind in ("add", "change") for result in results)
    flash(gettext("Imported lines: %(count)s.", count=count), "success")
    return redirect(f"/settings/{page.what}", 303)


def read_text() -> str:
    """The text of the file, a workbook as CSV, or what was pasted. Raises ValueError."""
    file = request.files.get("file")
    if file and file.filename:
        return import_table.decode_file(file.stream.read(import_table.MAX_FILE_BYTES + 1))
    if not request.form.get("text", "").strip():
        raise ValueError(gettext("Choose a file, or paste its text."))
    return request.form["text"]


def render_page(
    page: ImportPage, text: str = "", results: list[ImportedRow] | None = None, errors: dict[str, Any] | None = None
) -> str:
    """The page; ``results`` are the results of a preview."""
    return navigation.render_settings_page(
        "settings/import.html",
        page=page,
        text=text,
        results=results,
        loaded=_fingerprint(results) if results else "",
        errors=errors or {},
    )


def _fingerprint(results: list[ImportedRow]) -> str:
    return stale_forms.fingerprint({"rows": [asdict(result) for result in results]})
