"""Which provider whoever types an address is led to: by the mail they get, or at once where that is wished."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, exists, select

from helpdesk.domain import email_address
from helpdesk.domain.authentication import ways
from helpdesk.domain.authentication.connections import sign_in
from helpdesk.domain.people import admission, users
from helpdesk.extensions import db
from helpdesk.markup.name_order import sort_by_name
from helpdesk.models.organization import Organization
from helpdesk.models.sign_in_connection import ConnectionDomain, SignInConnection
from helpdesk.models.user import Membership, User


@dataclass(frozen=True)
class Route:
    """The ``connection`` that an address signs in with; ``is_only``: a link by mail would not let it in.

    ``is_at_once``: whoever types the address is led there without a mail; only where its domain is proven, since
    whoever admits an address of another domain may not take it away from those who admit it, too.
    """

    connection: SignInConnection
    is_only: bool
    is_at_once: bool


def find_route(email: str) -> Route | None:
    """The provider of the canonical address ``email``; None if it has none of its own.

    Always four queries, whatever they find.
    """
    user, organizations = users.find_user(email), admission.admitting_organizations(email)
    is_team = user is not None and user.is_team
    takes_own = [each.id for each in organizations if ways.OWN in ways.list_permitted(each.sign_in_rules)]
    theirs = SignInConnection.organization_id.in_(takes_own)
    domain = email_address.domain_of(email)
    found = _first(SignInConnection.organization_id.is_(None) if is_team else theirs, domain)
    is_for_emergencies = _is_for_emergencies(user, organizations)
    if found is None:
        return None
    is_at_once = found.redirects_at_once and sign_in.speaks_for(found, domain)
    if user is not None and is_team:
        return Route(found, ways.is_team_restricted() and not ways.is_emergency_admin(user), is_at_once)
    by_link = any(ways.LINK in ways.list_permitted(each.sign_in_rules) for each in organizations)
    return Route(found, not by_link and not is_for_emergencies, is_at_once)


def list_connections_of(email: str) -> list[SignInConnection]:
    """The connection that the canonical address ``email`` signs in with, if there is one."""
    route = find_route(email)
    return [route.connection] if route is not None else []


def list_team_connections() -> list[SignInConnection]:
    """The team's connections that are switched on, for the sign-in page."""
    query = select(SignInConnection).where(SignInConnection.organization_id.is_(None), SignInConnection.is_active)
    return sort_by_name(db.session.scalars(query.order_by(SignInConnection.id)), lambda each: each.name)


def _is_for_emergencies(user: User | None, organizations: list[Organization]) -> bool:
    """Whether one of ``organizations`` lets ``user`` in by a link, whatever it requires."""
    theirs = Membership.user_id == (user.id if user is not None else 0)
    where = Membership.organization_id.in_([each.id for each in organizations] or [0])
    chosen = select(Membership.user_id).where(
        theirs, where, Membership.is_emergency_admin, Membership.is_admin, Membership.removed_at.is_(None)
    )
    return db.session.scalar(chosen.limit(1)) is not None


def _first(condition: ColumnElement[bool], domain: str) -> SignInConnection | None:
    """The first connection of those that may speak for ``domain``, else of all that meet ``condition``."""
    proven = exists(ConnectionDomain.id).where(
        ConnectionDomain.connection_id == SignInConnection.id,
        ConnectionDomain.domain == domain,
        ConnectionDomain.verified_at.is_not(None),
    )
    query = select(SignInConnection).where(condition, SignInConnection.is_active)
    order = case((proven.correlate(SignInConnection), 0), else_=1), SignInConnection.id
    return db.session.scalars(query.order_by(*order).limit(1)).first()
