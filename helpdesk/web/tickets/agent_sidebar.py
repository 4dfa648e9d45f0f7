"""What the team sees of a ticket beside what everybody sees: clocks, links, who else is there, remarks, canned replies."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import aliased

from helpdesk import clock, presence
from helpdesk.domain.reporting import qa_reviews
from helpdesk.domain.tickets import canned_replies, merging
from helpdesk.extensions import db
from helpdesk.models.qa_review import CannedReply, TicketLink
from helpdesk.models.sla import SlaTimer
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

SLA_TIMER_LABELS = {"first_response": "First answer", "resolution": "Solution"}


# Whether it is worth asking for tickets near this one, and for canned replies: columns beside the ticket itself.
_other_ticket = aliased(Ticket)
EXISTENCE_COLUMNS = (
    or_(
        Ticket.follows_id.is_not(None),
        Ticket.merged_into_id.is_not(None),
        exists().where(TicketLink.low_id == Ticket.id),
        exists().where(TicketLink.high_id == Ticket.id),
        exists().where(_other_ticket.follows_id == Ticket.id),
        exists().where(_other_ticket.merged_into_id == Ticket.id),
    ).label("has_near"),
    exists(select(CannedReply.id)).label("has_canned"),
)


@dataclass(frozen=True)
class SlaTimerView:
    """One service-level clock as it is shown: tone is "", good, warn or bad."""

    label: str
    sentence: str
    tone: str
    due_at: object = None


def agent_sidebar_context(ticket: Ticket, reader: User) -> dict:
    """What tickets/_team_bar.html and tickets/_team_tools.html need."""
    linked = merging.list_linked_tickets(ticket, reader) if getattr(ticket, "has_near", True) else []
    return {
        "ticket": ticket,
        "clocks": list_sla_timers(ticket),
        "present": list_present_users(ticket, reader),
        "mark": qa_reviews.visible_review(ticket.mark, reader) if ticket.is_done else None,
        "mark_words": qa_reviews.RATING_LABELS,
        "near": [(other, merging.describe_link(ticket, other)) for other in linked],
    }


def list_canned_replies(ticket: Ticket, reader: User) -> list[tuple[int, str]]:
    """The replies that the composer offers."""
    if not reader.is_team or not getattr(ticket, "has_canned", True):
        return []
    return canned_replies.list_titles(reader)


def list_sla_timers(ticket: Ticket) -> list[SlaTimerView]:
    """The clocks of ``ticket``, first answer first."""
    return [_describe_timer(row) for row in sorted(ticket.clocks, key=lambda row: row.kind)]


def list_present_users(ticket: Ticket, reader: User) -> list[tuple[User, str]]:
    """Who else has the ticket open right now, and whether they type."""
    there = {user_id: doing for user_id, doing in presence.present_users(ticket.id).items() if user_id != reader.id}
    if not there:
        return []
    people = db.session.scalars(select(User).where(User.id.in_(there)).order_by(User.name))
    return [(person, there[person.id]) for person in people]


def _describe_timer(row: SlaTimer) -> SlaTimerView:
    label = SLA_TIMER_LABELS[row.kind]
    if row.stopped_at is not None:
        return SlaTimerView(label, "came too late" if row.late else "in time", "bad" if row.late else "good")
    if row.due_at is None:
        return SlaTimerView(label, "paused while the customer has the ball", "")
    left = row.due_at - clock.now()
    if left < timedelta():
        return SlaTimerView(label, "overdue since", "bad", row.due_at)
    return SlaTimerView(label, "due", "warn" if left < timedelta(hours=1) else "", row.due_at)
