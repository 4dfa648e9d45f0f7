"""Mail that waits for the team: read it, put it on a ticket, make a ticket of it, or leave it at that."""

from flask import Blueprint, Response, abort, flash, redirect, render_template, request

from helpdesk.domain import permissions, quarantine
from helpdesk.domain.errors import Refused
from helpdesk.extensions import db
from helpdesk.models.sync import Inbound
from helpdesk.web import access, identity

blueprint = Blueprint("quarantine", __name__, url_prefix="/desk/quarantine")
NO_TICKET = "There is no ticket with this number."


@blueprint.get("")
@access.team_only
def index():
    """The newest mails that wait; those of machines on a list of their own."""
    automatic = request.args.get("from") == "machines"
    before = request.args.get("before", "")
    mails = quarantine.waiting(automatic, int(before) if before.isdecimal() and len(before) < 19 else None)
    shown = mails[: quarantine.PAGE]
    return render_template(
        "quarantine/index.html",
        mails=shown,
        automatic=automatic,
        counts=[words_of(quarantine.count(automatic=each)) for each in (False, True)],
        older=shown[-1].id if len(mails) > quarantine.PAGE else None,
    )


@blueprint.get("/<int:mail_id>")
@access.team_only
def show(mail_id: int):
    return page(found(mail_id))


@blueprint.get("/<int:mail_id>/raw")
@access.team_only
def download(mail_id: int):
    """The mail as it came, to be kept, never shown by the browser."""
    response = Response(found(mail_id).raw or b"", mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="mail-{mail_id}.eml"'
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@blueprint.post("/<int:mail_id>/attachment")
@access.team_only
def attach(mail_id: int):
    """Put it on the ticket with the number given, as a note or as its sender's reply."""
    mail = found(mail_id)
    number = request.form.get("ticket", "").strip().lstrip("#")
    ticket = permissions.find_ticket(identity.me(), int(number)) if number.isdecimal() and len(number) < 19 else None
    if ticket is None:
        return page(mail, {"ticket": NO_TICKET if number else "Enter the number of a ticket."}), 422
    try:
        message = quarantine.attach(mail, ticket, actor=identity.me(), as_reply=request.form.get("as") == "reply")
    except Refused as refusal:
        return refused(mail_id, refusal, "as")
    db.session.commit()
    flash(f"The mail is on ticket #{message.ticket_id}.", "success")
    return redirect(f"/tickets/{message.ticket_id}#message-{message.id}", 303)


@blueprint.post("/<int:mail_id>/ticket")
@access.team_only
def make_ticket(mail_id: int):
    """File a ticket from it."""
    mail = found(mail_id)
    try:
        ticket = quarantine.make_ticket(
            mail,
            requester_email=request.form.get("requester", ""),
            subject=request.form.get("subject", ""),
            actor=identity.me(),
        )
    except Refused as refusal:
        return refused(mail_id, refusal, "requester")
    db.session.commit()
    flash(f"Ticket #{ticket.number} is filed.", "success")
    return redirect(f"/tickets/{ticket.number}", 303)


@blueprint.post("/<int:mail_id>/delete")
@access.team_only
def discard(mail_id: int):
    """Leave it at that."""
    mail = found(mail_id)
    was_automatic = mail.payload.get("kind") == "automatic"
    try:
        quarantine.discard(mail, actor=identity.me())
    except Refused as refusal:
        return refused(mail_id, refusal, "")
    db.session.commit()
    flash("The mail is discarded.", "success")
    return redirect("/desk/quarantine" + ("?from=machines" if was_automatic else ""), 303)


@blueprint.post("/machines/delete")
@access.team_only
def discard_automatic():
    """Discard what machines wrote, up to the newest one that was on the page."""
    newest = request.form.get("newest", "")
    if not newest.isdecimal() or len(newest) > 18:
        abort(400)
    discarded = quarantine.discard_automatic(int(newest), actor=identity.me())
    db.session.commit()
    flash(f"{discarded} {'mail is' if discarded == 1 else 'mails are'} discarded.", "success")
    return redirect("/desk/quarantine?from=machines", 303)


def words_of(count: int) -> str:
    """A number that is counted only so far."""
    return f"{quarantine.COUNTED}+" if count > quarantine.COUNTED else str(count)


def found(mail_id: int) -> Inbound:
    """The mail, if it still waits, else 404."""
    return quarantine.find(mail_id) or abort(404)


def page(mail: Inbound, errors: dict | None = None) -> str:
    """One mail; what was typed stays in its forms."""
    shown = quarantine.show(mail)
    values = {
        "ticket": request.form.get("ticket", str(shown.ticket.number) if shown.ticket else ""),
        "as": request.form.get("as", "note"),
        "requester": request.form.get("requester", shown.heard.author_id),
        "subject": request.form.get("subject", shown.heard.data["subject"][:200]),
    }
    return render_template("quarantine/show.html", mail=shown, values=values, errors=errors or {})


def refused(mail_id: int, refusal: Refused, field: str):
    """The page again with the sentence; elsewhere where somebody else has dealt with the mail."""
    errors = getattr(refusal, "errors", None) or {refusal.field or field: refusal.sentence}
    db.session.rollback()
    mail = quarantine.find(mail_id)
    if mail is None:
        flash(refusal.sentence, "warning")
        return redirect("/desk/quarantine", 303)
    return page(
        mail,
        {name if name in ("ticket", "as", "requester", "subject") else field: text for name, text in errors.items()},
    ), 422
