"""When solved tickets close by themselves."""

from flask import Blueprint, flash, redirect

from helpdesk.domain import settings
from helpdesk.web import access
from helpdesk.web.settings import choosing, navigation

blueprint = Blueprint("settings_closing", __name__, url_prefix="/settings/closing")
NAMES = ("close_after_days", "close_warning_days")


@blueprint.get("")
@access.admin_only
def show():
    return page(settings.everything())


@blueprint.post("")
@access.admin_only
def save():
    values = choosing.typed(NAMES)
    errors = {}
    if all(value.isdecimal() and len(value) < 6 for value in values.values()) and 0 < int(
        values["close_after_days"]
    ) <= int(values["close_warning_days"]):
        errors["close_warning_days"] = "The warning comes before the closing: write fewer days."
    errors = errors or choosing.save(values, "Automatic closing")
    if errors:
        return page(values, errors), 422
    flash("Automatic closing is saved.", "success")
    return redirect("/settings/closing", 303)


def page(values: dict, errors: dict | None = None) -> str:
    return navigation.render("settings/closing.html", values=values, errors=errors or {})
