"""One ticket: its page and its fragments. Every view of a ticket, here and beside, loads through ``found``."""

import secrets
from dataclasses import dataclass
from functools import lru_cache

from flask import Blueprint, abort, redirect, render_template, request
from flask_login import current_user
from sqlalchemy import Select, and_, bindparam
from sqlalchemy.orm import joinedload

from helpdesk import extensions
from helpdesk.domain import permissions, repeats, settings, tickets, words
from helpdesk.extensions import db
from helpdesk.models.desk import ReviewMark
from helpdesk.models.tickets import Rating, ReadMark, Ticket
from helpdesk.web import facts, fragments, identity, team_facts, uploads

PREFIX = "/tickets/<int:number>"
WITH_PEOPLE = (
    joinedload(Ticket.requester),
    joinedload(Ticket.assignee),
    joinedload(Ticket.organization, innerjoin=True),
)
blueprint = Blueprint("tickets", __name__, url_prefix=PREFIX)


@blueprint.get("")
def show(number: int):
    """The whole page. Having it before one's eyes marks it read."""
    ticket = found(number)
    html = render_template("tickets/show.html", **(whole(ticket) | composer(ticket)))
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
    return answer("tickets/_facts.html", lambda ticket: facts.of(ticket, identity.me()), ticket)


@blueprint.get("/rating")
def rating_fragment(number: int):
    ticket = found(number)
    return answer("tickets/_rating.html", rating, ticket)


def found(number: int) -> Ticket:
    """The ticket with this number, through what the signed-in person may see; else 404, as for one that never was."""
    me = identity.me()
    if not 0 < number < 2**63 or not me.is_active:
        abort(404)
    asked = {"number": number, "reader_id": me.id, "reader_organization_id": me.organization_id}
    row = db.session.execute(_one_ticket(me.is_team, me.sees), asked).unique().first()
    if row is None:
        abort(404)
    row.Ticket.read_seq, row.Ticket.rating, row.Ticket.places_read = row.seq or 0, row.Rating, None
    if me.is_team:
        row.Ticket.mark, row.Ticket.has_near, row.Ticket.has_canned = row.ReviewMark, row.has_near, row.has_canned
    return row.Ticket


@dataclass(frozen=True)
class Reader:
    """Stands for everybody of a kind, so that a query through what they may see is put together once for all of them."""

    is_team: bool
    sees: str
    is_active = True
    id = bindparam("reader_id")
    organization_id = bindparam("reader_organization_id")


@lru_cache
def _one_ticket(is_team: bool, sees: str) -> Select:
    """The ticket with everything its page reads of it, and how far the reader has read it."""
    reader = Reader(is_team, sees)
    mine = and_(ReadMark.ticket_id == Ticket.id, ReadMark.user_id == reader.id)
    tickets = permissions.visible_tickets(reader).where(Ticket.id == bindparam("number"))
    query = tickets.outerjoin(ReadMark, mine).outerjoin(Rating).add_columns(ReadMark.seq, Rating).options(*WITH_PEOPLE)
    if is_team:
        query = (
            query.outerjoin(ReviewMark).add_columns(ReviewMark, *team_facts.WHETHER).options(joinedload(Ticket.clocks))
        )
    return query


def whole(ticket: Ticket) -> dict:
    """What tickets/show.html needs, but for the composer."""
    me = identity.me()
    needs = header(ticket) | conversation(ticket) | facts.of(ticket, me) | rating(ticket)
    return needs | team_facts.of(ticket, me) if me.is_team else needs


def header(ticket: Ticket) -> dict:
    """What tickets/_ticket_header.html needs."""
    return {"ticket": ticket, "next_step": words.next_step(ticket, current_user.is_team)}


def conversation(ticket: Ticket) -> dict:
    """What tickets/_conversation.html needs."""
    reader = identity.me()
    timeline = tickets.timeline(ticket, reader)
    for entry in timeline:
        if entry.is_event:
            entry.sentence = words.event(entry, reader.is_team)
    seen = tickets.seen_by(ticket, timeline) if reader.is_team else {}
    return {"ticket": ticket, "timeline": timeline, "seen": seen}


def rating(ticket: Ticket) -> dict:
    """What tickets/_rating.html needs."""
    done = ticket.status in ("solved", "closed")
    return {
        "ticket": ticket,
        "rating": ticket.rating if done else None,
        "rating_style": settings.get("rating_style"),
        "rating_errors": {},
        "given": {},
    }


def composer(ticket: Ticket, errors: dict | None = None, values: dict | None = None, kept: dict | None = None) -> dict:
    """What tickets/_composer.html needs."""
    me = identity.me()
    token = repeats.token(request.form.get("form_token")) if errors else None
    return {
        "ticket": ticket,
        "audience": words.audience(ticket, facts.places(ticket), me),
        "form_token": token or secrets.token_hex(16),
        "values": values or {},
        "errors": errors or {},
        "limits": uploads.LIMITS,
        "kept": kept or {},
        "canned": team_facts.canned(ticket, me),
    }


def answer(template: str, needs, ticket: Ticket):
    """One fragment, or 304 where the browser has it as it is."""
    me = identity.me()
    parts = (ticket.id, ticket.version, me.id, me.role)
    return fragments.unchanged(*parts) or fragments.tagged(render_template(template, **needs(ticket)), *parts)


def changed(number: int, first: str = "header", address: str = ""):
    """The fragments a change touches, the one the browser swaps first in front."""
    address = address or f"/tickets/{number}"
    if not fragments.htmx:
        return redirect(address, 303)
    extensions.begin_reading()  # the change is committed; showing it needs no write lock
    made = around(found(number))
    return fragments.swap(made.pop(first), *made.values(), address=address)


def around(ticket: Ticket) -> dict[str, tuple[str, dict]]:
    """What of the page shows how a ticket stands: by name, templates with their values."""
    return {
        "header": ("tickets/_ticket_header.html", header(ticket)),
        "conversation": ("tickets/_conversation.html", conversation(ticket)),
        "facts": ("tickets/_facts.html", facts.of(ticket, identity.me())),
        "rating": ("tickets/_rating.html", rating(ticket)),
    }


def said(number: int, moved: bool):
    """An empty composer and the conversation with what was just said; the rest of the page only if the ticket ``moved``.

    It learns of the words themselves as every open page does: it is told that the ticket changed.
    """
    address = f"/tickets/{number}"
    if not fragments.htmx:
        return redirect(address, 303)
    extensions.begin_reading()
    ticket = found(number)
    others = around(ticket) if moved else {"conversation": ("tickets/_conversation.html", conversation(ticket))}
    return fragments.swap(("tickets/_composer.html", composer(ticket)), *others.values(), address=address)


def read(ticket: Ticket) -> None:
    """Remember that this person has read the ticket; a write of its own after the page is made."""
    me = identity.me()
    reading = None if getattr(me, "is_viewing", False) else tickets.reading(ticket, me)
    if reading:
        extensions.begin_writing()
        tickets.mark_read(reading)
        db.session.commit()
