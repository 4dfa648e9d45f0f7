"""Quality reviews of solved tickets: a rating with scores and a comment, the agent's answer, and who waits longest."""

from collections.abc import Mapping

from sqlalchemy import delete, select
from sqlalchemy.orm import joinedload, selectinload

from helpdesk import clock
from helpdesk.domain import locking
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.notifications import events
from helpdesk.domain.people import permissions
from helpdesk.domain.reporting import backlog, definition, scorecards
from helpdesk.extensions import db
from helpdesk.models.qa_review import RATINGS, QaReview, ReviewScore
from helpdesk.models.statuses import WaitingOn
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import format_number, gettext, lazy_gettext

MAX_COMMENT_LENGTH = 4_000
RATING_LABELS = {
    "excellent": lazy_gettext("Excellent"),
    "good": lazy_gettext("Good"),
    "improve": lazy_gettext("Could be better"),
}


def save_review(
    ticket: Ticket, *, reviewer: User, rating: str, comment: str = "", scores: Mapping[int, int] | None = None
) -> QaReview:
    """Save the review of ``ticket``; it replaces an earlier one. The agent reads it on a page of their own.

    ``scores``: from 1 to 5, by the ids of criteria.

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
    scores = scorecards.ensure_scores(scores or {})
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
    review.answer, review.answered_at = "", None
    db.session.flush()
    db.session.execute(delete(ReviewScore).where(ReviewScore.ticket_id == ticket.id))
    db.session.add_all([ReviewScore(ticket_id=ticket.id, criterion_id=key, score=scores[key]) for key in scores])
    db.session.flush()
    db.session.expire(review, ["scores"])
    events.on_reviewed(ticket, ticket.assignee, reviewer)
    return review


def answer_review(ticket: Ticket, text: str, *, agent: User) -> QaReview:
    """Save what ``agent`` answers to the review of their ticket, in place of an earlier answer; its lead is notified.

    Raises PermissionDenied and ValidationError.
    """
    sentence = gettext("Only the agent answers a review.")
    ticket = locking.lock_ticket_if(ticket, lambda locked: is_about(locked, agent), sentence)
    review = db.session.get_one(QaReview, ticket.id)
    text = text.replace("\r\n", "\n").strip()
    if not text or len(text) > MAX_COMMENT_LENGTH:
        most = format_number(MAX_COMMENT_LENGTH)
        raise ValidationError(gettext("An answer has between 1 and %(most)s characters.", most=most), "answer")
    review.answer, review.answered_at = text, clock.now()
    review.read_at = review.read_at or clock.now()
    db.session.flush()
    events.on_review_answered(ticket, agent, review.reviewer)
    return review


def is_about(ticket: Ticket, agent: User) -> bool:
    """Whether the ticket was reviewed, and ``agent`` is whose work it was."""
    review = db.session.get(QaReview, ticket.id)
    return review is not None and review.agent_id == agent.id and agent.is_team and agent.is_active


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
        .options(
            joinedload(QaReview.ticket),
            joinedload(QaReview.reviewer),
            selectinload(QaReview.scores).joinedload(ReviewScore.criterion),
        )
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
        .where(backlog.is_waiting_now(WaitingOn.team))
        .options(joinedload(Ticket.assignee), joinedload(Ticket.organization), joinedload(Ticket.requester))
        .order_by(Ticket.turn_since, Ticket.id)
        .limit(limit)
    )
    if tag:
        waiting = waiting.where(definition.has_tag(tag))
    return list(db.session.scalars(waiting))
