"""Reading how solved tickets were handled: what to read, a mark and a remark, and what has waited longest."""

from datetime import timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.domain import permissions
from helpdesk.domain.errors import Conflict, Invalid
from helpdesk.extensions import db
from helpdesk.models.desk import MARKS, UNSOLVED_SQL, ReviewMark
from helpdesk.models.people import User
from helpdesk.models.tickets import Rating, Status, Ticket

READABLE_FOR = timedelta(days=30)
LONGEST_REMARK = 4_000
WORDS = {"excellent": "Excellent", "good": "Good", "improve": "Could be better"}


def to_read(reader: User, *, agent_id: int | None = None, limit: int = 25) -> list[tuple[Ticket, int | None]]:
    """Lately solved tickets nobody has marked, with their rating: the badly rated first, then the latest."""
    permissions.require(permissions.can_review(reader), "Only leads review.")
    query = (
        select(Ticket, Rating.score)
        .outerjoin(Rating, Rating.ticket_id == Ticket.id)
        .outerjoin(ReviewMark, ReviewMark.ticket_id == Ticket.id)
        .where(
            Ticket.solved_at >= clock.now() - READABLE_FOR,
            Ticket.status.in_((Status.solved, Status.closed)),
            Ticket.assignee_id.is_not(None),
            Ticket.assignee_id != reader.id,
            ReviewMark.ticket_id.is_(None),
        )
        .options(joinedload(Ticket.assignee), joinedload(Ticket.organization))
        .order_by(func.coalesce(Rating.score, 6), Ticket.solved_at.desc(), Ticket.id.desc())
        .limit(limit)
    )
    if agent_id is not None:
        query = query.where(Ticket.assignee_id == agent_id)
    return [(ticket, score) for ticket, score in db.session.execute(query)]


def mark(ticket: Ticket, *, reviewer: User, mark: str, remark: str = "") -> ReviewMark:
    """Write down what ``reviewer`` thinks; the agent reads the remark on their own page. A second mark replaces the first.

    Raises Invalid, and Conflict while the ticket is not solved.
    """
    permissions.require(permissions.can_review(reviewer), "Only leads review.")
    remark = remark.replace("\r\n", "\n").strip()
    if mark not in MARKS:
        raise Invalid("Choose a mark.", "mark")
    if len(remark) > LONGEST_REMARK:
        raise Invalid(f"A remark has at most {LONGEST_REMARK:,} characters.", "remark")
    if ticket.status not in (Status.solved, Status.closed):
        raise Conflict("Only a solved ticket is reviewed.")
    if ticket.assignee_id == reviewer.id:
        raise Conflict("Somebody else should review your own work.")
    found = db.session.get(ReviewMark, ticket.id)
    if found is None:
        found = ReviewMark(ticket_id=ticket.id)
        db.session.add(found)
    found.reviewer_id, found.agent_id = reviewer.id, ticket.assignee_id
    found.mark, found.remark, found.created_at, found.read_at = mark, remark, clock.now(), None
    db.session.flush()
    return found


def of(ticket: Ticket, reader: User) -> ReviewMark | None:
    """The mark of ``ticket``, for leads and for the agent it is about."""
    return readable(db.session.get(ReviewMark, ticket.id), reader)


def readable(mark: ReviewMark | None, reader: User) -> ReviewMark | None:
    """``mark`` if ``reader`` may read it."""
    return mark if mark and (permissions.can_review(reader) or mark.agent_id == reader.id) else None


def remarks_for(agent: User, limit: int = 50) -> list[ReviewMark]:
    """What was said about ``agent``'s tickets, latest first."""
    marks = (
        select(ReviewMark)
        .where(ReviewMark.agent_id == agent.id)
        .options(joinedload(ReviewMark.ticket), joinedload(ReviewMark.reviewer))
        .order_by(ReviewMark.created_at.desc())
        .limit(limit)
    )
    return list(db.session.scalars(marks))


def read(marks: list[ReviewMark], agent: User) -> None:
    """Remember that ``agent`` has them before their eyes."""
    for each in marks:
        if each.agent_id == agent.id and each.read_at is None:
            each.read_at = clock.now()


def open_promises(reader: User, limit: int = 25) -> list[Ticket]:
    """Tickets where the team has the ball, the longest wait first."""
    permissions.require(permissions.can_review(reader), "Only leads review.")
    waiting = (
        select(Ticket)
        .where(text(f"tickets.{UNSOLVED_SQL}"), Ticket.status.in_((Status.open, Status.in_progress)))
        .options(joinedload(Ticket.assignee), joinedload(Ticket.organization), joinedload(Ticket.requester))
        .order_by(Ticket.status_since, Ticket.id)
        .limit(limit)
    )
    return list(db.session.scalars(waiting))
