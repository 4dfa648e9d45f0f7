"""One ticket: its page, its fragments, and what people do on it. Every view loads through ``found``."""

import secrets

from flask import Blueprint, abort, render_template, request
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from helpdesk import extensions
from helpdesk.domain import files, permissions, tickets, words
from helpdesk.domain.errors import Conflict, Invalid
from helpdesk.extensions import db
from helpdesk.models.people import User
from helpdesk.models.tickets import Event, Ticket
from helpdesk.web import access, facts, fragments

blueprint = Blueprint("tickets", __name__, url_prefix="/tickets/<int:number>")
LIMITS = {"size": files.LARGEST, "files": files.MOST}


@blueprint.get("")
def show(number: int):
    """The whole page. Having it before one's eyes marks it read."""
    ticket = found(number)
    html = render_template(
        "tickets/show.html", **header(ticket), **conversation(ticket), **composer(ticket), **facts.of(ticket, current_user)
    )
    read(ticket)
    return html


@blueprint.get("/header")
def header_fragment(number: int):
    ticket = found(number)
    return answer("tickets/_ticket_header.html", header, ticket)


@blueprint.get("/conversation")
def conversation_fragment(number: int):
    ticket = found(number)
    response = answer("tickets/_conversation.html", conversation, ticket)
    if response.status_code == 200:
        read(ticket)
    return response


@blueprint.get("/facts")
def facts_fragment(number: int):
    ticket = found(number)
    return answer("tickets/_facts.html", lambda ticket: facts.of(ticket, current_user), ticket)


@blueprint.post("/replies")
def reply(number: int):
    """Reply; on a closed ticket, file the follow-up. The team may set a status in the same step."""
    ticket = found(number)
    body = request.form.get("body", "")
    token = request.form.get("form_token") or None
    try:
        attachments = files.from_form(request.files.getlist("files"), request.form.getlist("uploads"), current_user)
        if ticket.is_closed:
            new = tickets.follow_up(ticket, requester=current_user, body=body, form_token=token, attachments=attachments)
            db.session.commit()
            return fragments.go(f"/tickets/{new.number}")
        tickets.reply(ticket, author=current_user, body=body, form_token=token, attachments=attachments)
        then = request.form.get("status")
        if then and current_user.is_team and then != ticket.status:
            tickets.set_status(ticket, then, actor=current_user)
    except (Invalid, Conflict) as error:
        return rejected(number, error, kind="reply", body=body)
    db.session.commit()
    return changed(ticket, clear_composer=True)


@blueprint.post("/notes")
@access.team_only
def note(number: int):
    """Write a note only the team reads."""
    ticket = found(number)
    body = request.form.get("body", "")
    try:
        tickets.note(ticket, author=current_user, body=body, form_token=request.form.get("form_token") or None)
    except (Invalid, Conflict) as error:
        return rejected(number, error, kind="note", body=body)
    db.session.commit()
    return changed(ticket, clear_composer=True)


@blueprint.post("/solution")
def solve(number: int):
    ticket = found(number)
    tickets.solve(ticket, actor=current_user)
    db.session.commit()
    return changed(ticket)


@blueprint.post("/solution/delete")
def reopen(number: int):
    ticket = found(number)
    tickets.reopen(ticket, actor=current_user)
    db.session.commit()
    return changed(ticket)


@blueprint.post("/status")
@access.team_only
def set_status(number: int):
    ticket = found(number)
    tickets.set_status(ticket, request.form.get("status", ""), actor=current_user)
    db.session.commit()
    return changed(ticket, first="facts")


@blueprint.post("/assignee")
@access.team_only
def assign(number: int):
    ticket = found(number)
    text = request.form.get("assignee", "")
    assignee = None
    if text:
        assignee = db.session.get(User, int(text)) if text.isdecimal() and len(text) < 19 else None
        if assignee is None:
            raise Invalid("There is no such person.", "assignee")
    tickets.assign(ticket, assignee, actor=current_user)
    db.session.commit()
    return changed(ticket, first="facts")


@blueprint.post("/priority")
@access.team_only
def set_priority(number: int):
    ticket = found(number)
    tickets.set_priority(ticket, request.form.get("priority", ""), actor=current_user)
    db.session.commit()
    return changed(ticket, first="facts")


def found(number: int) -> Ticket:
    """The ticket with this number, through what the signed-in person may see; else 404, as for one that never was."""
    if not 0 < number < 2**63:
        abort(404)
    visible = permissions.visible_tickets(current_user).where(Ticket.id == number)
    ticket = db.session.scalar(
        visible.options(
            joinedload(Ticket.requester), joinedload(Ticket.assignee), joinedload(Ticket.organization, innerjoin=True)
        )
    )
    return ticket or abort(404)


def header(ticket: Ticket) -> dict:
    """What tickets/_ticket_header.html needs."""
    return {"ticket": ticket, "next_step": words.next_step(ticket, current_user.is_team)}


def conversation(ticket: Ticket) -> dict:
    """What tickets/_conversation.html needs."""
    timeline = tickets.timeline(ticket, current_user)
    for entry in timeline:
        if isinstance(entry, Event):
            entry.sentence = words.event(entry, current_user.is_team)
    return {"ticket": ticket, "timeline": timeline, "seen": tickets.seen_by(ticket, timeline) if current_user.is_team else {}}


def composer(ticket: Ticket, errors: dict | None = None, values: dict | None = None) -> dict:
    """What tickets/_composer.html needs."""
    return {
        "ticket": ticket,
        "audience": words.audience(ticket, facts.threads(ticket), current_user),
        "form_token": request.form.get("form_token") if errors else secrets.token_hex(16),
        "values": values or {},
        "errors": errors or {},
        "limits": LIMITS,
    }


def answer(template: str, needs, ticket: Ticket):
    """One fragment, or 304 where the browser has it as it is."""
    parts = (ticket.id, ticket.version, current_user.id, current_user.role)
    return fragments.unchanged(*parts) or fragments.tagged(render_template(template, **needs(ticket)), *parts)


def changed(ticket: Ticket, first: str = "header", clear_composer: bool = False):
    """The fragments a change touches, the one the browser swaps first in front."""
    ticket = found(ticket.id)
    made = {
        "header": ("tickets/_ticket_header.html", header(ticket)),
        "facts": ("tickets/_facts.html", facts.of(ticket, current_user)),
        "conversation": ("tickets/_conversation.html", conversation(ticket)),
    }
    if clear_composer:
        made = {"composer": ("tickets/_composer.html", composer(ticket))} | made
        first = "composer"
    ordered = [made.pop(first), *made.values()]
    return fragments.swap(*ordered, address=f"/tickets/{ticket.number}")


def rejected(number: int, error: Invalid | Conflict, kind: str, body: str):
    """The composer again with every word still in it, and what to mend."""
    db.session.rollback()
    ticket = found(number)
    field = error.field if error.field in {"body", "files", "status"} else "body"
    needs = composer(ticket, {field: error.sentence}, {"kind": kind, "body": body, "status": request.form.get("status", "")})
    if fragments.htmx:
        return render_template("tickets/_composer.html", **needs), 422
    values = header(ticket) | conversation(ticket) | facts.of(ticket, current_user) | needs
    return render_template("tickets/show.html", **values), 422


def read(ticket: Ticket) -> None:
    """Remember that this person has read the ticket; a write of its own after the page is made."""
    if getattr(current_user, "is_viewing", False) or not tickets.is_unread(ticket, current_user):
        return
    reader_id, ticket_id = current_user.id, ticket.id
    extensions.begin_writing()
    fresh = db.session.scalar(select(Ticket).where(Ticket.id == ticket_id))
    tickets.mark_read(fresh, db.session.get(User, reader_id))
    db.session.commit()
