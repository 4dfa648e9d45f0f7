"""Reading how solved tickets were handled: what to read, a mark and a remark, and what has waited longest."""

from datetime import timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.models.qa_review import RATINGS, QaReview
from helpdesk.models.rating import Rating
from helpdesk.models.statuses import DONE, UNSOLVED_SQL, WaitingOn, statuses_waiting_on
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

REVIEW_WINDOW = timedelta(days=30)
MAX_COMMENT_LENGTH = 4_000
RATING_LABELS = {"excellent": "Excellent", "good": "Good", "improve": "Could be better"}


def list_reviewable(reader: User, *, agent_id: int | None = None, limit: int = 25) -> list[tuple[Ticket, int | None]]:
    """Lately solved tickets nobody has marked, with their rating: the badly rated first, then the latest."""
    permissions.ensure(permissions.can_review(reader), "Only leads review.")
    query = (
        select(Ticket, Rating.score)
        .outerjoin(Rating, Rating.ticket_id == Ticket.id)
        .outerjoin(QaReview, QaReview.ticket_id == Ticket.id)
        .where(
            Ticket.solved_at >= clock.now() - REVIEW_WINDOW,
            Ticket.status.in_(DONE),
            Ticket.assignee_id.is_not(None),
            Ticket.assignee_id != reader.id,
            QaReview.ticket_id.is_(None),
        )
        .options(joinedload(Ticket.assignee), joinedload(Ticket.organization))
        .order_by(func.coalesce(Rating.score, 6), Ticket.solved_at.desc(), Ticket.id.desc())
        .limit(limit)
    )
    if agent_id is not None:
        query = query.where(Ticket.assignee_id == agent_id)
    return [(ticket, score) for ticket, score in db.session.execute(query)]


def save_review(ticket: Ticket, *, reviewer: User, rating: str, comment: str = "") -> QaReview:
    """Write down what ``reviewer`` thinks; the agent reads the remark on their own page. A second mark replaces the first.

    Raises Invalid, and Conflict while the ticket is not solved.
    """
    permissions.ensure(permissions.can_review(reviewer), "Only leads review.")
    comment = comment.replace("\r\n", "\n").strip()
    if rating not in RATINGS:
        raise ValidationError("Choose a mark.", "rating")
    if len(comment) > MAX_COMMENT_LENGTH:
        raise ValidationError(f"A remark has at most {MAX_COMMENT_LENGTH:,} characters.", "comment")
    if not ticket.is_done:
        raise ConflictError("Only a solved ticket is reviewed.")
    if ticket.assignee_id == reviewer.id:
        raise ConflictError("Somebody else should review your own work.")
    found = db.session.get(QaReview, ticket.id)
    if found is None:
        found = QaReview(ticket_id=ticket.id)
        db.session.add(found)
    found.reviewer_id, found.agent_id = reviewer.id, ticket.assignee_id
    found.rating, found.comment, found.created_at, found.read_at = rating, comment, clock.now(), None
    db.session.flush()
    return found


def get_review(ticket: Ticket, reader: User) -> QaReview | None:
    """The mark of ``ticket``, for leads and for the agent it is about."""
    return visible_review(db.session.get(QaReview, ticket.id), reader)


def visible_review(mark: QaReview | None, reader: User) -> QaReview | None:
    """``mark`` if ``reader`` may read it."""
    return mark if mark and (permissions.can_review(reader) or mark.agent_id == reader.id) else None


def list_comments_for(agent: User, limit: int = 50) -> list[QaReview]:
    """What was said about ``agent``'s tickets, latest first."""
    marks = (
        select(QaReview)
        .where(QaReview.agent_id == agent.id)
        .options(joinedload(QaReview.ticket), joinedload(QaReview.reviewer))
        .order_by(QaReview.created_at.desc())
        .limit(limit)
    )
    return list(db.session.scalars(marks))


def mark_read(marks: list[QaReview], agent: User) -> None:
    """Remember that ``agent`` has them before their eyes."""
    for each in marks:
        if each.agent_id == agent.id and each.read_at is None:
            each.read_at = clock.now()


def list_waiting_on_team(reader: User, limit: int = 25) -> list[Ticket]:
    """Tickets where the team has the ball, the longest wait first."""
    permissions.ensure(permissions.can_review(reader), "Only leads review.")
    waiting = (
        select(Ticket)
        .where(text(f"tickets.{UNSOLVED_SQL}"), Ticket.status.in_(statuses_waiting_on(WaitingOn.team)))
        .options(joinedload(Ticket.assignee), joinedload(Ticket.organization), joinedload(Ticket.requester))
        .order_by(Ticket.turn_since, Ticket.id)
        .limit(limit)
    )
    return list(db.session.scalars(waiting))
