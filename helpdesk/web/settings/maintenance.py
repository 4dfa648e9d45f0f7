"""Switch maintenance mode on and off, with a text."""

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, StringField
from wtforms.validators import Length, Optional

from helpdesk.domain.administration import settings
from helpdesk.translation import gettext, lazy_gettext
from helpdesk.web.middleware import authorization
from helpdesk.web.settings import navigation
from helpdesk.web.settings.settings_form import SettingsForm

blueprint = Blueprint("settings_maintenance", __name__, url_prefix="/settings/maintenance")


class MaintenanceForm(SettingsForm):
    """The switch, and what people read meanwhile."""

    maintenance = BooleanField(
        lazy_gettext("Maintenance mode"),
        description=lazy_gettext("Everything can be read, nothing is saved, no reply leaves."),
    )
    maintenance_text = StringField(
        lazy_gettext("What people read meanwhile"),
        [Optional(), Length(max=300, message=lazy_gettext("Write at most 300 characters."))],
        [lambda text: (text or "").strip()],
        lazy_gettext("A line above every page. Empty takes our own sentence."),
        render_kw={"maxlength": "300"},
    )


@blueprint.get("")
@authorization.admin_only
def show_maintenance() -> ResponseReturnValue:
    """Show the form with the current values."""
    return render_page(MaintenanceForm(data=settings.get_all()))


@blueprint.post("")
@authorization.admin_only
def save_maintenance() -> ResponseReturnValue:
    """Switch maintenance mode on or off."""
    form = MaintenanceForm(request.form)
    if not form.save("Maintenance"):
        return render_page(form), form.refusal_status
    is_on = form.maintenance.data
    flash(gettext("Maintenance mode is on.") if is_on else gettext("Maintenance mode is off."), "success")
    return redirect("/settings/maintenance", 303)


def render_page(form: MaintenanceForm) -> str:
    """Render the page with ``form``."""
    return navigation.render_settings_page("settings/maintenance.html", form=form)
