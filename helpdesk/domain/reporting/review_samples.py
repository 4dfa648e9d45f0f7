"""Which solved tickets leads review: a sample by a rule, without those that were reviewed or are the lead's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, Subquery, func, literal, null, select, union_all
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.domain.people import permissions
from helpdesk.domain.reporting import date_ranges, definition, metrics
from helpdesk.extensions import db
from helpdesk.models.message import Message, MessageKind
from helpdesk.models.qa_review import QaReview
from helpdesk.models.rating import Rating
from helpdesk.models.statuses import DONE
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import gettext, lazy_gettext

WINDOW = timedelta(days=30)
BEST_SCORE = 5
LOW_SCORE = 2  # and less
LONG_REPLIES = 8  # of both sides, and more
PER_AGENT_CHOICES = (1, 3, 5, 10)
SAMPLE_LABELS = {
    "": lazy_gettext("All of the last 30 days"),
    "agent": lazy_gettext("Some of each agent, by chance"),
    "low": lazy_gettext("Rated badly"),
    "long": lazy_gettext("Long conversations"),
}
MAX_DRAWN = 500
MULTIPLIER, MODULUS = 48_271, 2_147_483_647  # the minimal standard random numbers of Park and Miller


@dataclass(frozen=True)
class SampledTicket:
    """A ticket to review, the score of its requester, and how many replies it has; None where that is not counted."""

    ticket: Ticket
    score: int | None
    replies: int | None = None


def list_sample(
    reader: User, rule: str = "", *, agent_id: int | None = None, per_agent: int = 3, tag: str = "", limit: int = 25
) -> list[SampledTicket]:
    """Return solved tickets to review by ``rule``, a key of SAMPLE_LABELS.

    "": those rated in these days first, worst first, then the others, latest first. "low": rated LOW_SCORE or less in
    these days, worst first. "agent": ``per_agent`` tickets of each agent that were solved last week, the same all week,
    however many of them are reviewed. "long": LONG_REPLIES or more replies, most first.
    Raises PermissionDenied.
    """
    permissions.ensure(permissions.can_review(reader), gettext("Only leads review."))
    left = [*_counted(agent_id), Ticket.assignee_id != reader.id, QaReview.ticket_id.is_(None)]
    if tag:
        left.append(definition.has_tag(tag))
    replies = _REPLY_COUNT if rule == "long" else null()
    query = (
        select(Ticket, Rating.score, replies)
        .outerjoin(Rating, Rating.ticket_id == Ticket.id)
        .options(joinedload(Ticket.assignee), joinedload(Ticket.organization))
        .limit(MAX_DRAWN if rule == "agent" else limit)  # of the last agent as many as of the first
    )
    if rule in ("", "low"):
        first = _select_worst_rated(left, LOW_SCORE if rule else None, limit)
        query = query.join(first, first.c.id == Ticket.id).order_by(first.c.score, first.c.at.desc(), Ticket.id.desc())
        return [SampledTicket(*row) for row in db.session.execute(query)]
    query = query.outerjoin(QaReview, QaReview.ticket_id == Ticket.id).where(*left)
    latest = (Ticket.solved_at.desc(), Ticket.id.desc())
    if rule == "agent":
        chosen = db.session.scalars(_choose_by_chance(agent_id, per_agent)).all()  # else it reads those of all days
        query = query.where(Ticket.id.in_(chosen)).order_by(Ticket.assignee_id, *latest)
    else:
        may_be_long = Ticket.next_seq > LONG_REPLIES  # of all entries, so that the replies of few are counted
        query = query.where(may_be_long, _REPLY_COUNT >= LONG_REPLIES).order_by(_REPLY_COUNT.desc(), *latest)
    return [SampledTicket(*row) for row in db.session.execute(query)]


def _select_worst_rated(left: Sequence[ColumnElement[bool]], most_score: int | None, limit: int) -> Subquery:
    """Ids of the tickets that are ``left``, with a score and a time to sort them by: at most ``limit`` of each score,
    each read from the end of an index, and without ``most_score`` as many that nobody rated in these days.
    """
    rated_lately = Rating.created_at >= clock.now() - WINDOW
    tickets = select(Ticket.id).outerjoin(QaReview, QaReview.ticket_id == Ticket.id).where(*left)
    of_scores = [
        tickets.add_columns(literal(score).label("score"), Rating.created_at.label("at"))
        .join(Rating, Rating.ticket_id == Ticket.id)
        .where(Rating.score == score, rated_lately)
        .order_by(Rating.created_at.desc(), Rating.ticket_id.desc())
        for score in range(1, (most_score or BEST_SCORE) + 1)
    ]
    if most_score is None:
        is_rated = select(Rating.ticket_id).where(Rating.ticket_id == Ticket.id, rated_lately).exists()
        others = tickets.add_columns(literal(BEST_SCORE + 1).label("score"), Ticket.solved_at.label("at"))
        of_scores.append(others.where(~is_rated).order_by(Ticket.solved_at.desc(), Ticket.id.desc()))
    return union_all(*(select(each.limit(limit).subquery()) for each in of_scores)).subquery()


_REPLY_COUNT = (
    select(func.count())
    .where(Message.ticket_id == Ticket.id, Message.kind == MessageKind.reply, Message.deleted_at.is_(None))
    .correlate(Ticket)
    .scalar_subquery()
)


def _counted(agent_id: int | None) -> tuple[ColumnElement[bool], ...]:
    recent = (Ticket.solved_at >= clock.now() - WINDOW, Ticket.status.in_(DONE), Ticket.assignee_id.is_not(None))
    return recent if agent_id is None else (*recent, Ticket.assignee_id == agent_id)


def _choose_by_chance(agent_id: int | None, per_agent: int) -> Select[int]:
    """The ids of ``per_agent`` tickets of each agent solved last week, by a number that each week deals anew."""
    week = date_ranges.find_range("last_week")
    number = (Ticket.id % 30_011 * MULTIPLIER + week.first.toordinal() * 16_807) % MODULUS % 10_007
    place = func.row_number().over(partition_by=Ticket.assignee_id, order_by=(number, Ticket.id))
    ranked = (
        select(Ticket.id, place.label("place"))
        .where(*_counted(agent_id), metrics.within(Ticket.solved_at, week.period))
        .subquery()
    )
    return select(ranked.c.id).where(ranked.c.place <= per_agent)
