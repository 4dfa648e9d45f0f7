"""The page of one ticket and its fragments."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from helpdesk.database.row_ids import parse_id
from helpdesk.domain import tickets
from helpdesk.extensions import htmx
from helpdesk.web import timeline_numbers
from helpdesk.web.middleware import authentication
from helpdesk.web.templating.page_rendering import render_page
from helpdesk.web.tickets import conversation_changes, folding, prefilled, sidebar, undo
from helpdesk.web.tickets.page_context import (
    composer_context,
    conversation_context,
    earlier_context,
    header_context,
    page_context,
    rating_context,
)
from helpdesk.web.tickets.page_rows import load_rows
from helpdesk.web.tickets.responses import mark_read, render_fragment
from helpdesk.web.tickets.ticket_lookup import TICKET_URL_PREFIX, get_ticket_or_404

blueprint = Blueprint("ticket_page", __name__, url_prefix=TICKET_URL_PREFIX)
UNSEEN_HEADER = "X-Unseen"  # the page that asks is in a hidden tab


@blueprint.get("")
def show_ticket(number: int) -> ResponseReturnValue:
    """Show the whole page; showing it marks the ticket as read."""
    ticket = get_ticket_or_404(number)
    rows = load_rows(ticket, authentication.get_current_user())
    context = page_context(ticket, rows) | composer_context(
        ticket, values=prefilled.prefilled_values(ticket), rows=rows
    )
    if sent_id := parse_id(request.args.get("sent")):
        context["undo"] = undo.describe_reply(tickets.find_undoable_reply(ticket, current_user, sent_id))
    page = render_page("tickets/show.html", **context)
    mark_read(ticket)
    return page


@blueprint.get("/header")
def show_header_fragment(number: int) -> ResponseReturnValue:
    """Subject, status and next step."""
    ticket = get_ticket_or_404(number)
    return render_fragment("tickets/_ticket_header.html", header_context, ticket)


@blueprint.get("/conversation")
def show_conversation_fragment(number: int) -> ResponseReturnValue:
    """Show the conversation; showing it marks the ticket as read, but not in a tab that nobody sees.

    When somebody comes back to such a tab it asks again: 304, and read.
    """
    ticket = get_ticket_or_404(number)
    shown_from = request.headers.get(folding.HEADER, "")
    response = render_fragment(
        "tickets/_conversation.html", conversation_context, ticket, shown_from, conversation_changes.respond
    )
    if UNSEEN_HEADER not in request.headers:
        mark_read(ticket)
    return response


@blueprint.get("/earlier")
def show_earlier_messages(number: int) -> ResponseReturnValue:
    """Entries before the number ``before``: one page, or with ``to``, the id of a message, all from that one on.

    With ``all`` as many as possible at once, for printing.
    """
    ticket = get_ticket_or_404(number)
    reader = authentication.get_current_user()
    before = timeline_numbers.read_number(ticket, parse_id(request.args.get("before")), reader) or ticket.next_seq
    message_id = parse_id(request.args.get("to"))
    from_seq = tickets.find_seq(ticket, reader, message_id) if message_id else None
    if "all" in request.args:
        from_seq = tickets.FIRST_SEQ
    context = earlier_context(ticket, before, from_seq)
    return render_template("tickets/_earlier.html" if htmx else "tickets/earlier.html", **context)


@blueprint.get("/facts")
def show_facts_fragment(number: int) -> ResponseReturnValue:
    """Render the sidebar of a ticket alone."""
    ticket = get_ticket_or_404(number)
    return render_fragment(
        "tickets/_facts.html", lambda ticket: sidebar.sidebar_context(ticket, authentication.get_current_user()), ticket
    )


@blueprint.get("/rating")
def show_rating_fragment(number: int) -> ResponseReturnValue:
    """Render the rating of a ticket alone."""
    ticket = get_ticket_or_404(number)
    return render_fragment("tickets/_rating.html", rating_context, ticket)
