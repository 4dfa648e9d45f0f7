"""Create a ticket: choose a form, fill it in, and see similar tickets while typing the subject."""

import secrets
from typing import Any

from flask import Blueprint, abort, flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.exc import IntegrityError
from werkzeug.datastructures import MultiDict

from helpdesk.channels.email import senders
from helpdesk.domain import forms, idempotency, tickets
from helpdesk.domain.administration import settings
from helpdesk.domain.content_translation.lookup import Part, translate_content
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.knowledge_base import search
from helpdesk.domain.people import users
from helpdesk.domain.portal import support_hours
from helpdesk.domain.ticket_lists import customer_list
from helpdesk.domain.tickets import attachments, create, messages
from helpdesk.extensions import db, htmx
from helpdesk.models.form import FormVersion
from helpdesk.models.user import User
from helpdesk.translation import current_code, gettext
from helpdesk.web import drafts, uploads
from helpdesk.web.desk.people import find_matches
from helpdesk.web.form_tokens import read_form_token
from helpdesk.web.middleware import authentication
from helpdesk.web.portal import changed_form, installed
from helpdesk.web.templating import htmx_responses

blueprint = Blueprint("new_ticket", __name__)


@blueprint.get("/tickets/new")
def show_new_ticket() -> ResponseReturnValue:
    """The form; a choice if there are several; the team first names the customer."""
    requester, sentence = find_requester(request.args.get("for"))
    if requester is None:
        return render_requester_choice(request.args.get("for", ""), sentence)
    available = list_forms(requester)
    form = select_form(available, request.args.get("form"))
    if request.args.get("form") and form is None:
        abort(404)
    values = {name: _get_values(request.args, name) for name in request.args}
    return render_page(requester, available, form, values, installed.read_share())


@blueprint.post("/tickets")
def create_ticket() -> ResponseReturnValue:
    """Create a ticket; the same form sent twice gives the same ticket."""
    requester, sentence = find_requester(request.form.get("for"))
    if requester is None:
        return render_requester_choice(request.form.get("for", ""), sentence), 422
    token = read_form_token()
    # Checked before the files of a repeated form are stored a second time.
    existing = idempotency.find_created_ticket(requester, token) if uploads.has_uploads() else None
    if existing:
        return htmx_responses.redirect_to(f"/tickets/{existing.number}")
    form, is_gone = load_form(requester, request.form.get("form", ""))
    form_data = MultiDict(request.form)
    former_files, has_team_words = changed_form.move_former_answers(requester, form, form_data)
    form_uploads = uploads.FormUploads(authentication.get_current_user())
    try:
        if form is None:
            raise ValidationError(gettext("Choose a form."), "form")
        form_uploads.store(form, form_data, former_files)
        if is_gone:
            raise ValidationError("", errors={"": str(changed_form.GONE_FORM)})
        if has_team_words:
            raise ValidationError("", errors={"": str(changed_form.MOVED_WORDS)})
        answers, errors = forms.parse_answers(
            form,
            form_data,
            current_user.is_team,
            asker=authentication.get_current_user(),
            organization_id=requester.organization_id,
        )
        loaded = request.form.get("version", str(form.id))
        if loaded != str(form.id) and forms.asks_otherwise(form, form_data, answers, current_user.is_team):
            errors[""] = str(changed_form.CHANGED_FORM)
        errors = _list_text_errors(form_data, bool(form_uploads.keys or form_uploads.fields)) | errors
        if errors:
            raise ValidationError(gettext("Some answers need another look."), errors=errors)
        ticket = tickets.create_ticket(
            requester=requester,
            filed_by=authentication.get_current_user() if current_user.is_team else None,
            subject=form_data.get("subject", ""),
            body=form_data.get("body", ""),
            form=form,
            answers=answers,
            attachments=form_uploads.attach(forms.answer_file_keys(form, answers)),
            form_token=token,
        )
        drafts.empty_sent_draft(authentication.get_current_user(), request.form.get("draft_name", ""))
        number = ticket.number
        requester_name = requester.display_name if current_user.is_team else ""
        confirmation = "" if current_user.is_team else translate_content(form.form.confirmation, Part.form)
        db.session.commit()
        flash(
            gettext(
                "Ticket #%(number)s is filed for %(requester)s. Answers appear here and come by email.",
                number=number,
                requester=requester_name,
            )
            if requester_name
            else gettext("Ticket #%(number)s is filed. Answers appear here and come by email.", number=number),
            "success",
        )
        if confirmation:
            flash(confirmation, "message")
    except IntegrityError:
        db.session.rollback()
        existing = idempotency.find_created_ticket(requester, token)
        if existing is None:
            raise
        return htmx_responses.redirect_to(f"/tickets/{existing.number}")
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        existing = idempotency.find_created_ticket(requester, token)
        if existing:
            return htmx_responses.redirect_to(f"/tickets/{existing.number}")
        errors = getattr(error, "errors", None) or {error.field or "body": error.message}
        form_uploads.keep_for_retry()
        values = {name: _get_values(form_data, name) for name in form_data}
        return render_rejected_form(requester, list_forms(requester), form, values, errors, form_uploads)
    return htmx_responses.redirect_to(f"/tickets/{number}")


@blueprint.get("/tickets/similar")
def list_similar_tickets() -> ResponseReturnValue:
    """Articles about the subject being typed, and visible tickets that are similar."""
    subject, reader = request.args.get("subject", "")[:200], authentication.get_current_user()
    similar = customer_list.find_similar(reader, subject)
    articles = search.suggest_articles(reader, subject, current_code())
    return render_template("portal/_similar.html", similar=similar, articles=articles)


def render_requester_choice(text: str, error: str) -> str:
    """The page on which the team chooses whom a ticket is for; ``text`` is what was typed."""
    return render_template(
        "portal/new_for.html",
        address=text,
        words=text,
        error=error,
        matches=find_matches(text.strip()[:100]),
        form_slug=request.values.get("form", "")[:100],
        shared=installed.read_share(),
    )


def render_page(
    requester: User, available: list[Any], form: FormVersion | None, values: dict[str, Any], shared: dict[str, str]
) -> str:
    """The whole page, empty or with values from the URL; ``shared`` came from another program of the device."""
    reader = authentication.get_current_user()
    keys = shared["uploads"].split(",") if "uploads" in shared else []
    kept = {"files": attachments.pending_uploads(keys, reader)} if keys else {}
    return render_template(
        "portal/new.html",
        available=available,
        address=filing_address(),
        team_returns="" if reader.is_team else support_hours.describe_return(reader),
        shared=shared,
        **form_context(requester, form, values, stored_uploads=kept),
    )


def render_rejected_form(
    requester: User,
    available: list[Any],
    form: FormVersion | None,
    values: dict[str, Any],
    errors: dict[str, Any],
    form_uploads: uploads.FormUploads,
) -> ResponseReturnValue:
    """The form with everything that was typed and uploaded, and the errors."""
    context = form_context(requester, form, values, errors, form_uploads.list_pending())
    if htmx and form:
        return render_template("portal/_ticket_form.html", **context), 422
    return render_template("portal/new.html", available=available, address=filing_address(), shared={}, **context), 422


def filing_address() -> str:
    """The address to which a ticket can be mailed; "" while that is off."""
    return (senders.system_address() or "") if settings.get("tickets_by_mail") else ""


def form_context(
    requester: User,
    form: FormVersion | None,
    values: dict[str, Any],
    errors: dict[str, Any] | None = None,
    stored_uploads: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The context of portal/_ticket_form.html."""
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
        "kept": stored_uploads or {},
        "requester": requester if current_user.is_team else None,
        "preview": False,
    }


def find_requester(address: str | None) -> tuple[User | None, str]:
    """The requester: oneself, or for the team the customer with this address; else None and the reason."""
    if not current_user.is_team:
        return authentication.get_current_user(), ""
    if not address:
        return None, ""
    if "@" not in address:
        return None, "" if find_matches(address.strip()[:100]) else gettext(
            "Nobody has this name. Enter an email address."
        )
    try:
        user = users.find_user(users.canonical_email(address))
    except ValidationError as error:
        return None, error.message
    if user is None:
        return None, gettext("No customer has this address yet. Add the person, then file the ticket.")
    if user.is_team:
        return None, gettext("%(user)s is a member of the team. Choose a customer.", user=user.display_name)
    if not user.is_active or user.organization_id is None:
        return None, gettext(
            "%(user)s cannot have tickets: deactivated, or without an organization.", user=user.display_name
        )
    return user, ""


def list_forms(requester: User) -> list[FormVersion]:
    """The published forms that the requester's organization may use."""
    return forms.published(requester.organization_id) if requester.organization_id else []


def select_form(available: list[FormVersion], slug: str | None) -> FormVersion | None:
    """The form with this slug, or the only one."""
    if not slug:
        return available[0] if len(available) == 1 else None
    return forms.find_form(available, slug)


def load_form(requester: User, slug: str) -> tuple[FormVersion | None, bool]:
    """The form that is sent, as ``select_form`` chooses it, with its fields; another one and True if it is gone."""
    if not slug or not requester.organization_id:
        return select_form(list_forms(requester), slug), False
    form = forms.load_form(requester.organization_id, slug)
    return (form, False) if form else (next(iter(list_forms(requester)), None), True)


def _get_values(form_data: MultiDict[str, str], name: str) -> object:
    """The values of a field: a list if there are several."""
    return (
        form_data.getlist(name) if name.startswith("field-") and len(form_data.getlist(name)) > 1 else form_data[name]
    )


def _list_text_errors(form_data: MultiDict[str, str], has_files: bool) -> dict[str, str]:
    """Return what is wrong with subject and message, so that all errors are shown at once."""
    errors = {}
    for field, clean in (
        ("subject", create.clean_subject),
        ("body", lambda text: messages.clean_body(text, has_files)),
    ):
        try:
            clean(form_data.get(field, ""))
        except ValidationError as error:
            errors[field] = error.message
    if not has_files and not form_data.get("body", "").strip():
        errors["body"] = gettext("Describe what you need.")
    return errors
