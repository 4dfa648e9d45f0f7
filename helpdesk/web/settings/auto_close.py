"""When solved tickets are closed automatically."""

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue

from helpdesk.domain.administration import settings
from helpdesk.translation import gettext
from helpdesk.web.middleware import authorization
from helpdesk.web.settings import navigation
from helpdesk.web.settings.closing_form import ClosingForm

blueprint = Blueprint("settings_auto_close", __name__, url_prefix="/settings/closing")


@blueprint.get("")
@authorization.admin_only
def show_auto_close() -> ResponseReturnValue:
    """Show the form with the current values."""
    return render_page(ClosingForm(data=settings.get_all()))


@blueprint.post("")
@authorization.admin_only
def save_auto_close() -> ResponseReturnValue:
    """Save after how many days solved tickets are closed."""
    form = ClosingForm(request.form)
    if not form.save("Automatic closing"):
        return render_page(form), form.refusal_status
    flash(gettext("Automatic closing is saved."), "success")
    return redirect("/settings/closing", 303)


def render_page(form: ClosingForm) -> str:
    """Render the page with ``form``."""
    return navigation.render_settings_page("settings/closing.html", form=form)
