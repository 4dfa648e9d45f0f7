"""What the requester thought of a solved ticket: asked once, given by POST only, shown to the team."""

from helpdesk import after_commit, clock
from helpdesk.domain import permissions, settings, tickets
from helpdesk.domain.errors import Conflict, Invalid
from helpdesk.extensions import db
from helpdesk.models.people import User
from helpdesk.models.tickets import Rating, Status, Ticket

LONGEST_COMMENT = 1000
SCORES = {"stars": (1, 2, 3, 4, 5), "faces": (1, 5), "off": ()}


def may_rate(user: User, ticket: Ticket) -> bool:
    """Whether ``user`` is the one who is asked: the requester of a ticket that is done, unless ratings are off."""
    return (
        user.id == ticket.requester_id
        and permissions.can_see(user, ticket)
        and ticket.status in (Status.solved, Status.closed)
        and settings.get("rating_style") != "off"
    )


def of(ticket: Ticket) -> Rating | None:
    """The rating of ``ticket``, if it was given."""
    return db.session.get(Rating, ticket.id)


def rate(ticket: Ticket, *, user: User, score: str | int, comment: str = "") -> Rating:
    """Give the rating. Raises NotAllowed, Invalid about ``score`` or ``comment``, and Conflict where there is one already."""
    permissions.require(user.id == ticket.requester_id, "Only the person who filed a ticket rates it.")
    ticket = tickets.lock(ticket)
    if not may_rate(user, ticket):
        raise Conflict("This ticket cannot be rated now.")
    if of(ticket):
        raise Conflict("You have already rated this ticket.")
    allowed = SCORES[settings.get("rating_style")]
    if str(score) not in {str(number) for number in allowed}:
        raise Invalid("Choose one of the answers.", "score")
    comment = comment.replace("\r\n", "\n").replace("\x00", "").strip()
    if len(comment) > LONGEST_COMMENT:
        raise Invalid(f"A comment has at most {LONGEST_COMMENT:,} characters.", "comment")
    rating = Rating(ticket_id=ticket.id, user_id=user.id, score=int(score), comment=comment, created_at=clock.now())
    db.session.add(rating)
    tickets.say_event(ticket, "rated", user, team_only=True, score=int(score))
    after_commit.touch(ticket)
    db.session.flush()
    return rating
