"""Responses of the ticket views: one fragment, or the fragments that a change or a reply touches."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Response, redirect, render_template
from flask.typing import ResponseReturnValue

from helpdesk.database import errors, transactions
from helpdesk.domain import tickets
from helpdesk.domain.notifications import inbox
from helpdesk.domain.tickets.read_receipts import PendingReadReceipt
from helpdesk.extensions import htmx
from helpdesk.models.ticket import Ticket
from helpdesk.web.middleware import authentication
from helpdesk.web.templating import htmx_responses
from helpdesk.web.tickets import conversation_changes, sidebar
from helpdesk.web.tickets.page_context import (
    composer_context,
    conversation_context,
    fragment_version,
    header_context,
    rating_context,
)
from helpdesk.web.tickets.page_rows import NOTHING
from helpdesk.web.tickets.ticket_lookup import get_ticket_or_404, load_named_people


def render_fragment(
    template: str,
    build_context: Callable[[Ticket], dict[str, Any]],
    ticket: Ticket,
    variant: str = "",
    update: Callable[[Ticket], Response | None] = lambda _: None,
) -> Response:
    """Render one fragment, or 304 if the browser has the current version of this ``variant``.

    ``update``: makes a response with what changed in it, or none; then the fragment is sent as a whole.
    """
    parts = fragment_version(ticket, variant)
    unchanged = htmx_responses.not_modified(*parts)
    if unchanged is not None:
        return unchanged
    changed = update(ticket)
    content = changed if changed is not None else render_template(template, **build_context(ticket))
    return htmx_responses.with_etag(content, *parts)


def render_after_change(
    number: int, first: str = "header", address: str = "", more: Sequence[tuple[str, dict[str, Any]]] = ()
) -> ResponseReturnValue:
    """The fragments that a change affects, beginning with ``first``, which replaces HTMX's target; then ``more``."""
    address = address or f"/tickets/{number}"
    if not htmx:
        return redirect(address, 303)
    transactions.set_read_only()  # the change is committed; showing it needs no write lock
    fragments = changed_fragments(get_ticket_or_404(number))
    return htmx_responses.swap_fragments(fragments.pop(first), *fragments.values(), *more, address=address)


def changed_fragments(ticket: Ticket, with_conversation: bool = True) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the fragments that show a ticket's state, by name: template and context."""
    conversation = {"conversation": ("tickets/_conversation.html", conversation_context(ticket))}
    return {
        "header": ("tickets/_ticket_header.html", header_context(ticket)),
        **(conversation if with_conversation else {}),
        "facts": ("tickets/_facts.html", sidebar.sidebar_context(ticket, authentication.get_current_user())),
        "rating": ("tickets/_rating.html", rating_context(ticket)),
    }


def render_after_reply(
    number: int,
    is_changed: bool,
    kind: str = "reply",
    undo: dict[str, Any] | None = None,
    written: Ticket | None = None,
) -> ResponseReturnValue:
    """Render an empty composer for another message of this ``kind``, and the conversation.

    All other fragments only if the ticket's state changed. ``undo``: what the toast offers. ``written``: the ticket as
    this request has just written it, where nothing but its conversation changed; of that, the new entries are sent.

    The event that notifies every open page also updates this one.
    """
    address = f"/tickets/{number}"
    if not htmx:
        return redirect(f"{address}?sent={undo['message_id']}" if undo else address, 303)
    transactions.set_read_only()
    changes, rows = conversation_changes.find_new(written) if written is not None else (None, NOTHING)
    if written is not None and changes is not None:
        ticket, others = load_named_people(written), {}
    else:
        ticket = get_ticket_or_404(number)
        changes = conversation_changes.find_changes(ticket)
        others = changed_fragments(ticket, with_conversation=changes is None) if is_changed else {}
    if changes is None:
        others["conversation"] = ("tickets/_conversation.html", conversation_context(ticket))
    response = htmx_responses.swap_fragments(
        ("tickets/_composer.html", composer_context(ticket, values={"kind": kind}, rows=rows) | {"undo": undo}),
        *others.values(),
        address=address,
    )
    if changes is not None:
        response.set_data(response.get_data(as_text=True) + conversation_changes.render_changes(ticket, changes))
    return response


def mark_read(ticket: Ticket) -> None:
    """Save that this person has read the ticket, in a transaction of its own after the page is rendered."""
    user = authentication.get_current_user()
    if getattr(user, "is_impersonating", False):
        return
    receipt = tickets.pending_read_receipt(ticket, user)
    # Read before the next transaction, in which each object would be loaded again.
    user_id, ticket_id = user.id, ticket.id
    is_notified = bool(user.session.unread_notifications) and getattr(ticket, "has_notified_reader", True)
    if receipt or is_notified:
        transactions.start_write_transaction()
        errors.ignore_if_unavailable(lambda: save_as_read(receipt, user_id, ticket_id, is_notified))


def save_as_read(receipt: PendingReadReceipt | None, user_id: int, ticket_id: int, is_notified: bool) -> None:
    """Save ``receipt``, and mark the notifications about the ticket as read where there are unread ones."""
    if receipt:
        tickets.save_read_receipt(receipt)
    if is_notified:
        inbox.mark_read(user_id, ticket_id=ticket_id)
