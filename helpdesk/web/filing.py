"""Filing a ticket: choosing a form, filling it, and what is shown while the subject is typed."""

import secrets

from flask import Blueprint, abort, render_template, request
from flask_login import current_user
from sqlalchemy.exc import IntegrityError
from werkzeug.datastructures import MultiDict

from helpdesk.domain import forms, people, queues, repeats, tickets
from helpdesk.domain.errors import Conflict, Invalid
from helpdesk.extensions import db
from helpdesk.models.forms import FormVersion
from helpdesk.models.people import User
from helpdesk.web import fragments, identity, uploads

blueprint = Blueprint("filing", __name__)


@blueprint.get("/tickets/new")
def new():
    """The form; a choice of forms where there are several; the team first says for whom."""
    requester, sentence = whose(request.args.get("for"))
    if requester is None:
        return render_template("portal/new_for.html", address=request.args.get("for", ""), error=sentence)
    available = available_forms(requester)
    form = chosen_form(available, request.args.get("form"))
    if request.args.get("form") and form is None:
        abort(404)
    values = {name: _several(request.args, name) for name in request.args}
    return page(requester, available, form, values)


@blueprint.post("/tickets")
def file():
    """File a ticket; the same form again leads to the same ticket."""
    requester, sentence = whose(request.form.get("for"))
    if requester is None:
        return render_template("portal/new_for.html", address=request.form.get("for", ""), error=sentence), 422
    token = repeats.token(request.form.get("form_token"))
    earlier = repeats.filed(requester, token) if uploads.brought() else None  # before its files are kept once more
    if earlier:
        return fragments.go(f"/tickets/{earlier.number}")
    available = available_forms(requester)
    form = chosen_form(available, request.form.get("form"))
    given = MultiDict(request.form)
    kept = uploads.Kept(identity.me())
    try:
        if form is None:
            raise Invalid("Choose a form.", "form")
        kept.take(form, given)
        answers, errors = forms.read_answers(
            form, given, current_user.is_team, asker=identity.me(), organization_id=requester.organization_id
        )
        if errors:
            raise Invalid("Some answers need another look.", errors=_with_texts(errors, given))
        ticket = tickets.file(
            requester=requester,
            filed_by=identity.me() if current_user.is_team else None,
            subject=given.get("subject", ""),
            body=given.get("body", ""),
            form=form,
            answers=answers,
            attachments=kept.claim(forms.file_keys(form, answers)),
            form_token=token,
        )
        number = ticket.number
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        earlier = repeats.filed(requester, token)
        if earlier is None:
            raise
        return fragments.go(f"/tickets/{earlier.number}")
    except (Invalid, Conflict) as error:
        db.session.rollback()
        earlier = repeats.filed(requester, token)
        if earlier:
            return fragments.go(f"/tickets/{earlier.number}")
        errors = getattr(error, "errors", None) or {error.field or "body": error.sentence}
        kept.keep_for_later()
        values = {name: _several(given, name) for name in given}
        return rejected(requester, available, form, values, errors, kept)
    return fragments.go(f"/tickets/{number}")


@blueprint.get("/tickets/similar")
def similar():
    """Tickets one sees already that are like the subject being typed."""
    found = queues.similar(current_user, request.args.get("subject", "")[:200])
    return render_template("portal/_similar.html", similar=found)


def page(requester: User, available: list, form: FormVersion | None, values: dict) -> str:
    """The whole page, empty or pre-filled by its address."""
    return render_template("portal/new.html", available=available, **needs(requester, form, values))


def rejected(requester: User, available: list, form, values: dict, errors: dict, kept: uploads.Kept):
    """The form again with every word and file still in it, and what to mend."""
    asked = needs(requester, form, values, errors, kept.listed())
    if fragments.htmx and form:
        return render_template("portal/_ticket_form.html", **asked), 422
    return render_template("portal/new.html", available=available, **asked), 422


def needs(requester: User, form: FormVersion | None, values: dict, errors: dict | None = None, kept=None) -> dict:
    """What portal/_ticket_form.html needs."""
    fields = forms.asked_of(form, current_user.is_team) if form else []
    person = any(field.kind == "person" for field in fields)
    token = repeats.token(request.form.get("form_token")) if errors else None
    return {
        "form": form,
        "fields": fields,
        "values": values,
        "errors": errors or {},
        "form_token": token or secrets.token_hex(16),
        "colleagues": forms.people_for(identity.me(), requester.organization_id) if person else [],
        "limits": uploads.LIMITS,
        "kept": kept or {},
        "requester": requester if current_user.is_team else None,
        "preview": False,
    }


def whose(address: str | None) -> tuple[User | None, str]:
    """For whom the ticket is filed: oneself, or for the team the customer with this address; else why nobody."""
    if not current_user.is_team:
        return identity.me(), ""
    if not address:
        return None, ""
    try:
        found = people.find(people.canonical(address))
    except Invalid as error:
        return None, error.sentence
    if found is None or found.is_team or not found.is_active or found.organization_id is None:
        return None, "No customer has this address. Add them under their organization first."
    return found, ""


def available_forms(requester: User) -> list[FormVersion]:
    return forms.published(requester.organization_id) if requester.organization_id else []


def chosen_form(available: list[FormVersion], slug: str | None) -> FormVersion | None:
    """The form called ``slug``, or the only one there is."""
    if not slug:
        return available[0] if len(available) == 1 else None
    return next((version for version in available if version.form.slug == slug), None)


def _several(given, name: str) -> object:
    return given.getlist(name) if name.startswith("field-") and len(given.getlist(name)) > 1 else given[name]


def _with_texts(errors: dict[str, str], given: MultiDict) -> dict[str, str]:
    """The sentences about answers, with those about subject and message before them, so that all are told at once."""
    first = {}
    if not given.get("subject", "").strip():
        first["subject"] = "Say in a few words what it is about."
    if not given.get("body", "").strip():
        first["body"] = "Write what happened."
    return first | errors
