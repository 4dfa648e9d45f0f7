"""One ticket: its page and its fragments. Every view of a ticket, here and beside, loads through ``found``."""

import secrets
from dataclasses import dataclass
from functools import lru_cache

from flask import Blueprint, abort, redirect, render_template, request
from flask_login import current_user
from sqlalchemy import Select, and_, bindparam
from sqlalchemy.orm import joinedload

from helpdesk import extensions
from helpdesk.domain import idempotency, labels, tickets
from helpdesk.domain.administration import settings
from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.models.qa_review import QaReview
from helpdesk.models.ticket import Rating, ReadReceipt, Ticket
from helpdesk.web import uploads
from helpdesk.web.middleware import authentication
from helpdesk.web.templating import htmx_responses
from helpdesk.web.tickets import agent_sidebar, sidebar

TICKET_URL_PREFIX = "/tickets/<int:number>"
LOAD_PEOPLE = (
    joinedload(Ticket.requester),
    joinedload(Ticket.assignee),
    joinedload(Ticket.organization, innerjoin=True),
)
blueprint = Blueprint("ticket_page", __name__, url_prefix=TICKET_URL_PREFIX)


@blueprint.get("")
def show_ticket(number: int):
    """The whole page. Having it before one's eyes marks it read."""
    ticket = get_ticket_or_404(number)
    html = render_template("tickets/show.html", **(page_context(ticket) | composer_context(ticket)))
    mark_read(ticket)
    return html


@blueprint.get("/header")
def show_header_fragment(number: int):
    ticket = get_ticket_or_404(number)
    return render_fragment("tickets/_ticket_header.html", header_context, ticket)


@blueprint.get("/conversation")
def show_conversation_fragment(number: int):
    ticket = get_ticket_or_404(number)
    response = render_fragment("tickets/_conversation.html", conversation_context, ticket)
    if response.status_code == 200:
        mark_read(ticket)
    return response


@blueprint.get("/facts")
def show_facts_fragment(number: int):
    ticket = get_ticket_or_404(number)
    return render_fragment(
        "tickets/_facts.html", lambda ticket: sidebar.sidebar_context(ticket, authentication.get_current_user()), ticket
    )


@blueprint.get("/rating")
def show_rating_fragment(number: int):
    ticket = get_ticket_or_404(number)
    return render_fragment("tickets/_rating.html", rating_context, ticket)


def get_ticket_or_404(number: int) -> Ticket:
    """The ticket with this number, through what the signed-in person may see; else 404, as for one that never was."""
    me = authentication.get_current_user()
    if not 0 < number < 2**63 or not me.is_active:
        abort(404)
    asked = {"number": number, "reader_id": me.id, "reader_organization_id": me.organization_id}
    row = db.session.execute(_ticket_query(me.is_team, me.sees), asked).unique().first()
    if row is None:
        abort(404)
    row.Ticket.read_seq, row.Ticket.rating, row.Ticket.places_read = row.seq or 0, row.Rating, None
    if me.is_team:
        row.Ticket.mark, row.Ticket.has_near, row.Ticket.has_canned = row.QaReview, row.has_near, row.has_canned
    return row.Ticket


@dataclass(frozen=True)
class ReaderParameters:
    """Stands for everybody of a kind, so that a query through what they may see is put together once for all of them."""

    is_team: bool
    sees: str
    is_active = True
    id = bindparam("reader_id")
    organization_id = bindparam("reader_organization_id")


@lru_cache
def _ticket_query(is_team: bool, sees: str) -> Select:
    """The ticket with everything its page reads of it, and how far the reader has read it."""
    reader = ReaderParameters(is_team, sees)
    mine = and_(ReadReceipt.ticket_id == Ticket.id, ReadReceipt.user_id == reader.id)
    tickets = permissions.visible_tickets(reader).where(Ticket.id == bindparam("number"))
    query = (
        tickets.outerjoin(ReadReceipt, mine)
        .outerjoin(Rating)
        .add_columns(ReadReceipt.seq, Rating)
        .options(*LOAD_PEOPLE)
    )
    if is_team:
        query = (
            query.outerjoin(QaReview)
            .add_columns(QaReview, *agent_sidebar.EXISTENCE_COLUMNS)
            .options(joinedload(Ticket.clocks))
        )
    return query


def page_context(ticket: Ticket) -> dict:
    """What tickets/show.html needs, but for the composer."""
    me = authentication.get_current_user()
    needs = (
        header_context(ticket)
        | conversation_context(ticket)
        | sidebar.sidebar_context(ticket, me)
        | rating_context(ticket)
    )
    return needs | agent_sidebar.agent_sidebar_context(ticket, me) if me.is_team else needs


def header_context(ticket: Ticket) -> dict:
    """What tickets/_ticket_header.html needs."""
    return {"ticket": ticket, "next_step": labels.describe_next_step(ticket, current_user.is_team)}


def conversation_context(ticket: Ticket) -> dict:
    """What tickets/_conversation.html needs."""
    reader = authentication.get_current_user()
    timeline = tickets.load_timeline(ticket, reader)
    for entry in timeline:
        if entry.is_event:
            entry.sentence = labels.describe_event(entry, reader.is_team)
    seen = tickets.read_by(ticket, timeline) if reader.is_team else {}
    return {"ticket": ticket, "timeline": timeline, "seen": seen}


def rating_context(ticket: Ticket) -> dict:
    """What tickets/_rating.html needs."""
    return {
        "ticket": ticket,
        "rating": ticket.rating if ticket.is_done else None,
        "rating_style": settings.get("rating_style"),
        "rating_errors": {},
        "given": {},
    }


def composer_context(
    ticket: Ticket, errors: dict | None = None, values: dict | None = None, kept: dict | None = None
) -> dict:
    """What tickets/_composer.html needs."""
    me = authentication.get_current_user()
    token = idempotency.valid_token(request.form.get("form_token")) if errors else None
    return {
        "ticket": ticket,
        "audience": labels.describe_audience(ticket, sidebar.list_active_threads(ticket), me),
        "form_token": token or secrets.token_hex(16),
        "values": values or {},
        "errors": errors or {},
        "limits": uploads.UPLOAD_LIMITS,
        "kept": kept or {},
        "canned": agent_sidebar.list_canned_replies(ticket, me),
    }


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
    extensions.begin_reading()  # the change is committed; showing it needs no write lock
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
    extensions.begin_reading()
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
        extensions.begin_writing()
        tickets.save_read_receipt(reading)
        db.session.commit()
