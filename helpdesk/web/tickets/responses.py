"""Responses of the ticket views: one fragment, or the fragments that a change or a reply touches."""

from flask import redirect, render_template

from helpdesk.database import transactions
from helpdesk.domain import tickets
from helpdesk.extensions import db
from helpdesk.models.ticket import Ticket
from helpdesk.web.middleware import authentication
from helpdesk.web.templating import htmx_responses
from helpdesk.web.tickets import sidebar
from helpdesk.web.tickets.page_context import composer_context, conversation_context, header_context, rating_context
from helpdesk.web.tickets.ticket_lookup import get_ticket_or_404


def render_fragment(template: str, needs, ticket: Ticket):
    """One fragment, or 304 where the browser has it as it is."""
    me = authentication.get_current_user()
    parts = (ticket.id, ticket.version, me.id, me.role)
    return htmx_responses.not_modified(*parts) or htmx_responses.with_etag(
        render_template(template, **needs(ticket)), *parts
    )


def render_after_change(number: int, first: str = "header", address: str = ""):
    """The fragments a change touches, the one the browser swaps first in front."""
    address = address or f"/tickets/{number}"
    if not htmx_responses.htmx:
        return redirect(address, 303)
    transactions.set_read_only()  # the change is committed; showing it needs no write lock
    made = changed_fragments(get_ticket_or_404(number))
    return htmx_responses.swap_fragments(made.pop(first), *made.values(), address=address)


def changed_fragments(ticket: Ticket) -> dict[str, tuple[str, dict]]:
    """What of the page shows how a ticket stands: by name, templates with their values."""
    return {
        "header": ("tickets/_ticket_header.html", header_context(ticket)),
        "conversation": ("tickets/_conversation.html", conversation_context(ticket)),
        "facts": ("tickets/_facts.html", sidebar.sidebar_context(ticket, authentication.get_current_user())),
        "rating": ("tickets/_rating.html", rating_context(ticket)),
    }


def render_after_reply(number: int, moved: bool):
    """An empty composer and the conversation with what was just said; the rest of the page only if the ticket ``moved``.

    It learns of the words themselves as every open page does: it is told that the ticket changed.
    """
    address = f"/tickets/{number}"
    if not htmx_responses.htmx:
        return redirect(address, 303)
    transactions.set_read_only()
    ticket = get_ticket_or_404(number)
    others = (
        changed_fragments(ticket)
        if moved
        else {"conversation": ("tickets/_conversation.html", conversation_context(ticket))}
    )
    return htmx_responses.swap_fragments(
        ("tickets/_composer.html", composer_context(ticket)), *others.values(), address=address
    )


def mark_read(ticket: Ticket) -> None:
    """Remember that this person has read the ticket; a write of its own after the page is made."""
    me = authentication.get_current_user()
    reading = None if getattr(me, "is_viewing", False) else tickets.pending_read_receipt(ticket, me)
    if reading:
        transactions.start_write_transaction()
        tickets.save_read_receipt(reading)
        db.session.commit()
