"""How quality reviews turned out over time: reviews, scores by criterion and by agent."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from helpdesk.database.row_ids import parse_id
from helpdesk.domain.reporting import metrics
from helpdesk.domain.reporting.definition import ReportDefinition
from helpdesk.domain.reporting.groups import find_part
from helpdesk.extensions import db
from helpdesk.markup.name_order import name_key
from helpdesk.models.qa_review import RATINGS, QaReview, ReviewCriterion, ReviewScore
from helpdesk.models.user import User
from helpdesk.translation import gettext


@dataclass
class QualityFigures:
    """``ratings``: how many reviews have each of RATINGS. ``score``: the average of all scores, None without any."""

    label: str = ""
    ratings: dict[str, int] = field(default_factory=lambda: dict.fromkeys(RATINGS, 0))
    score: float | None = None
    answered: int = 0

    @property
    def reviews(self) -> int:
        return sum(self.ratings.values())


@dataclass(frozen=True)
class QualityTrends:
    """Reviews written in some days. ``criteria``: name, average and number of scores of each criterion."""

    total: QualityFigures
    parts: list[QualityFigures]
    agents: list[QualityFigures]
    criteria: list[tuple[str, float, int]]


def make_trends(definition: ReportDefinition) -> QualityTrends:
    """Return the trends of the reviews written in the days of ``definition``, of its agent if it has one. Eight
    queries at most.
    """
    days, unit = definition.days, definition.unit
    conditions: list[Any] = [metrics.within(QaReview.created_at, days.period)]
    if agent_id := parse_id(definition.assignee):
        conditions.append(QaReview.agent_id == agent_id)
    parts = days.split(unit)
    by_part = _measure(find_part(QaReview.created_at, [part.period[1] for part in parts]), conditions)
    for number, part in enumerate(parts):
        by_part.setdefault(number, QualityFigures()).label = part.label(unit)
    total = _measure(find_part(QaReview.created_at, [days.period[1]]), conditions)
    return QualityTrends(
        total=total.get(0, QualityFigures()),
        parts=[by_part[number] for number in range(len(parts))],
        agents=_by_agent(conditions),
        criteria=_by_criterion(conditions),
    )


def _measure(key: Any, conditions: list[Any]) -> dict[Any, QualityFigures]:
    found: dict[Any, QualityFigures] = {}
    counts = (func.sum(case((QaReview.rating == rating, 1), else_=0)).label(rating) for rating in RATINGS)
    reviews = select(key.label("key"), func.count(QaReview.answered_at).label("answered"), *counts)
    for row in db.session.execute(reviews.where(*conditions).group_by("key")):
        ratings = {rating: int(getattr(row, rating) or 0) for rating in RATINGS}
        found[row.key] = QualityFigures(ratings=ratings, answered=row.answered)
    scores = select(key.label("key"), func.avg(ReviewScore.score).label("score")).join(QaReview.scores)
    for row in db.session.execute(scores.where(*conditions).group_by("key")):
        found.setdefault(row.key, QualityFigures()).score = float(row.score)
    return found


def _by_agent(conditions: list[ColumnElement[bool]]) -> list[QualityFigures]:
    found = _measure(QaReview.agent_id, conditions)
    people = db.session.execute(
        select(User.id, User.name, User.email).where(User.id.in_([key for key in found if key]))
    )
    names = {row.id: row.name or row.email.partition("@")[0] for row in people}
    for key, figures in found.items():
        figures.label = names.get(key, gettext("Nobody"))
    return sorted(found.values(), key=lambda figures: (-figures.reviews, name_key(figures.label)))


def _by_criterion(conditions: list[ColumnElement[bool]]) -> list[tuple[str, float, int]]:
    query = (
        select(ReviewCriterion.name, func.avg(ReviewScore.score), func.count())
        .join(ReviewScore, ReviewScore.criterion_id == ReviewCriterion.id)
        .join(QaReview, QaReview.ticket_id == ReviewScore.ticket_id)
        .where(*conditions)
        .group_by(ReviewCriterion.id, ReviewCriterion.name, ReviewCriterion.position)
        .order_by(ReviewCriterion.position, ReviewCriterion.id)
    )
    return [(name, float(average), count) for name, average, count in db.session.execute(query)]
