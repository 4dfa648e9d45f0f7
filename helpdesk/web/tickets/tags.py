"""The tags of a ticket on its page: add some, and remove one."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.tickets import tag_names, tags
from helpdesk.extensions import db, htmx
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.tickets import sidebar
from helpdesk.web.tickets.page_context import composer_context, page_context
from helpdesk.web.tickets.responses import render_after_change
from helpdesk.web.tickets.ticket_lookup import TICKET_URL_PREFIX, get_ticket_or_404

blueprint = Blueprint("ticket_tags", __name__, url_prefix=TICKET_URL_PREFIX)


@blueprint.post("/tags")
@authorization.team_only
def add_tags(number: int) -> ResponseReturnValue:
    """Add the tags that were typed."""
    ticket, typed = get_ticket_or_404(number), request.form.get("tags", "")
    try:
        tags.change_tags(ticket, add=tag_names.split_names(typed), actor=authentication.get_current_user())
    except (ValidationError, ConflictError) as error:
        return render_refusal(number, error.message, typed)
    db.session.commit()
    return render_after_change(number, first="facts")


@blueprint.post("/tags/delete")
@authorization.team_only
def remove_tag(number: int) -> ResponseReturnValue:
    """Remove one tag."""
    ticket, name = get_ticket_or_404(number), request.form.get("tag", "")
    tags.change_tags(ticket, remove=[name], actor=authentication.get_current_user())
    db.session.commit()
    return render_after_change(number, first="facts")


def render_refusal(number: int, sentence: str, typed: str) -> ResponseReturnValue:
    """The sidebar, or without HTMX the page, with what was typed and the reason why it was refused."""
    db.session.rollback()
    ticket = get_ticket_or_404(number)
    wrong = {"tag_error": sentence, "typed_tags": typed}
    if htmx:
        context = sidebar.sidebar_context(ticket, authentication.get_current_user()) | wrong
        return render_template("tickets/_facts.html", **context), 422
    return render_template("tickets/show.html", **(page_context(ticket) | composer_context(ticket) | wrong)), 422
