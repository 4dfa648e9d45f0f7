"""Which provider whoever types an address is led to: by the mail they get, or at once where that is wished."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from helpdesk.domain.authentication import ways
from helpdesk.domain.people import admission, users
from helpdesk.extensions import db
from helpdesk.models.sign_in_connection import SignInConnection


@dataclass(frozen=True)
class Route:
    """The ``connection`` that an address signs in with; ``is_only``: a link by mail would not let it in."""

    connection: SignInConnection
    is_only: bool


def find_route(email: str) -> Route | None:
    """The provider of the canonical address ``email``; None if it has none of its own.

    Always three queries, whatever they find.
    """
    user, organizations = users.find_user(email), admission.admitting_organizations(email)
    is_team = user is not None and user.is_team
    takes_own = [each.id for each in organizations if ways.OWN in ways.list_permitted(each.sign_in_rules)]
    theirs = SignInConnection.organization_id.in_(takes_own)
    found = _first(SignInConnection.organization_id.is_(None) if is_team else theirs)
    if found is None:
        return None
    if user is not None and is_team:
        return Route(found, ways.is_team_restricted() and not ways.is_emergency_admin(user))
    return Route(found, all(ways.LINK not in ways.list_permitted(each.sign_in_rules) for each in organizations))


def list_team_connections() -> list[SignInConnection]:
    """The team's connections that are switched on, for the sign-in page."""
    query = select(SignInConnection).where(SignInConnection.organization_id.is_(None), SignInConnection.is_active)
    return list(db.session.scalars(query.order_by(SignInConnection.name, SignInConnection.id)))


def _first(condition: ColumnElement[bool]) -> SignInConnection | None:
    query = select(SignInConnection).where(condition, SignInConnection.is_active)
    return db.session.scalars(query.order_by(SignInConnection.id).limit(1)).first()
