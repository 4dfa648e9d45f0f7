"""What the team sees of a ticket beside what everybody sees: clocks, links, who else is there, remarks, canned replies."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import aliased

from helpdesk import clock, presence
from helpdesk.domain import canned_replies, merging, reviews
from helpdesk.extensions import db
from helpdesk.models.desk import CannedReply, TicketLink
from helpdesk.models.people import User
from helpdesk.models.service_levels import TicketClock
from helpdesk.models.tickets import Ticket

CLOCK_WORDS = {"first_response": "First answer", "resolution": "Solution"}


# Whether it is worth asking for tickets near this one, and for canned replies: columns beside the ticket itself.
_other = aliased(Ticket)
WHETHER = (
    or_(
        Ticket.follows_id.is_not(None),
        Ticket.merged_into_id.is_not(None),
        exists().where(TicketLink.low_id == Ticket.id),
        exists().where(TicketLink.high_id == Ticket.id),
        exists().where(_other.follows_id == Ticket.id),
        exists().where(_other.merged_into_id == Ticket.id),
    ).label("has_near"),
    exists(select(CannedReply.id)).label("has_canned"),
)


@dataclass(frozen=True)
class Clock:
    """One service-level clock as it is shown: tone is "", good, warn or bad."""

    label: str
    sentence: str
    tone: str
    due_at: object = None


def of(ticket: Ticket, reader: User) -> dict:
    """What tickets/_team_bar.html and tickets/_team_tools.html need."""
    linked = merging.linked(ticket, reader) if getattr(ticket, "has_near", True) else []
    return {
        "ticket": ticket,
        "clocks": clocks(ticket),
        "present": present(ticket, reader),
        "mark": reviews.readable(ticket.mark, reader) if ticket.status in ("solved", "closed") else None,
        "mark_words": reviews.WORDS,
        "near": [(other, merging.how(ticket, other)) for other in linked],
    }


def canned(ticket: Ticket, reader: User) -> list[tuple[int, str]]:
    """The replies that the composer offers."""
    if not reader.is_team or not getattr(ticket, "has_canned", True):
        return []
    return canned_replies.titles(reader)


def clocks(ticket: Ticket) -> list[Clock]:
    """The clocks of ``ticket``, first answer first."""
    return [_clock(row) for row in sorted(ticket.clocks, key=lambda row: row.kind)]


def present(ticket: Ticket, reader: User) -> list[tuple[User, str]]:
    """Who else has the ticket open right now, and whether they type."""
    there = {user_id: doing for user_id, doing in presence.who(ticket.id).items() if user_id != reader.id}
    if not there:
        return []
    people = db.session.scalars(select(User).where(User.id.in_(there)).order_by(User.name))
    return [(person, there[person.id]) for person in people]


def _clock(row: TicketClock) -> Clock:
    label = CLOCK_WORDS[row.kind]
    if row.stopped_at is not None:
        return Clock(label, "came too late" if row.late else "in time", "bad" if row.late else "good")
    if row.due_at is None:
        return Clock(label, "paused while the customer has the ball", "")
    left = row.due_at - clock.now()
    if left < timedelta():
        return Clock(label, "overdue since", "bad", row.due_at)
    return Clock(label, "due", "warn" if left < timedelta(hours=1) else "", row.due_at)
