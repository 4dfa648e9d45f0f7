"""The template context of the ticket page and of each of its fragments."""

import secrets
from typing import Any

from flask import request
from flask_login import current_user

from helpdesk.domain import idempotency, labels, locking
from helpdesk.domain.administration import settings
from helpdesk.domain.people import permissions
from helpdesk.domain.tickets import links, macros, merge_undo, reactions
from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket
from helpdesk.translation import current_code
from helpdesk.web import uploads
from helpdesk.web.middleware import authentication
from helpdesk.web.templating import htmx_responses
from helpdesk.web.tickets import agent_sidebar, conversation_changes, folding, sidebar


def page_context(ticket: Ticket) -> dict[str, Any]:
    """Return the context of tickets/show.html, except that of the composer."""
    user = authentication.get_current_user()
    context = (
        header_context(ticket)
        | conversation_context(ticket)
        | sidebar.sidebar_context(ticket, user)
        | rating_context(ticket)
        | {"reaction_choices": reactions.CHOICES}
    )
    return context | agent_sidebar.agent_sidebar_context(ticket, user) if user.is_team else context


def header_context(ticket: Ticket) -> dict[str, Any]:
    """Return the context of tickets/_ticket_header.html."""
    return {
        "ticket": ticket,
        "next_step": labels.describe_next_step(ticket, current_user.is_team) if not ticket.merged_into_id else "",
        "can_undo_merge": current_user.is_team and merge_undo.find_merge(ticket) is not None,
        "merged_here": list_merged_for_customer(ticket),
        "followed_by": links.find_follow_up(ticket, authentication.get_current_user()) if ticket.is_closed else None,
    }


def list_merged_for_customer(ticket: Ticket) -> list[int]:
    """The numbers of the tickets merged into this one, for a customer; the team has them beside the conversation."""
    reader = authentication.get_current_user()
    return [] if reader.is_team or not getattr(ticket, "has_merged", True) else links.list_merged(ticket, reader)


def conversation_context(ticket: Ticket) -> dict[str, Any]:
    """Return the context of tickets/_conversation.html."""
    folded = folding.load_folded(ticket, authentication.get_current_user())
    return {
        "ticket": ticket,
        "conversation": folded,
        "seen": conversation_changes.describe(ticket, folded.entries),
        "etag": htmx_responses.make_etag(*fragment_version(ticket, str(folded.shown_from))),
    }


def fragment_version(ticket: Ticket, variant: str = "") -> tuple[object, ...]:
    """What the ETag of a ticket's fragment is made of: the ticket's version, and who sees which ``variant`` of it."""
    user = authentication.get_current_user()
    zone = (user.time_zone or "").replace("/", "-")
    return ticket.id, ticket.version, user.id, user.role, current_code(), zone, variant


def earlier_context(ticket: Ticket, before: int, from_seq: int | None = None) -> dict[str, Any]:
    """Return the context of tickets/_earlier.html: the entries before the number ``before``."""
    page = folding.load_earlier(ticket, authentication.get_current_user(), before, from_seq)
    return {
        "ticket": ticket,
        "earlier": page,
        "seen": conversation_changes.describe(ticket, page.entries, is_end=False),
    }


def rating_context(ticket: Ticket) -> dict[str, Any]:
    """Return the context of tickets/_rating.html."""
    return {
        "ticket": ticket,
        "rating": ticket.rating if ticket.is_done else None,
        "rating_style": settings.get("rating_style"),
        "rating_errors": {},
        "given": {},
    }


def list_changes(values: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What the composer sets besides the status, as (name of the input, value, sentence)."""
    return macros.describe_changes(
        macros.Changes("", *(values.get(name) or "" for name in ("assignee", "priority", "tags")))
    )


def composer_context(
    ticket: Ticket,
    errors: dict[str, Any] | None = None,
    values: dict[str, Any] | None = None,
    stored_uploads: dict[str, Any] | None = None,
    newer: Message | None = None,
) -> dict[str, Any]:
    """Return the context of tickets/_composer.html. ``kept``: stored uploads by the name of their input.

    ``newer``: a colleague's reply that was written meanwhile.
    """
    user = authentication.get_current_user()
    token = idempotency.valid_token(request.form.get("form_token")) if errors or newer else None
    return {
        "ticket": ticket,
        "audience": labels.describe_audience(ticket, sidebar.list_active_threads(ticket), user),
        "form_token": token or secrets.token_hex(16),
        "values": values or {},
        "changes": list_changes(values or {}),
        "errors": errors or {},
        "limits": uploads.UPLOAD_LIMITS,
        "kept": stored_uploads or {},
        "seen_seq": ticket.next_seq - 1,
        "newer": newer,
        "undo": None,
        "canned": agent_sidebar.list_canned_replies(ticket, user),
        "added_to": find_ticket_added_to(ticket),
    }


def find_ticket_added_to(ticket: Ticket) -> Ticket | None:
    """Return the open ticket to which a reply on a merged ``ticket`` is added, as ``create_follow_up`` does it."""
    target = locking.find_merge_target(ticket) if ticket.merged_into_id else ticket
    can_be_added = target is not ticket and not target.is_closed
    return target if can_be_added and permissions.can_reply(authentication.get_current_user(), target) else None
