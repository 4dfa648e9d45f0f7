"""How a ticket moves: solved and taken up again by everybody; status, assignee and priority by the team."""

from flask import Blueprint, request

from helpdesk.domain import tickets
from helpdesk.domain.errors import Invalid
from helpdesk.extensions import db
from helpdesk.models.people import User
from helpdesk.web import access, identity
from helpdesk.web.tickets import PREFIX, changed, found

blueprint = Blueprint("progress", __name__, url_prefix=PREFIX)


@blueprint.post("/solution")
def solve(number: int):
    ticket = found(number)
    tickets.solve(ticket, actor=identity.me())
    db.session.commit()
    return changed(number)


@blueprint.post("/solution/delete")
def reopen(number: int):
    ticket = found(number)
    tickets.reopen(ticket, actor=identity.me())
    db.session.commit()
    return changed(number)


@blueprint.post("/status")
@access.team_only
def set_status(number: int):
    ticket = found(number)
    tickets.set_status(ticket, request.form.get("status", ""), actor=identity.me())
    db.session.commit()
    return changed(number, first="facts")


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
    tickets.assign(ticket, assignee, actor=identity.me())
    db.session.commit()
    return changed(number, first="facts")


@blueprint.post("/priority")
@access.team_only
def set_priority(number: int):
    ticket = found(number)
    tickets.set_priority(ticket, request.form.get("priority", ""), actor=identity.me())
    db.session.commit()
    return changed(number, first="facts")
