"""A customer's list of tickets, and filing one."""

import secrets

from flask import Blueprint, abort, redirect, render_template, request
from flask_login import current_user

from helpdesk.domain import files, forms, queues, tickets
from helpdesk.domain.errors import Conflict, Invalid
from helpdesk.extensions import db
from helpdesk.web import access, fragments
from helpdesk.web.tickets import LIMITS

blueprint = Blueprint("portal", __name__)


@blueprint.get("/")
@access.public
def home():
    """Where somebody belongs."""
    if not current_user.is_authenticated:
        return redirect("/sign-in")
    return redirect("/desk" if current_user.is_team else "/tickets")


@blueprint.get("/tickets")
def index():
    if current_user.is_team:
        return redirect("/desk")
    return render_template("portal/index.html", **listing())


@blueprint.get("/tickets/list")
def list_fragment():
    return render_template("portal/_ticket_list.html", **listing())


@blueprint.get("/tickets/new")
def new():
    """The form; a choice of forms where there are several."""
    available = available_forms()
    form = chosen_form(available, request.args.get("form"))
    if request.args.get("form") and form is None:
        abort(404)
    return render_template("portal/new.html", available=available, **form_needs(form, request.args.to_dict()))


@blueprint.post("/tickets")
def file():
    """File a ticket."""
    available = available_forms()
    form = chosen_form(available, request.form.get("form"))
    values = {name: request.form.getlist(name) if name.startswith("field-") else request.form[name] for name in request.form}
    errors: dict[str, str] = {}
    try:
        if form is None:
            raise Invalid("Choose a form.", "form")
        answers, errors = forms.read_answers(form, request.form, for_team=False)
        if errors:
            raise Invalid("Some answers need a look.", errors=errors)
        ticket = tickets.file(
            requester=current_user,
            subject=request.form.get("subject", ""),
            body=request.form.get("body", ""),
            form=form,
            answers=answers,
            attachments=files.from_form(request.files.getlist("files"), request.form.getlist("uploads"), current_user),
            form_token=request.form.get("form_token") or None,
        )
    except (Invalid, Conflict) as error:
        db.session.rollback()
        errors = getattr(error, "errors", None) or {error.field or "body": error.sentence}
        needs = form_needs(form, values, errors)
        if fragments.htmx and form:
            return render_template("portal/_ticket_form.html", **needs), 422
        return render_template("portal/new.html", available=available, **needs), 422
    db.session.commit()
    return fragments.go(f"/tickets/{ticket.number}")


def listing() -> dict:
    """What portal/_ticket_list.html needs."""
    filters = {name: request.args.get(name, "") for name in ("q", "status", "mine", "sort", "after")}
    page = queues.customer_page(current_user, filters, after=request.args.get("after"))
    return {"page": page, "filters": filters, "counts": queues.customer_counts(current_user)}


def available_forms() -> list:
    return forms.published(current_user.organization_id) if current_user.organization_id else []


def chosen_form(available: list, slug: str | None):
    """The form called ``slug``, or the only one there is."""
    if not slug:
        return available[0] if len(available) == 1 else None
    return next((version for version in available if version.form.slug == slug), None)


def form_needs(form, values: dict, errors: dict | None = None) -> dict:
    """What portal/_ticket_form.html needs."""
    return {
        "form": form,
        "values": values,
        "errors": errors or {},
        "form_token": (request.form.get("form_token") if errors else None) or secrets.token_hex(16),
        "colleagues": forms.people_for(current_user) if form and any(f.kind == "person" for f in form.fields) else [],
        "limits": LIMITS,
    }
