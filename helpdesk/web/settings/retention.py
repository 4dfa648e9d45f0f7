"""How long closed tickets are kept; handing over and erasing what is held about a person or an organization."""

from flask import Blueprint, flash, redirect, request

from helpdesk.domain.administration import settings
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.people import organizations, users
from helpdesk.web.middleware import authorization
from helpdesk.web.settings import navigation
from helpdesk.web.settings.retention_form import RetentionForm

blueprint = Blueprint("settings_retention", __name__, url_prefix="/settings/retention")


@blueprint.get("")
@authorization.admin_only
def show_retention():
    """How long, and finding whom an erasure is about by address or name."""
    return page(RetentionForm(data=settings.get_all()))


@blueprint.post("")
@authorization.admin_only
def save_retention():
    """Keep the number; a new one that erases tickets is asked for twice."""
    form = RetentionForm(request.form)
    if not form.save("Retention"):
        goes = form.count_expiring() if form.understood.errors else 0
        return page(form, goes), 422
    flash("Retention is saved.", "success")
    return redirect("/settings/retention", 303)


def page(form: RetentionForm, goes: int = 0) -> str:
    words = request.args.get("q", "").strip()[:200]
    found_person = None
    if "@" in words:
        try:
            found_person = users.find_user(users.canonical_email(words))
        except ValidationError:
            found_person = None
    return navigation.render_settings_page(
        "settings/retention.html",
        form=form,
        goes=goes,
        words=words,
        person=found_person,
        organizations=organizations.search_organizations(words, size=20) if words and "@" not in words else [],
    )
