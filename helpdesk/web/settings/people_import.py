"""Import customers from CSV or a workbook: first a preview of each line, then the import."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from helpdesk.domain.people import people_import
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import table_import

blueprint = Blueprint("settings_people_import", __name__, url_prefix="/settings/people/import")
PAGE = table_import.ImportPage(
    "people",
    lambda: people_import.COLUMNS,
    "email,name,organization\ndana@globex.com,Dana Fields,Globex",
    lambda text, dry: people_import.import_people(text, actor=authentication.get_current_user(), dry=dry),
)


@blueprint.get("")
@authorization.admin_only
def show_import_form() -> ResponseReturnValue:
    """Show the form, with the file's format."""
    return table_import.render_page(PAGE)


@blueprint.post("")
@authorization.admin_only
def import_people() -> ResponseReturnValue:
    """Show what each line would do; with ``confirm``, do it."""
    return table_import.answer_import(PAGE)
