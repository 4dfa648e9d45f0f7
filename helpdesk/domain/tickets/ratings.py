"""Customer satisfaction (CSAT): the requester rates a solved ticket, once, by POST only; the team sees it."""

from helpdesk import clock, live_events
from helpdesk.domain import locking, tickets
from helpdesk.domain.administration import settings
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import permissions
from helpdesk.extensions import db
from helpdesk.models.rating import Rating
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import format_number, gettext

MAX_COMMENT_LENGTH = 1000
SCORES_BY_STYLE = {"stars": (1, 2, 3, 4, 5), "faces": (1, 5), "off": ()}


def can_rate(user: User, ticket: Ticket) -> bool:
    """Whether ``user`` may rate ``ticket``: as its requester, after it was solved, unless ratings are off."""
    return (
        user.id == ticket.requester_id
        and permissions.can_see(user, ticket)
        and ticket.is_done
        and ticket.merged_into_id is None
        and settings.get("rating_style") != "off"
    )


def get_rating(ticket: Ticket) -> Rating | None:
    """Return the rating of ``ticket``, None if it has none."""
    return db.session.get(Rating, ticket.id)


def save_rating(ticket: Ticket, *, user: User, score: str | int, comment: str = "") -> Rating:
    """Save the rating of ``ticket``.

    Raises PermissionDenied, ValidationError about ``score`` or ``comment``, and ConflictError if it is already rated or
    cannot be rated.
    """
    ticket = locking.lock_ticket_if(
        ticket,
        lambda locked: user.id == locked.requester_id and permissions.can_see(user, locked),
        gettext("Only the person who filed a ticket rates it."),
    )
    if not can_rate(user, ticket):
        raise ConflictError(gettext("This ticket cannot be rated now."))
    if get_rating(ticket):
        raise ConflictError(gettext("You have already rated this ticket."))
    allowed = SCORES_BY_STYLE[settings.get("rating_style")]
    if str(score) not in {str(number) for number in allowed}:
        raise ValidationError(gettext("Choose one of the answers."), "score")
    comment = comment.replace("\r\n", "\n").replace("\x00", "").strip()
    if len(comment) > MAX_COMMENT_LENGTH:
        raise ValidationError(
            gettext(
                "A comment has at most %(most_comment_length)s characters.",
                most_comment_length=format_number(MAX_COMMENT_LENGTH),
            ),
            "comment",
        )
    rating = Rating(ticket_id=ticket.id, user_id=user.id, score=int(score), comment=comment, created_at=clock.now())
    db.session.add(rating)
    tickets.add_event(ticket, "rated", user, team_only=True, score=int(score))
    live_events.bump_version_and_publish(ticket)
    db.session.flush()
    return rating
