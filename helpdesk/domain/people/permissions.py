"""Who may see and do what: the whole of it on one screen. Every ticket is loaded through ``visible_tickets``, in queries that
are kept through ``visible_to_reader``; both say the same rule, ``_within`` a scope.

What a person may not see does not exist for them: doors answer 404, the same as for a number never given out.
"""

from enum import StrEnum

from sqlalchemy import ColumnElement, Select, bindparam, false, or_, select

from helpdesk.domain.errors import PermissionDenied
from helpdesk.extensions import db
from helpdesk.models.event import Event
from helpdesk.models.follower import Follower
from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User


class Visibility(StrEnum):
    """How much of all there is somebody sees."""

    everything = "everything"
    organization = "organization"
    own = "own"
    nothing = "nothing"


def get_visibility(user: User) -> Visibility:
    """All tickets for the team; for a requester their organization's, or only those they filed or follow."""
    if not user.is_active:
        return Visibility.nothing
    if user.is_team:
        return Visibility.everything
    if user.organization_id is None:
        return Visibility.nothing
    return Visibility.own if user.ticket_visibility == "own" else Visibility.organization


def visible_tickets(user: User) -> Select[tuple[Ticket]]:
    """The tickets in ``user``'s scope."""
    return select(Ticket).where(*visibility_conditions(user))


def visibility_conditions(user: User) -> list[ColumnElement[bool]]:
    """The same, for a query about tickets that selects something else of them."""
    return _visibility_condition(get_visibility(user), user.organization_id, user.id)


def visible_condition(scope: Visibility) -> list[ColumnElement[bool]]:
    """The same rule for a query that is put together once and asked for many people, each named by ``reader``."""
    return _visibility_condition(scope, bindparam("reader_organization"), bindparam("reader"))


def bind_params(user: User) -> dict[str, int | None]:
    """Who asks, for a query with ``visible_to_reader`` in it."""
    return {"reader": user.id, "reader_organization": user.organization_id}


def _visibility_condition(scope: Visibility, organization_id, user_id) -> list[ColumnElement[bool]]:
    if scope == Visibility.everything:
        return []
    if scope == Visibility.nothing:
        return [false()]
    of_theirs = Ticket.organization_id == organization_id
    if scope == Visibility.organization:
        return [of_theirs]
    followed = select(Follower.ticket_id).where(Follower.user_id == user_id)
    return [of_theirs, or_(Ticket.requester_id == user_id, Ticket.id.in_(followed))]


def find_ticket(user: User, number: int) -> Ticket | None:
    """The ticket with ``number`` if ``user`` may see it, else None."""
    if not 0 < number < 2**63:
        return None
    return db.session.scalar(visible_tickets(user).where(Ticket.id == number))


def can_see(user: User, ticket: Ticket) -> bool:
    """The same rule for a ticket already at hand."""
    if user.is_team or not user.is_active:
        return user.is_active
    if user.organization_id is None or ticket.organization_id != user.organization_id:
        return False
    return user.ticket_visibility == "organization" or ticket.requester_id == user.id or is_follower(user, ticket)


def can_read(user: User, entry: Message | Event) -> bool:
    """Whether ``user``, who sees the ticket, may read this message or event: notes are the team's."""
    return user.is_team or not entry.team_only


def can_reply(user: User, ticket: Ticket) -> bool:
    return can_see(user, ticket)


def can_note(user: User, ticket: Ticket) -> bool:
    return can_manage(user, ticket)


def can_manage(user: User, ticket: Ticket) -> bool:
    """Status, assignee, priority, notes: the team's work."""
    return user.is_team and user.is_active


def can_solve(user: User, ticket: Ticket) -> bool:
    """Solve and reopen: the team, and the customers who see the ticket."""
    return can_see(user, ticket)


def can_edit(user: User, message: Message) -> bool:
    """One's own words, and an admin anybody's of the team."""
    if message.deleted_at or not user.is_active:
        return False
    return message.author_id == user.id or (user.is_admin and message.from_team)


def can_review(user: User) -> bool:
    return user.is_lead and user.is_active


def can_administer(user: User) -> bool:
    return user.is_admin and user.is_active


def ensure(allowed: bool, sentence: str = "You may not do this.") -> None:
    """Raise NotAllowed with ``sentence`` unless ``allowed``."""
    if not allowed:
        raise PermissionDenied(sentence)


def is_follower(user: User, ticket: Ticket) -> bool:
    return db.session.get(Follower, (ticket.id, user.id)) is not None
