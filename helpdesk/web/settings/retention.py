"""How long closed tickets are stored, and the search for people and organizations to export or erase."""

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue

from helpdesk.domain.administration import settings
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.people import organizations, users
from helpdesk.translation import gettext
from helpdesk.web.middleware import authorization
from helpdesk.web.settings import navigation
from helpdesk.web.settings.retention_form import RetentionForm

blueprint = Blueprint("settings_retention", __name__, url_prefix="/settings/retention")


@blueprint.get("")
@authorization.admin_only
def show_retention() -> ResponseReturnValue:
    """Show the form, and the results of the search for an address or a name."""
    return render_page(RetentionForm(data=settings.get_all()))


@blueprint.post("")
@authorization.admin_only
def save_retention() -> ResponseReturnValue:
    """Save the number of days; a number that erases tickets now must be confirmed."""
    form = RetentionForm(request.form)
    if not form.save("Retention"):
        expiring_count = form.count_expiring() if form.understood.errors else 0
        return render_page(form, expiring_count), form.refusal_status
    flash(gettext("Retention is saved."), "success")
    return redirect("/settings/retention", 303)


def render_page(form: RetentionForm, expiring_count: int = 0) -> str:
    """Render the page; ``expiring_count`` is how many tickets the number would erase now."""
    text = request.args.get("q", "").strip()[:200]
    person = None
    if "@" in text:
        try:
            person = users.find_user(users.canonical_email(text))
        except ValidationError:
            person = None
    return navigation.render_settings_page(
        "settings/retention.html",
        form=form,
        goes=expiring_count,
        words=text,
        person=person,
        organizations=organizations.search_organizations(text, size=20) if text and "@" not in text else [],
    )
