"""Quarantined mail: read it, attach it to a ticket, create a ticket from it, or discard it."""

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk.channels.email import acceptance, quarantine
from helpdesk.channels.email.parse.parsed_mail import ParsedMail
from helpdesk.database.row_ids import parse_id
from helpdesk.domain import inbox
from helpdesk.domain.errors import DomainError
from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.translation import gettext, lazy_gettext, ngettext
from helpdesk.web.middleware import authentication, authorization

blueprint = Blueprint("quarantine", __name__, url_prefix="/desk/quarantine")
TICKET_NOT_FOUND_SENTENCE = lazy_gettext("There is no ticket with this number.")


@blueprint.get("")
@authorization.team_only
def list_mails() -> ResponseReturnValue:
    """Show the newest waiting mails; automatic ones have a list of their own."""
    automatic = request.args.get("from") == "machines"
    before = request.args.get("before", "")
    mails = quarantine.list_waiting(automatic, parse_id(before))
    page_mails = mails[: quarantine.PAGE_SIZE]
    return render_template(
        "quarantine/index.html",
        mails=page_mails,
        automatic=automatic,
        counts=[format_mail_count(quarantine.count_waiting(automatic=is_automatic)) for is_automatic in (False, True)],
        older=page_mails[-1].id if len(mails) > quarantine.PAGE_SIZE else None,
    )


@blueprint.get("/<int:mail_id>")
@authorization.team_only
def show_mail(mail_id: int) -> ResponseReturnValue:
    """Show one mail with its forms."""
    return render_page(get_mail_or_404(mail_id))


@blueprint.get("/<int:mail_id>/raw")
@authorization.team_only
def download_mail(mail_id: int) -> ResponseReturnValue:
    """The raw mail as a download; browsers never display it."""
    response = Response(inbox.load_raw(get_mail_or_404(mail_id)) or b"", mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="mail-{mail_id}.eml"'
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@blueprint.post("/<int:mail_id>/acceptance")
@authorization.team_only
def accept_mail(mail_id: int) -> ResponseReturnValue:
    """Accept it as what it says it is, and remember its sender as chosen."""
    mail = get_mail_or_404(mail_id)
    heard = quarantine.prepare(mail)
    remember = request.form.get("remember", acceptance.NOTHING)
    try:
        ticket = acceptance.accept(mail, mail=heard, actor=authentication.get_current_user(), remember=remember)
    except DomainError as error:
        return render_refusal(mail_id, error, "remember", heard)
    db.session.commit()
    flash(gettext("The mail is on ticket #%(number)s.", number=ticket.number), "success")
    return redirect(f"/tickets/{ticket.number}", 303)


@blueprint.post("/<int:mail_id>/attachment")
@authorization.team_only
def attach_mail(mail_id: int) -> ResponseReturnValue:
    """Attach it to the ticket with this number, as a note or as its sender's reply."""
    mail = get_mail_or_404(mail_id)
    number = request.form.get("ticket", "").strip().lstrip("#")
    ticket = permissions.find_ticket(authentication.get_current_user(), parse_id(number) or 0)
    if ticket is None:
        return render_page(
            mail, {"ticket": TICKET_NOT_FOUND_SENTENCE if number else gettext("Enter the number of a ticket.")}
        ), 422
    heard = quarantine.prepare(mail)
    as_reply = request.form.get("as") == "reply"
    try:
        message = quarantine.attach_to_ticket(
            mail, ticket, mail=heard, actor=authentication.get_current_user(), as_reply=as_reply
        )
    except DomainError as error:
        return render_refusal(mail_id, error, "as", heard)
    db.session.commit()
    flash(gettext("The mail is on ticket #%(ticket_id)s.", ticket_id=message.ticket_id), "success")
    return redirect(f"/tickets/{message.ticket_id}#message-{message.id}", 303)


@blueprint.post("/<int:mail_id>/ticket")
@authorization.team_only
def create_ticket(mail_id: int) -> ResponseReturnValue:
    """Create a ticket from it."""
    mail = get_mail_or_404(mail_id)
    heard = quarantine.prepare(mail)
    try:
        ticket = quarantine.create_ticket_from_mail(
            mail,
            mail=heard,
            requester_email=request.form.get("requester", ""),
            subject=request.form.get("subject", ""),
            actor=authentication.get_current_user(),
        )
    except DomainError as error:
        return render_refusal(mail_id, error, "requester", heard)
    db.session.commit()
    flash(gettext("Ticket #%(number)s is filed.", number=ticket.number), "success")
    return redirect(f"/tickets/{ticket.number}", 303)


@blueprint.post("/<int:mail_id>/delete")
@authorization.team_only
def discard_mail(mail_id: int) -> ResponseReturnValue:
    """Discard it."""
    mail = get_mail_or_404(mail_id)
    was_automatic = mail.payload.get("kind") == "automatic"
    try:
        quarantine.discard_mail(mail, actor=authentication.get_current_user())
    except DomainError as error:
        return render_refusal(mail_id, error, "")
    db.session.commit()
    flash(gettext("The mail is discarded."), "success")
    return redirect("/desk/quarantine" + ("?from=machines" if was_automatic else ""), 303)


@blueprint.post("/machines/delete")
@authorization.team_only
def discard_automatic_mails() -> ResponseReturnValue:
    """Discard automatic mails, up to the newest one that was on the page."""
    newest = parse_id(request.form.get("newest"))
    if newest is None:
        abort(400)
    discarded = quarantine.discard_automatic(newest, actor=authentication.get_current_user())
    db.session.commit()
    flash(
        ngettext("%(num)s mail is discarded.", "%(num)s mails are discarded.", discarded),
        "success",
    )
    return redirect("/desk/quarantine?from=machines", 303)


def format_mail_count(count: int) -> str:
    """Format a count that stops at MAX_COUNT."""
    return f"{quarantine.MAX_COUNT}+" if count > quarantine.MAX_COUNT else str(count)


def get_mail_or_404(mail_id: int) -> InboundEvent:
    """Return the mail, if it is still waiting, else 404."""
    return quarantine.find_waiting(mail_id) or abort(404)


def render_page(mail: InboundEvent, errors: dict[str, Any] | None = None) -> str:
    """Render one mail; typed text stays in its forms."""
    details = quarantine.load_details(mail)
    proposed = acceptance.propose(mail, details.heard)
    values = {
        "remember": request.form.get("remember", proposed.choices[0][0] if proposed else ""),
        "ticket": request.form.get("ticket", str(details.ticket.number) if details.ticket else ""),
        "as": request.form.get("as", "note"),
        "requester": request.form.get("requester", details.requester),
        "subject": request.form.get("subject", details.heard.subject[:200]),
    }
    return render_template("quarantine/show.html", mail=details, proposed=proposed, values=values, errors=errors or {})


def render_refusal(
    mail_id: int, error: DomainError, field: str, heard: ParsedMail | None = None
) -> ResponseReturnValue:
    """The page with the error; if somebody else has dealt with the mail, a redirect to the list. ``heard`` is the mail
    if it was prepared.
    """
    errors = getattr(error, "errors", None) or {error.field or field: error.message}
    db.session.rollback()
    mail = quarantine.find_waiting(mail_id)
    if mail is None:
        flash(error.message, "warning")
        return redirect("/desk/quarantine", 303)
    if heard is not None:
        quarantine.discard_prepared(mail_id, heard)
        mail = get_mail_or_404(mail_id)
    return render_page(
        mail,
        {
            name if name in ("remember", "ticket", "as", "requester", "subject") else field: text
            for name, text in errors.items()
        },
    ), 422
