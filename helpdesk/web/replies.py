"""What people say on a ticket: replies, notes, and taking their own words back."""

from flask import Blueprint, abort, render_template, request
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from helpdesk import rendering
from helpdesk.domain import permissions, repeats, tickets
from helpdesk.domain.errors import Conflict, Invalid
from helpdesk.extensions import db
from helpdesk.models.tickets import Message, Ticket
from helpdesk.web import access, fragments, identity, uploads
from helpdesk.web.tickets import PREFIX, changed, composer, found, said, whole

blueprint = Blueprint("replies", __name__, url_prefix=PREFIX)


@blueprint.post("/replies")
def reply(number: int):
    """Reply; on a closed ticket, file the follow-up. The team may set a status in the same step."""
    return say(number, "reply")


@blueprint.post("/notes")
@access.team_only
def note(number: int):
    """Write a note only the team reads."""
    return say(number, "note")


@blueprint.get("/messages/<int:message_id>/edit")
def edit_form(number: int, message_id: int):
    """One's own message in a form."""
    message = own_message(found(number), message_id)
    return render_template("tickets/edit.html", ticket=message.ticket, message=message, body=message.body, errors={})


@blueprint.post("/messages/<int:message_id>")
def edit(number: int, message_id: int):
    """Replace one's own words; the former ones stay in the team's trail."""
    ticket = found(number)
    message = own_message(ticket, message_id)
    body = request.form.get("body", "")
    try:
        tickets.edit(message, editor=identity.me(), body=body)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        values = {
            "ticket": found(number),
            "message": message,
            "body": body,
            "errors": {"body": error.sentence},
        }
        return render_template("tickets/edit.html", **values), 422
    db.session.commit()
    return fragments.go(f"/tickets/{number}#message-{message_id}")


@blueprint.post("/messages/<int:message_id>/delete")
def delete(number: int, message_id: int):
    """Take one's own words away."""
    ticket = found(number)
    tickets.delete(own_message(ticket, message_id), editor=identity.me())
    db.session.commit()
    return changed(number, first="conversation", address=f"/tickets/{number}#message-{message_id}")


@blueprint.get("/messages/<int:message_id>/revisions")
@access.team_only
def revisions(number: int, message_id: int):
    """What a message said before it was edited or deleted."""
    ticket = found(number)
    message = db.session.scalar(select(Message).where(Message.id == message_id, Message.ticket_id == ticket.id))
    if message is None:
        abort(404)
    for revision in message.revisions:
        revision.html = rendering.markdown(revision.body)
    return render_template("tickets/revisions.html", ticket=ticket, message=message, revisions=message.revisions)


def say(number: int, kind: str):
    """Say what the form holds, once."""
    ticket = found(number)
    token = repeats.token(request.form.get("form_token"))
    then = request.form.get("status") if kind == "reply" and current_user.is_team else None
    # A plain reply sent twice is one to the verb; what else a second sending would do must not begin.
    if (ticket.is_closed or then or uploads.brought()) and repeats.said(identity.me(), ticket, token):
        return said(number, moved=True)
    earlier = repeats.filed(identity.me(), token) if ticket.is_closed else None
    if earlier:
        return fragments.go(f"/tickets/{earlier.number}")
    kept = uploads.Kept(identity.me())
    body = request.form.get("body", "")
    stood, moved = how_it_stands(ticket), True
    try:
        kept.take()
        if kind == "reply" and ticket.is_closed:
            new = tickets.follow_up(
                ticket, requester=identity.me(), body=body, form_token=token, attachments=kept.claim()
            )
            db.session.commit()
            return fragments.go(f"/tickets/{new.number}")
        verb = tickets.reply if kind == "reply" else tickets.note
        verb(ticket, author=identity.me(), body=body, form_token=token, attachments=kept.claim())
        if then and then != ticket.status:
            tickets.set_status(ticket, then, actor=identity.me())
        moved = how_it_stands(ticket) != stood
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        if not repeats.said(identity.me(), found(number), token):
            raise
    except (Invalid, Conflict) as error:
        db.session.rollback()
        if not repeats.said(identity.me(), found(number), token):
            kept.keep_for_later()
            return rejected(number, error, kind, body, kept)
    return said(number, moved)


def how_it_stands(ticket: Ticket) -> tuple:
    """What of the ticket its page shows beside the conversation."""
    return ticket.status, ticket.assignee_id


def rejected(number: int, error: Invalid | Conflict, kind: str, body: str, kept: uploads.Kept):
    """The composer again with every word still in it, and what to mend."""
    ticket = found(number)
    field = error.field if error.field in {"body", "files", "status"} else "body"
    values = {"kind": kind, "body": body, "status": request.form.get("status", "")}
    needs = composer(ticket, {field: error.sentence}, values, kept.listed())
    if fragments.htmx:
        return render_template("tickets/_composer.html", **needs), 422
    return render_template("tickets/show.html", **(whole(ticket) | needs)), 422


def own_message(ticket: Ticket, message_id: int) -> Message:
    """The message, if the signed-in person may change it; else 404."""
    message = db.session.scalar(select(Message).where(Message.id == message_id, Message.ticket_id == ticket.id))
    me = identity.me()
    if message is None or not permissions.can_read(me, message) or not permissions.can_edit(me, message):
        abort(404)
    return message
