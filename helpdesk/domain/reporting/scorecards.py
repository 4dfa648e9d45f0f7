"""The scorecard of quality reviews: criteria in the team's own words, each scored from 1 to 5."""

from collections.abc import Mapping

from sqlalchemy import func, select

from helpdesk import clock
from helpdesk.database.row_ids import is_id
from helpdesk.domain.administration import audit_log
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.markup.one_line import to_one_line
from helpdesk.models.qa_review import ReviewCriterion
from helpdesk.models.user import User
from helpdesk.translation import format_number, gettext

MAX_CRITERIA = 20
MAX_NAME_LENGTH, MAX_HELP_LENGTH = 80, 300
SCORES = range(1, 6)


def list_criteria() -> list[ReviewCriterion]:
    """Return the criteria that are scored now, in their order."""
    query = select(ReviewCriterion).where(ReviewCriterion.removed_at.is_(None))
    return list(db.session.scalars(query.order_by(ReviewCriterion.position, ReviewCriterion.id)))


def find_criterion(criterion_id: int) -> ReviewCriterion | None:
    """Return the criterion with this id, unless it was removed."""
    found = db.session.get(ReviewCriterion, criterion_id) if is_id(criterion_id) else None
    return found if found is not None and found.removed_at is None else None


def save_criterion(criterion: ReviewCriterion | None, *, name: str, help: str, actor: User) -> ReviewCriterion:
    """Save a criterion, a new one at the end if it is None. Raises PermissionDenied and ValidationError."""
    _ensure_may_edit(actor)
    name, help = to_one_line(name), to_one_line(help)
    errors: dict[str, str] = {}
    if not name or len(name) > MAX_NAME_LENGTH:
        errors["name"] = gettext("A name has between 1 and %(most)s characters.", most=format_number(MAX_NAME_LENGTH))
    if len(help) > MAX_HELP_LENGTH:
        errors["help"] = gettext("Write at most %(most)s characters.", most=format_number(MAX_HELP_LENGTH))
    if errors:
        raise ValidationError(gettext("Some answers need another look."), errors=errors)
    if criterion is None:
        last = db.session.scalar(select(func.max(ReviewCriterion.position))) or 0
        if len(list_criteria()) >= MAX_CRITERIA:
            raise ValidationError(gettext("The maximum number of criteria has been reached. Remove one first."), "name")
        criterion = ReviewCriterion(name=name, position=last + 1)
        db.session.add(criterion)
    criterion.name, criterion.help = name, help
    db.session.flush()
    audit_log.add_entry("changed the scorecard", actor, name)
    return criterion


def move_criterion(criterion: ReviewCriterion, step: int, *, actor: User) -> None:
    """Move a criterion one place up (-1) or down (1). Raises PermissionDenied."""
    _ensure_may_edit(actor)
    criteria = list_criteria()
    place = criteria.index(criterion)
    criteria.insert(min(max(place + step, 0), len(criteria) - 1), criteria.pop(place))
    for position, each in enumerate(criteria, 1):
        each.position = position
    db.session.flush()


def remove_criterion(criterion: ReviewCriterion, *, actor: User) -> None:
    """Score a criterion no longer; the scores that it has stay in the trends. Raises PermissionDenied."""
    _ensure_may_edit(actor)
    criterion.removed_at = clock.now()
    db.session.flush()
    audit_log.add_entry("changed the scorecard", actor, criterion.name)


def ensure_scores(scores: Mapping[int, int]) -> dict[int, int]:
    """Return the scores of the present criteria, by their ids. Raises ValidationError for one not from 1 to 5."""
    if any(score not in SCORES for score in scores.values()):
        raise ValidationError(gettext("A score is a number from 1 to 5."), "scores")
    return {criterion.id: scores[criterion.id] for criterion in list_criteria() if criterion.id in scores}


def _ensure_may_edit(actor: User) -> None:
    permissions.ensure(permissions.can_review(actor), gettext("Only leads review."))
