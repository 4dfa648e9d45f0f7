"""Permissions: which tickets a person may see, and what they may do.

Every ticket is loaded with ``visible_tickets``, or in queries that are built once with ``visible_condition``; both
apply the same rule, ``_visibility_condition``. For a ticket that a person may not see, views return 404, the same as
for one that does not exist.
"""

from enum import StrEnum

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, false, or_, select

from helpdesk.database.row_ids import is_id
from helpdesk.database.sql_functions import is_one_of
from helpdesk.domain.errors import PermissionDenied
from helpdesk.extensions import db
from helpdesk.models.event import Event
from helpdesk.models.follower import Follower
from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import Membership, User
from helpdesk.translation import lazy_gettext


class Visibility(StrEnum):
    """The tickets that a person may see."""

    everything = "everything"
    organization = "organization"
    own = "own"
    nothing = "nothing"


def get_visibility(user: User) -> Visibility:
    """Which tickets ``user`` may see: all for the team, for a requester their organization's or only their own.

    Their own are those they filed or follow.
    """
    if not user.is_active:
        return Visibility.nothing
    if user.is_team:
        return Visibility.everything
    if user.organization_id is None:
        return Visibility.nothing
    return Visibility.own if user.ticket_visibility == "own" else Visibility.organization


def visible_tickets(user: User) -> Select[Ticket]:
    """Return a query for the tickets that ``user`` may see."""
    return select(Ticket).where(*visibility_conditions(user))


def visibility_conditions(user: User) -> list[ColumnElement[bool]]:
    """Return the conditions of ``visible_tickets``, for a query on tickets that selects something else."""
    return _visibility_condition(get_visibility(user), user.organization_id, user.id)


def visible_condition(scope: Visibility) -> list[ColumnElement[bool]]:
    """Return the conditions of ``visible_tickets`` for a query that is built once.

    It is executed with ``bind_params`` of each person.
    """
    return _visibility_condition(scope, bindparam("reader_organization"), bindparam("reader"))


def visible_parts(scope: Visibility) -> list[list[ColumnElement[bool]]]:
    """Return the condition of ``visible_condition`` as alternatives that have no ticket in common.

    Each is served by an index in the order of a list; their union is not.
    """
    if scope != Visibility.own:
        return [visible_condition(scope)]
    reader: BindParameter[int] = bindparam("reader")
    same_organization = Ticket.organization_id == bindparam("reader_organization")
    followed = Ticket.id.in_(select(Follower.ticket_id).where(Follower.user_id == reader))
    return [
        [same_organization, Ticket.requester_id == reader],
        [same_organization, Ticket.requester_id != reader, followed],
    ]


def bind_params(user: User) -> dict[str, int | None]:
    """Return the parameters of ``user`` for a query with ``visible_condition``."""
    return {"reader": user.id, "reader_organization": user.organization_id}


def _visibility_condition(
    scope: Visibility, organization_id: int | None | BindParameter[int], user_id: int | BindParameter[int]
) -> list[ColumnElement[bool]]:
    if scope == Visibility.everything:
        return []
    if scope == Visibility.nothing:
        return [false()]
    same_organization = Ticket.organization_id == organization_id
    if scope == Visibility.organization:
        return [same_organization]
    followed = select(Follower.ticket_id).where(Follower.user_id == user_id)
    return [same_organization, or_(Ticket.requester_id == user_id, is_one_of(Ticket.id, followed.scalar_subquery()))]


def find_ticket(user: User, number: int) -> Ticket | None:
    """Return the ticket ``number`` if ``user`` may see it, else None."""
    if not is_id(number):
        return None
    return db.session.scalar(visible_tickets(user).where(Ticket.id == number))


def can_see(user: User, ticket: Ticket) -> bool:
    """Whether ``user`` may see a ticket that is already loaded; the same rule as ``visible_tickets``."""
    if user.is_team or not user.is_active:
        return user.is_active
    if user.organization_id is None or ticket.organization_id != user.organization_id:
        return False
    return user.ticket_visibility == "organization" or ticket.requester_id == user.id or is_follower(user, ticket)


def can_read(user: User, entry: Message | Event) -> bool:
    """Whether ``user``, who may see the ticket, may read this message or event; only the team reads notes."""
    return user.is_team or not entry.team_only


def can_reply(user: User, ticket: Ticket) -> bool:
    return can_see(user, ticket)


def can_note(user: User, ticket: Ticket) -> bool:
    return can_manage(user, ticket)


def can_manage(user: User, ticket: Ticket) -> bool:
    """Whether ``user`` may change status, assignee and priority and write notes: only the team."""
    return user.is_team and user.is_active


def can_solve(user: User, ticket: Ticket) -> bool:
    """Whether ``user`` may solve and reopen the ticket: the team, and customers who see it."""
    return can_see(user, ticket)


def can_edit(user: User, message: Message) -> bool:
    """Whether ``user``, who sees the ticket, may edit the message: its author, and an admin if the team wrote it."""
    if message.deleted_at or not can_see(user, message.ticket):
        return False
    return message.author_id == user.id or (user.is_admin and message.from_team)


def can_review(user: User) -> bool:
    return user.is_lead and user.is_active


def can_administer(user: User) -> bool:
    return user.is_admin and user.is_active


def can_manage_people(user: User, organization_id: int | None) -> bool:
    """Whether ``user`` is an admin of the organization, for which they act now: a customer, never of the team.

    Nobody is while a member of the team views the portal as a customer.
    """
    if organization_id is None or user.is_team or not user.is_active or user.is_impersonating:
        return False
    if user.organization_id != organization_id:
        return False
    membership = db.session.get(Membership, (user.id, organization_id), populate_existing=True)
    return membership is not None and membership.is_admin and membership.removed_at is None


def can_connect_providers(user: User, organization_id: int | None) -> bool:
    """Whether ``user`` may set up sign-in connections of the organization: the help desk's admins, and its own.

    None is the team, whose connections only the former set up.
    """
    return can_administer(user) or can_manage_people(user, organization_id)


def ensure(allowed: bool, sentence: str = lazy_gettext("You may not do this.")) -> None:
    """Raise PermissionDenied with ``sentence`` unless ``allowed``."""
    if not allowed:
        raise PermissionDenied(sentence)


def is_follower(user: User, ticket: Ticket) -> bool:
    """Whether ``user`` follows the ticket, as the database has it now: a loaded row may be gone meanwhile."""
    key = Follower.ticket_id == ticket.id, Follower.user_id == user.id
    return db.session.scalar(select(Follower.user_id).where(*key)) is not None
