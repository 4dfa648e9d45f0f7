"""Tickets as rows of a list in Slack: with priority, SLA, assignee, and a link to the team's thread."""

from collections.abc import Sequence

from sqlalchemy import select

from helpdesk import clock, urls
from helpdesk.channels.slack.render import blocks
from helpdesk.domain import labels
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.sla import SlaTimer
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.translation import gettext

WORKSPACE_URL = "https://slack.com"  # forwards to the reader's workspace


def build_rows(tickets: Sequence[Ticket]) -> tuple[blocks.ListRow, ...]:
    """Return ``tickets`` as rows; two queries for all of them."""
    ids = [ticket.id for ticket in tickets]
    due, threads = _describe_timers(ids), find_thread_urls(ids)
    return tuple(
        blocks.ListRow(
            number=ticket.number,
            subject=ticket.subject,
            status_word=labels.status_label(ticket.status),
            organization=ticket.organization.name,
            url=urls.ticket_url(ticket.number),
            assignee=ticket.assignee.display_name if ticket.assignee else None,
            status=str(ticket.status),
            waiting=gettext(
                "for %(duration)s", duration=labels.format_duration((clock.now() - ticket.turn_since).total_seconds())
            )
            if not ticket.is_done
            else "",
            priority=labels.PRIORITY_LABELS[ticket.priority],
            sla=due.get(ticket.id, ""),
            thread_url=threads.get(ticket.id, ""),
        )
        for ticket in tickets
    )


def find_thread_urls(ticket_ids: Sequence[int]) -> dict[int, str]:
    """Return the address of each ticket's thread in the team's channel, by ticket id."""
    query = (
        select(Thread.ticket_id, Channel.external_id, Thread.external_id)
        .join(Channel, Channel.id == Thread.channel_id)
        .where(Thread.ticket_id.in_(ticket_ids), Thread.ended_at.is_(None), Thread.external_id.is_not(None))
        .where(Channel.kind == "slack", Channel.audience == "team")
        .order_by(Thread.id)
    )
    return {
        ticket_id: f"{WORKSPACE_URL}/archives/{channel_id}/p{ts.replace('.', '')}"
        for ticket_id, channel_id, ts in db.session.execute(query)
    }


def _describe_timers(ticket_ids: Sequence[int]) -> dict[int, str]:
    """Return the next target of each ticket that has one: "first response due in 25 min"."""
    now = clock.now()
    running = select(SlaTimer).where(SlaTimer.ticket_id.in_(ticket_ids), SlaTimer.due_at.is_not(None))
    found: dict[int, str] = {}
    for timer in db.session.scalars(running.order_by(SlaTimer.due_at)):
        seconds = (timer.due_at - now).total_seconds() if timer.due_at else 0
        found.setdefault(timer.ticket_id, _describe_timer(timer.kind, seconds))
    return found


def _describe_timer(kind: str, seconds: float) -> str:
    if seconds <= 0:
        return gettext("first response overdue") if kind == "first_response" else gettext("resolution overdue")
    duration = labels.format_duration(seconds)
    if kind == "first_response":
        return gettext("first response due in %(duration)s", duration=duration)
    return gettext("resolution due in %(duration)s", duration=duration)
