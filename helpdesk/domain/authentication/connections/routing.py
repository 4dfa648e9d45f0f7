"""Which provider whoever types an address is led to: by the mail they get, or at once where that is wished."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from helpdesk.domain.authentication import ways
from helpdesk.domain.people import admission, users
from helpdesk.extensions import db
from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.models.user import User


@dataclass(frozen=True)
class Route:
    """The ``connection`` that an address signs in with; ``is_only``: a link by mail would not let it in."""

    connection: SignInConnection
    is_only: bool


def find_route(email: str) -> Route | None:
    """The provider of the canonical address ``email``; None if it has none of its own. Always two queries or three."""
    user = users.find_user(email)
    if user is not None and user.is_team:
        return _find_team_route(user)
    organizations = admission.admitting_organizations(email)
    takes_own = {each.id: each for each in organizations if ways.OWN in ways.list_permitted(each.sign_in_rules)}
    found = _first(SignInConnection.organization_id.in_(list(takes_own)))
    if found is None:
        return None
    return Route(found, all(ways.LINK not in ways.list_permitted(each.sign_in_rules) for each in organizations))


def list_team_connections() -> list[SignInConnection]:
    """The team's connections that are switched on, for the sign-in page."""
    query = select(SignInConnection).where(SignInConnection.organization_id.is_(None), SignInConnection.is_active)
    return list(db.session.scalars(query.order_by(SignInConnection.name, SignInConnection.id)))


def _find_team_route(user: User) -> Route | None:
    found = _first(SignInConnection.organization_id.is_(None))
    is_only = ways.is_team_restricted() and not ways.is_emergency_admin(user)
    return Route(found, is_only) if found is not None else None


def _first(condition: ColumnElement[bool]) -> SignInConnection | None:
    query = select(SignInConnection).where(condition, SignInConnection.is_active)
    return db.session.scalars(query.order_by(SignInConnection.id).limit(1)).first()
