"""The template context of the ticket page and of each of its fragments."""

import secrets
from typing import Any

from flask import request

from helpdesk.domain import idempotency, labels, locking
from helpdesk.domain.administration import settings
from helpdesk.domain.knowledge_base import articles
from helpdesk.domain.people import permissions
from helpdesk.domain.tickets import links, macros, merge_undo, reactions
from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket
from helpdesk.translation import current_code
from helpdesk.web import timeline_numbers, uploads
from helpdesk.web.middleware import authentication
from helpdesk.web.templating import filters, htmx_responses
from helpdesk.web.tickets import agent_sidebar, conversation_changes, folding, sidebar
from helpdesk.web.tickets.page_rows import NOTHING, PageRows


def page_context(ticket: Ticket, rows: PageRows = NOTHING) -> dict[str, Any]:
    """Return the context of tickets/show.html, except that of the composer. ``rows``: what was loaded already."""
    user = authentication.get_current_user()
    context = (
        {"header": header_context(ticket)}
        | conversation_context(ticket, rows)
        | sidebar.sidebar_context(ticket, user, rows.people, rows.answers, rows.other_tickets)
        | rating_context(ticket)
        | {"reaction_choices": reactions.CHOICES}
    )
    return context | agent_sidebar.agent_sidebar_context(ticket, user) if user.is_team else context


def header_context(ticket: Ticket) -> dict[str, Any]:
    """Return the context of tickets/_ticket_header.html: plain values, by which what is rendered of them is kept."""
    reader, times = authentication.get_current_user(), filters.PageTimes()
    for_team, waiting_on, merged_into_id = reader.is_team, ticket.waiting_on, ticket.merged_into_id
    return {
        "number": ticket.number,
        "subject": ticket.subject,
        "status_name": str(ticket.status),
        "priority_name": str(ticket.priority),
        "waiting_on": waiting_on,
        "turn": times.since(ticket.turn_since) if waiting_on else times.ago(ticket.turn_since),
        "next_step": "" if merged_into_id else labels.describe_next_step(ticket, for_team),
        "is_closed": ticket.is_closed,
        "is_solved": ticket.is_solved,
        "for_team": for_team,
        "merged_into_id": merged_into_id,
        "can_undo_merge": for_team and merge_undo.find_merge(ticket) is not None,
        "followed_by": links.find_follow_up(ticket, reader) if ticket.is_closed else None,
        "merged_here": tuple(list_merged_for_customer(ticket)),
        "follows_id": ticket.follows_id,
    }


def list_merged_for_customer(ticket: Ticket) -> list[int]:
    """The numbers of the tickets merged into this one, for a customer; the team has them beside the conversation."""
    reader = authentication.get_current_user()
    return [] if reader.is_team or not getattr(ticket, "has_merged", True) else links.list_merged(ticket, reader)


def conversation_context(ticket: Ticket, rows: PageRows = NOTHING) -> dict[str, Any]:
    """Return the context of tickets/_conversation.html."""
    reader = authentication.get_current_user()
    folded = folding.load_folded(ticket, reader, rows.timeline)
    shown_from = timeline_numbers.hide_number(ticket.id, folded.shown_from, reader)
    return {
        "ticket": ticket,
        "conversation": folded,
        "shown_from": shown_from,
        "seen": conversation_changes.describe(ticket, folded.entries, receipts=rows.receipts),
        "etag": htmx_responses.make_etag(*fragment_version(ticket, str(shown_from))),
    }


def fragment_version(ticket: Ticket, variant: str = "") -> tuple[object, ...]:
    """What the ETag of a ticket's fragment is made of: the ticket's version, and who sees which ``variant`` of it."""
    user = authentication.get_current_user()
    zone = (user.time_zone or "").replace("/", "-")
    version = ticket.version if user.is_team else ticket.public_version
    return ticket.id, version, user.id, user.role, current_code(), zone, variant


def earlier_context(ticket: Ticket, before: int, from_seq: int | None = None) -> dict[str, Any]:
    """Return the context of tickets/_earlier.html: the entries before the number ``before``."""
    reader = authentication.get_current_user()
    page = folding.load_earlier(ticket, reader, before, from_seq)
    first = page.entries[0].seq if page.entries else 0
    return {
        "ticket": ticket,
        "earlier": page,
        "before": timeline_numbers.hide_number(ticket.id, page.before, reader),
        "next_before": timeline_numbers.hide_number(ticket.id, first, reader),
        "seen": conversation_changes.describe(ticket, page.entries, is_end=False),
    }


def rating_context(ticket: Ticket) -> dict[str, Any]:
    """Return the context of tickets/_rating.html."""
    return {
        "ticket": ticket,
        "reader_id": authentication.get_current_user().id,
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
    has_other_audience: bool = False,
    rows: PageRows = NOTHING,
) -> dict[str, Any]:
    """Return the context of tickets/_composer.html. ``kept``: stored uploads by the name of their input.

    ``newer``: a colleague's reply that was written meanwhile. ``has_other_audience``: others would read the reply than
    its form said. ``empty_composer``: of a composer in which there is nothing yet, the plain values by which what is
    rendered is kept; the others are filled in.
    """
    user = authentication.get_current_user()
    for_team, is_closed, added_to = user.is_team, ticket.is_closed, find_ticket_added_to(ticket)
    token = idempotency.valid_token(request.form.get("form_token")) if errors or newer or has_other_audience else None
    shown = {
        "for_team": for_team,
        "is_closed": is_closed,
        "limits": uploads.UPLOAD_LIMITS,
        "canned": tuple(agent_sidebar.list_canned_replies(ticket, user, rows.canned_replies)),
        "added_to": added_to.number if added_to else None,
        "has_articles": for_team and not is_closed and articles.has_articles(user),
    }
    nothing = dict.fromkeys(("values", "changes", "errors", "kept", "newer", "has_other_audience", "undo"))
    return shown | {
        "ticket": ticket,
        "number": ticket.number,
        "audience": labels.describe_audience(ticket, sidebar.list_active_threads(ticket), user),
        "seen_seq": ticket.next_seq - 1,
        "form_token": token or secrets.token_hex(16),
        "values": values or {},
        "changes": list_changes(values) if values else [],
        "errors": errors or {},
        "kept": stored_uploads or {},
        "newer": newer,
        "has_other_audience": has_other_audience,
        "undo": None,
        "empty_composer": None if values or errors or stored_uploads or newer else shown | nothing,
    }


def find_ticket_added_to(ticket: Ticket) -> Ticket | None:
    """Return the open ticket to which a reply on a merged ``ticket`` is added, as ``create_follow_up`` does it."""
    target = locking.find_merge_target(ticket) if ticket.merged_into_id else ticket
    can_be_added = target is not ticket and not target.is_closed
    return target if can_be_added and permissions.can_reply(authentication.get_current_user(), target) else None
