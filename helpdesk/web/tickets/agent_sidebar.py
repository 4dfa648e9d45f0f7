"""The team's part of a ticket page: SLA timers, linked tickets, present users, review, canned replies."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import aliased

from helpdesk import clock, presence
from helpdesk.domain.reporting import qa_reviews
from helpdesk.domain.tickets import canned_replies, links
from helpdesk.extensions import db
from helpdesk.models.canned_reply import CannedReply
from helpdesk.models.sla import SlaTimer
from helpdesk.models.ticket import Ticket
from helpdesk.models.ticket_link import TicketLink
from helpdesk.models.user import User
from helpdesk.translation import gettext, lazy_gettext, pgettext
from helpdesk.web.tickets.sidebar import OtherTicket

SLA_TIMER_LABELS = {"first_response": lazy_gettext("First response"), "resolution": lazy_gettext("Resolution")}


# Columns of the ticket's own query that tell whether linked tickets and canned replies need queries at all.
_other_ticket = aliased(Ticket)
EXISTENCE_COLUMNS = (
    or_(
        Ticket.follows_id.is_not(None),
        Ticket.merged_into_id.is_not(None),
        exists().where(TicketLink.low_id == Ticket.id),
        exists().where(TicketLink.high_id == Ticket.id),
        exists().where(_other_ticket.follows_id == Ticket.id),
        exists().where(_other_ticket.merged_into_id == Ticket.id),
    ).label("has_links"),
    exists(select(CannedReply.id)).label("has_canned_replies"),
)


@dataclass(frozen=True)
class SlaTimerView:
    """One SLA timer as it is shown; tone is "", good, warn or bad."""

    label: str
    sentence: str
    tone: str
    due_at: datetime | None = None


def agent_sidebar_context(ticket: Ticket, reader: User) -> dict[str, Any]:
    """Return the context of tickets/_team_bar.html and tickets/_team_tools.html."""
    linked = links.list_linked_tickets(ticket, reader) if getattr(ticket, "has_links", True) else []
    tools = {  # plain values, by which tickets/_team_tools.html is kept
        "is_closed": ticket.is_closed,
        "merged_into_id": ticket.merged_into_id,
        "near": tuple((_show_linked(each), links.describe_link(ticket, each)) for each in linked),
    }
    return {
        "ticket": ticket,
        "clocks": list_sla_timers(ticket),
        "present": list_present_users(ticket, reader),
        "mark": qa_reviews.visible_review(ticket.review, reader) if ticket.is_done else None,
        "mark_words": qa_reviews.RATING_LABELS,
        "number": ticket.number,
        "tools": tools,
        **tools,
    }


def _show_linked(other: Ticket) -> OtherTicket:
    return OtherTicket(other.number, other.subject, str(other.status))


def list_canned_replies(
    ticket: Ticket, reader: User, rows: Iterable[Sequence[Any]] | None = None
) -> list[tuple[int, str]]:
    """Return the canned replies that the composer offers, as (id, title). ``rows``: as of ``list_titles``."""
    if not reader.is_team or not getattr(ticket, "has_canned_replies", True):
        return []
    return canned_replies.list_titles(reader, rows)


def list_sla_timers(ticket: Ticket) -> list[SlaTimerView]:
    """Return the SLA timers of ``ticket``, first response before resolution."""
    return [_describe_timer(row) for row in sorted(ticket.sla_timers, key=lambda row: row.kind)]


def list_present_users(ticket: Ticket, reader: User) -> list[tuple[User, str]]:
    """Return the other users who have the ticket open, with "reading", "typing" or "open"."""
    activities = {
        user_id: activity for user_id, activity in presence.present_users(ticket.id).items() if user_id != reader.id
    }
    if not activities:
        return []
    users = db.session.scalars(select(User).where(User.id.in_(activities)).order_by(User.search_words, User.id))
    return [(user, activities[user.id]) for user in users]


def _describe_timer(timer: SlaTimer) -> SlaTimerView:
    """Return the label, text and tone of one timer."""
    label = SLA_TIMER_LABELS[timer.kind]
    if timer.stopped_at is not None:
        return SlaTimerView(label, _describe_end(timer), "bad" if timer.breached else "good")
    if timer.due_at is None:
        return SlaTimerView(label, gettext("paused while we wait for the customer"), "")
    remaining = timer.due_at - clock.now()
    if remaining < timedelta():
        return SlaTimerView(label, gettext("overdue since"), "bad", timer.due_at)
    return SlaTimerView(
        label, pgettext("service level timer", "due"), "warn" if remaining < timedelta(hours=1) else "", timer.due_at
    )


def _describe_end(timer: SlaTimer) -> str:
    return pgettext("service level timer", "missed") if timer.breached else pgettext("service level timer", "met")
