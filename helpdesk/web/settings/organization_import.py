"""Import organizations from CSV or a workbook: first a preview of each line, then the import."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from helpdesk.domain.people import organization_csv_import
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import table_import

blueprint = Blueprint("settings_organization_import", __name__, url_prefix="/settings/organizations/import")
PAGE = table_import.ImportPage(
    "organizations",
    organization_csv_import.list_columns,
    "name,domains\nGlobex,globex.com globex.de",
    lambda text, dry: organization_csv_import.import_csv(text, actor=authentication.get_current_user(), dry=dry),
)


@blueprint.get("")
@authorization.admin_only
def show_import_form() -> ResponseReturnValue:
    """Show the form, with the file's format."""
    return table_import.render_page(PAGE)


@blueprint.post("")
@authorization.admin_only
def import_organizations() -> ResponseReturnValue:
    """Show what each line would do; with ``confirm``, do it."""
    return table_import.answer_import(PAGE)
