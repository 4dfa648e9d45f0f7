"""Quality reviews of solved tickets: what to review, a rating with a comment, and the tickets that waited longest."""

from datetime import timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.domain import locking
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.notifications import events
from helpdesk.domain.people import permissions
from helpdesk.domain.reporting import reports
from helpdesk.extensions import db
from helpdesk.models.qa_review import RATINGS, QaReview
from helpdesk.models.rating import Rating
from helpdesk.models.statuses import DONE, UNSOLVED_SQL, WaitingOn, statuses_waiting_on
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import format_number, gettext, lazy_gettext

REVIEW_WINDOW = timedelta(days=30)
MAX_COMMENT_LENGTH = 4_000
RATING_LABELS = {
    "excellent": lazy_gettext("Excellent"),
    "good": lazy_gettext("Good"),
    "improve": lazy_gettext("Could be better"),
}


def list_reviewable(
    reader: User, *, agent_id: int | None = None, limit: int = 25, tag: str = ""
) -> list[tuple[Ticket, int | None]]:
    """Return recently solved tickets without a review, with the customer's score: worst first, then latest.

    Raises PermissionDenied.
    """
    permissions.ensure(permissions.can_review(reader), gettext("Only leads review."))
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
    if tag:
        query = query.where(reports.has_tag(tag))
    return [(row[0], row[1]) for row in db.session.execute(query)]


def save_review(ticket: Ticket, *, reviewer: User, rating: str, comment: str = "") -> QaReview:
    """Save the review of ``ticket``; it replaces an earlier one. The agent reads it on a page of their own.

    Raises PermissionDenied, ValidationError, and ConflictError if the ticket is not solved or is the reviewer's own.
    """
    ticket = locking.lock_ticket_if(ticket, lambda _: permissions.can_review(reviewer), gettext("Only leads review."))
    comment = comment.replace("\r\n", "\n").strip()
    if rating not in RATINGS:
        raise ValidationError(gettext("Choose a mark."), "rating")
    if len(comment) > MAX_COMMENT_LENGTH:
        raise ValidationError(
            gettext(
                "A remark has at most %(most_comment_length)s characters.",
                most_comment_length=format_number(MAX_COMMENT_LENGTH),
            ),
            "comment",
        )
    if not ticket.is_done:
        raise ConflictError(gettext("Only a solved ticket is reviewed."))
    if ticket.assignee_id == reviewer.id:
        raise ConflictError(gettext("Somebody else should review your own work."))
    review = db.session.get(QaReview, ticket.id)
    if review is None:
        review = QaReview(ticket_id=ticket.id)
        db.session.add(review)
    review.reviewer_id, review.agent_id = reviewer.id, ticket.assignee_id
    review.rating, review.comment, review.created_at, review.read_at = rating, comment, clock.now(), None
    db.session.flush()
    events.on_reviewed(ticket, ticket.assignee, reviewer)
    return review


def get_review(ticket: Ticket, reader: User) -> QaReview | None:
    """Return the review of ``ticket`` if ``reader`` may read it: a lead, or the agent it is about; else None."""
    return visible_review(db.session.get(QaReview, ticket.id), reader)


def visible_review(review: QaReview | None, reader: User) -> QaReview | None:
    """Return ``review`` if ``reader`` may read it, else None."""
    return review if review and (permissions.can_review(reader) or review.agent_id == reader.id) else None


def list_comments_for(agent: User, limit: int = 50) -> list[QaReview]:
    """Return the reviews of ``agent``'s tickets, latest first."""
    reviews = (
        select(QaReview)
        .where(QaReview.agent_id == agent.id)
        .options(joinedload(QaReview.ticket), joinedload(QaReview.reviewer))
        .order_by(QaReview.created_at.desc())
        .limit(limit)
    )
    return list(db.session.scalars(reviews))


def mark_read(reviews: list[QaReview], agent: User) -> None:
    """Mark the reviews as read by ``agent``."""
    for review in reviews:
        if review.agent_id == agent.id and review.read_at is None:
            review.read_at = clock.now()


def list_waiting_on_team(reader: User, limit: int = 25, tag: str = "") -> list[Ticket]:
    """Return the tickets that wait on the team, the longest wait first; of ``tag`` if it is given.

    Raises PermissionDenied.
    """
    permissions.ensure(permissions.can_review(reader), gettext("Only leads review."))
    waiting = (
        select(Ticket)
        .where(text(f"tickets.{UNSOLVED_SQL}"), Ticket.status.in_(statuses_waiting_on(WaitingOn.team)))
        .options(joinedload(Ticket.assignee), joinedload(Ticket.organization), joinedload(Ticket.requester))
        .order_by(Ticket.turn_since, Ticket.id)
        .limit(limit)
    )
    if tag:
        waiting = waiting.where(reports.has_tag(tag))
    return list(db.session.scalars(waiting))
