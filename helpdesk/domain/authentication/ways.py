"""Which ways of signing in an organization, or the team, lets in: each is allowed, required or off.

A way is a link by mail, Google, Microsoft, or a provider of their own (a connection). If any is required, only those
that are required are let in.
"""

from collections.abc import Mapping

from helpdesk.domain.administration import settings
from helpdesk.extensions import db
from helpdesk.models.organization import Organization
from helpdesk.models.user import Membership, User
from helpdesk.translation import lazy_gettext, lazy_pgettext

LINK, GOOGLE, MICROSOFT, OWN = "link", "google", "microsoft", "own"
WAYS = (LINK, GOOGLE, MICROSOFT, OWN)
ALLOWED, REQUIRED, OFF = "allowed", "required", "off"
RULES = (ALLOWED, REQUIRED, OFF)
INVITATION = "invitation"
OWN_PREFIX = "sso-"  # of the name of a connection (SignInConnection.provider)
WAY_LABELS = {
    LINK: lazy_gettext("A link by mail"),
    GOOGLE: lazy_gettext("Google"),
    MICROSOFT: lazy_gettext("Microsoft"),
    OWN: lazy_gettext("The organization’s own provider"),
}
RULE_LABELS = {
    ALLOWED: lazy_pgettext("way of signing in", "Allowed"),
    REQUIRED: lazy_pgettext("way of signing in", "Required"),
    OFF: lazy_pgettext("way of signing in", "Off"),
}


def way_of(provider: str) -> str:
    """Return the way that ``provider``, as a session names it, is one of."""
    return OWN if provider.startswith(OWN_PREFIX) else provider


def list_permitted(rules: Mapping[str, str]) -> tuple[str, ...]:
    """Return the ways that ``rules`` let in; a way without a rule is allowed."""
    required = tuple(way for way in WAYS if rules.get(way) == REQUIRED)
    return required or tuple(way for way in WAYS if rules.get(way, ALLOWED) == ALLOWED)


def permits(organization: Organization, provider: str, connection_organization_id: int | None) -> bool:
    """Whether ``organization`` lets in who signed in with ``provider``; a connection only where it is theirs.

    ``connection_organization_id``: of the connection that ``provider`` is, if it is one.
    """
    way = way_of(provider)
    if way == OWN and connection_organization_id != organization.id:
        return False
    return (LINK if way == INVITATION else way) in list_permitted(organization.sign_in_rules)


def is_team_restricted() -> bool:
    """Whether the team has to sign in with a provider of its own."""
    return bool(settings.get("team_sign_in") == OWN)


def permits_team(user: User, provider: str, connection_organization_id: int | None, *, is_connection: bool) -> bool:
    """Whether ``user`` of the team may sign in with ``provider``; a customer's connection never lets them in.

    If the team has to use its own provider, the admin who is chosen for emergencies may still use a link, and the
    command line may still invite an admin.
    """
    if is_connection:
        return connection_organization_id is None
    if not is_team_restricted() or is_emergency_admin(user):
        return True
    return provider == INVITATION and user.is_admin


def is_emergency_admin(user: User) -> bool:
    """Whether ``user`` may sign in by a link whatever the team has to use."""
    return user.is_admin and bool(user.email == settings.get("emergency_admin"))


def is_emergency_customer(user: User | None, organization: Organization, provider: str) -> bool:
    """Whether ``provider`` is a link, and ``user`` the admin of ``organization`` who may always use one."""
    if user is None or provider not in (LINK, INVITATION):
        return False
    membership = db.session.get(Membership, (user.id, organization.id))
    return (
        membership is not None
        and membership.is_emergency_admin
        and membership.is_admin
        and membership.removed_at is None
    )


def permits_session(
    user: User, provider: str, *, is_connection: bool, is_active: bool, connection_organization_id: int | None
) -> bool:
    """Whether a session that ``provider`` began still holds for ``user`` and their present organization."""
    if is_connection and not is_active:
        return False
    if user.is_team:
        return permits_team(user, provider, connection_organization_id, is_connection=is_connection)
    if user.organization is None:
        return not is_connection
    if is_connection and connection_organization_id is None:
        return False
    if permits(user.organization, provider, connection_organization_id):
        return True
    return is_emergency_customer(user, user.organization, provider)
