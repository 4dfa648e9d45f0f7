"""Filing a ticket: choosing a form, filling it, and what is shown while the subject is typed."""

import secrets

from flask import Blueprint, abort, render_template, request
from flask_login import current_user
from sqlalchemy.exc import IntegrityError
from werkzeug.datastructures import MultiDict

from helpdesk.domain import forms, idempotency, tickets
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import users
from helpdesk.domain.ticket_lists import customer_list
from helpdesk.extensions import db
from helpdesk.models.form import FormVersion
from helpdesk.models.user import User
from helpdesk.web import uploads
from helpdesk.web.middleware import authentication
from helpdesk.web.templating import htmx_responses

blueprint = Blueprint("new_ticket", __name__)


@blueprint.get("/tickets/new")
def show_new_ticket():
    """The form; a choice of forms where there are several; the team first says for whom."""
    requester, sentence = find_requester(request.args.get("for"))
    if requester is None:
        return render_template("portal/new_for.html", address=request.args.get("for", ""), error=sentence)
    available = list_forms(requester)
    form = select_form(available, request.args.get("form"))
    if request.args.get("form") and form is None:
        abort(404)
    values = {name: _get_values(request.args, name) for name in request.args}
    return render_page(requester, available, form, values)


@blueprint.post("/tickets")
def create_ticket():
    """File a ticket; the same form again leads to the same ticket."""
    requester, sentence = find_requester(request.form.get("for"))
    if requester is None:
        return render_template("portal/new_for.html", address=request.form.get("for", ""), error=sentence), 422
    token = idempotency.valid_token(request.form.get("form_token"))
    earlier = (
        idempotency.find_created_ticket(requester, token) if uploads.has_uploads() else None
    )  # before its files are kept once more
    if earlier:
        return htmx_responses.redirect_to(f"/tickets/{earlier.number}")
    available = list_forms(requester)
    form = select_form(available, request.form.get("form"))
    given = MultiDict(request.form)
    kept = uploads.FormUploads(authentication.get_current_user())
    try:
        if form is None:
            raise ValidationError("Choose a form.", "form")
        kept.take(form, given)
        answers, errors = forms.parse_answers(
            form,
            given,
            current_user.is_team,
            asker=authentication.get_current_user(),
            organization_id=requester.organization_id,
        )
        if errors:
            raise ValidationError("Some answers need another look.", errors=_add_text_errors(errors, given))
        ticket = tickets.create_ticket(
            requester=requester,
            filed_by=authentication.get_current_user() if current_user.is_team else None,
            subject=given.get("subject", ""),
            body=given.get("body", ""),
            form=form,
            answers=answers,
            attachments=kept.claim(forms.answer_file_keys(form, answers)),
            form_token=token,
        )
        number = ticket.number
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        earlier = idempotency.find_created_ticket(requester, token)
        if earlier is None:
            raise
        return htmx_responses.redirect_to(f"/tickets/{earlier.number}")
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        earlier = idempotency.find_created_ticket(requester, token)
        if earlier:
            return htmx_responses.redirect_to(f"/tickets/{earlier.number}")
        errors = getattr(error, "errors", None) or {error.field or "body": error.sentence}
        kept.keep_for_later()
        values = {name: _get_values(given, name) for name in given}
        return render_rejected_form(requester, available, form, values, errors, kept)
    return htmx_responses.redirect_to(f"/tickets/{number}")


@blueprint.get("/tickets/similar")
def list_similar_tickets():
    """Tickets one sees already that are like the subject being typed."""
    found = customer_list.find_similar(current_user, request.args.get("subject", "")[:200])
    return render_template("portal/_similar.html", similar=found)


def render_page(requester: User, available: list, form: FormVersion | None, values: dict) -> str:
    """The whole page, empty or pre-filled by its address."""
    return render_template("portal/new.html", available=available, **form_context(requester, form, values))


def render_rejected_form(requester: User, available: list, form, values: dict, errors: dict, kept: uploads.FormUploads):
    """The form again with every word and file still in it, and what to mend."""
    asked = form_context(requester, form, values, errors, kept.listed())
    if htmx_responses.htmx and form:
        return render_template("portal/_ticket_form.html", **asked), 422
    return render_template("portal/new.html", available=available, **asked), 422


def form_context(
    requester: User, form: FormVersion | None, values: dict, errors: dict | None = None, kept=None
) -> dict:
    """What portal/_ticket_form.html needs."""
    fields = forms.visible_fields(form, current_user.is_team) if form else []
    token = idempotency.valid_token(request.form.get("form_token")) if errors else None
    return {
        "form": form,
        "fields": fields,
        "values": values,
        "errors": errors or {},
        "form_token": token or secrets.token_hex(16),
        "offered": forms.choices_for(fields, authentication.get_current_user(), requester.organization_id),
        "limits": uploads.UPLOAD_LIMITS,
        "kept": kept or {},
        "requester": requester if current_user.is_team else None,
        "preview": False,
    }


def find_requester(address: str | None) -> tuple[User | None, str]:
    """For whom the ticket is filed: oneself, or for the team the customer with this address; else why nobody."""
    if not current_user.is_team:
        return authentication.get_current_user(), ""
    if not address:
        return None, ""
    try:
        found = users.find_user(users.canonical_email(address))
    except ValidationError as error:
        return None, error.sentence
    if found is None or found.is_team or not found.is_active or found.organization_id is None:
        return None, "No customer has this address. Add them under their organization first."
    return found, ""


def list_forms(requester: User) -> list[FormVersion]:
    return forms.published(requester.organization_id) if requester.organization_id else []


def select_form(available: list[FormVersion], slug: str | None) -> FormVersion | None:
    """The form called ``slug``, or the only one there is."""
    if not slug:
        return available[0] if len(available) == 1 else None
    return forms.find_form(available, slug)


def _get_values(given, name: str) -> object:
    return given.getlist(name) if name.startswith("field-") and len(given.getlist(name)) > 1 else given[name]


def _add_text_errors(errors: dict[str, str], given: MultiDict) -> dict[str, str]:
    """The sentences about answers, with those about subject and message before them, so that all are told at once."""
    first = {}
    if not given.get("subject", "").strip():
        first["subject"] = "Say in a few words what it is about."
    if not given.get("body", "").strip():
        first["body"] = "Write what happened."
    return first | errors
