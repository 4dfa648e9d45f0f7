"""When solved tickets close by themselves."""

from flask import Blueprint, flash, redirect

from helpdesk.domain.administration import settings
from helpdesk.web.middleware import authorization
from helpdesk.web.settings import navigation, settings_form

blueprint = Blueprint("settings_auto_close", __name__, url_prefix="/settings/closing")
NAMES = ("close_after_days", "close_warning_days")


@blueprint.get("")
@authorization.admin_only
def show_auto_close():
    return page(settings.get_all())


@blueprint.post("")
@authorization.admin_only
def save_auto_close():
    values = settings_form.typed(NAMES)
    errors = {}
    if all(value.isdecimal() and len(value) < 6 for value in values.values()) and 0 < int(
        values["close_after_days"]
    ) <= int(values["close_warning_days"]):
        errors["close_warning_days"] = "The warning comes before the closing: write fewer days."
    errors = errors or settings_form.save(values, "Automatic closing")
    if errors:
        return page(values, errors), 422
    flash("Automatic closing is saved.", "success")
    return redirect("/settings/closing", 303)


def page(values: dict, errors: dict | None = None) -> str:
    return navigation.render_settings_page("settings/closing.html", values=values, errors=errors or {})
