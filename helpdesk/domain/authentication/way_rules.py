"""Changing which ways of signing in are let in, and ending what the change no longer lets in."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, and_, or_, select, update

from helpdesk import clock
from helpdesk.domain.administration import audit_log, settings
from helpdesk.domain.authentication import ways
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.people import permissions, session_revocation
from helpdesk.extensions import db
from helpdesk.models.api_token import ApiToken
from helpdesk.models.organization import Organization
from helpdesk.models.session import Session
from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.models.sign_in_link import SignInLink
from helpdesk.models.user import Membership, Role, User
from helpdesk.translation import gettext


def set_rules(
    organization: Organization, given: Mapping[str, str], *, actor: User, emergency_admin: str | None = None
) -> int:
    """Set each way of ``organization`` to "allowed", "required" or "off"; returns how many sessions ended.

    ``emergency_admin``: the address of an admin of it who may still use a link; "" is nobody, None changes nothing.
    Links that were mailed before, and that are not let in any more, end too. An admin of the organization may set what
    lets in their own session. Raises PermissionDenied and ValidationError.
    """
    may_change = permissions.can_connect_providers(actor, organization.id)
    permissions.ensure(may_change, gettext("Only admins can do this."))
    rules = {way: given.get(way, ways.ALLOWED) for way in ways.WAYS}
    if not set(rules.values()) <= set(ways.RULES):
        raise ValidationError(gettext("Choose what is allowed, required or off."), "sign_in_rules")
    rules = {way: rule for way, rule in rules.items() if rule != ways.ALLOWED}
    permitted = ways.list_permitted(rules)
    if not permitted:
        raise ValidationError(gettext("Leave at least one way of signing in."), "sign_in_rules")
    theirs = and_(SignInConnection.organization_id == organization.id, SignInConnection.is_active)
    if permitted == (ways.OWN,) and not has_tried_connection(theirs):
        raise ValidationError(
            gettext("Before it is required, somebody has to have signed in with the provider once."), ways.OWN
        )
    stays = emergency_admin == actor.email and _lets_in_session((ways.LINK,), actor)
    if not permissions.can_administer(actor) and not stays and not _lets_in_session(permitted, actor):
        raise ValidationError(
            gettext("This would sign you out. Sign in first in a way that stays allowed."), "sign_in_rules"
        )
    before, organization.sign_in_rules = organization.sign_in_rules, rules
    was, emergency = _set_emergency_admin(organization, emergency_admin)
    if before == rules and was == emergency:
        return 0
    people = select(User.id).where(User.organization_id == organization.id)
    kept = emergency.id if emergency is not None else 0
    by_link = and_(Session.user_id == kept, Session.provider.in_((ways.LINK, ways.INVITATION)))
    ended = session_revocation.revoke_sessions(Session.user_id.in_(people), ~_has_way(permitted), ~by_link)
    if ways.LINK not in permitted:
        _end_links(User.organization_id == organization.id, User.id != kept)
    audit_log.add_entry(
        "changed how people of an organization sign in",
        actor,
        organization.name,
        organization.id,
        rules=[before, rules],
        emergency=emergency.email if emergency is not None else "",
        ended=ended,
    )
    return ended


def list_organization_admins(organization: Organization) -> list[tuple[User, Membership]]:
    """The admins of ``organization``, who may be chosen for emergencies, by address."""
    query = (
        select(User, Membership)
        .join(Membership, Membership.user_id == User.id)
        .where(
            Membership.organization_id == organization.id,
            Membership.is_admin,
            Membership.removed_at.is_(None),
            User.deactivated_at.is_(None),
            User.role == Role.requester,
        )
    )
    return [(user, membership) for user, membership in db.session.execute(query.order_by(User.email))]


def find_emergency_admin(organization: Organization) -> User | None:
    """The admin of ``organization`` who may sign in by a link whatever it requires."""
    admins = list_organization_admins(organization)
    return next((user for user, membership in admins if membership.is_emergency_admin), None)


def set_team_rule(rule: str, emergency_admin: str, *, actor: User) -> int:
    """Let the team sign in by "any" way, or by its "own" provider only; returns how many sessions ended.

    ``emergency_admin``: the address of an active admin who may still use a link. Sessions, links and API tokens of
    all others that were made in another way end. Raises PermissionDenied and ValidationError.
    """
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins can do this."))
    if rule not in ("any", ways.OWN):
        raise ValidationError(gettext("Choose how the team signs in."), "team_sign_in")
    chosen = db.session.scalar(select(User).where(User.email == emergency_admin.replace("\x00", "").strip().lower()))
    if rule == ways.OWN:
        if chosen is None or not chosen.is_admin or not chosen.is_active:
            raise ValidationError(gettext("Choose an admin for emergencies."), "emergency_admin")
        if not has_tried_connection(and_(SignInConnection.organization_id.is_(None), SignInConnection.is_active)):
            raise ValidationError(
                gettext("Before it is required, somebody has to have signed in with the provider once."), "team_sign_in"
            )
    before = settings.get("team_sign_in")
    settings.set("team_sign_in", rule)
    settings.set("emergency_admin", chosen.email if chosen is not None and rule == ways.OWN else "")
    ended = 0
    if rule == ways.OWN and chosen is not None:
        others = User.role != Role.requester, User.id != chosen.id
        ended = session_revocation.revoke_sessions(
            Session.user_id.in_(select(User.id).where(*others)), Session.connection_id.is_(None)
        )
        _end_links(*others)
        if before != rule:
            _revoke_tokens(*others)
    audit_log.add_entry(
        "changed how the team signs in", actor, rule, old=before, emergency=settings.get("emergency_admin"), ended=ended
    )
    return ended


def has_tried_connection(condition: ColumnElement[bool]) -> bool:
    """Whether anybody has signed in with a connection that meets ``condition``."""
    tried = select(SignInConnection.id).where(condition, SignInConnection.last_sign_in_at.is_not(None))
    return db.session.scalar(tried.limit(1)) is not None


def explain(email: str, organizations: tuple[Organization, ...], user: User | None) -> list[str]:
    """Sentences about the ways that let in the canonical address ``email``, for the access explainer."""
    if user is not None and user.is_team:
        if not ways.is_team_restricted():
            return [gettext("The team signs in by any way that is offered.")]
        if ways.is_emergency_admin(user):
            return [gettext("They are the admin for emergencies, who may sign in by a link as well.")]
        return [gettext("The team signs in with its own provider only.")]
    sentences = []
    for each in organizations:
        names = [str(ways.WAY_LABELS[way]) for way in ways.list_permitted(each.sign_in_rules)]
        sentences.append(
            gettext("%(organization)s lets in by: %(ways)s.", organization=each.name, ways=", ".join(names))
        )
        if ways.is_emergency_customer(user, each, ways.LINK):
            sentences.append(gettext("They are the admin for emergencies, who may sign in by a link as well."))
    return sentences


def _set_emergency_admin(organization: Organization, email: str | None) -> tuple[User | None, User | None]:
    """Choose the admin with the address ``email``; who it was and who it is. Raises ValidationError."""
    before = find_emergency_admin(organization)
    if email is None:
        db.session.flush()
        return before, before
    chosen = None
    for user, membership in list_organization_admins(organization):
        membership.is_emergency_admin = user.email == email
        chosen = user if membership.is_emergency_admin else chosen
    if email and chosen is None:
        raise ValidationError(gettext("Choose an admin for emergencies."), "emergency_admin")
    db.session.flush()
    return before, chosen


def _lets_in_session(permitted: tuple[str, ...], actor: User) -> bool:
    provider = actor.session.provider if actor.session is not None else ""
    way = ways.way_of(provider)
    return (ways.LINK if way == ways.INVITATION else way) in permitted


def _has_way(permitted: tuple[str, ...]) -> ColumnElement[bool]:
    providers = [*permitted, ways.INVITATION] if ways.LINK in permitted else list(permitted)
    by_others = and_(Session.connection_id.is_(None), Session.provider.in_(providers))
    return or_(by_others, Session.connection_id.is_not(None)) if ways.OWN in permitted else by_others


def _end_links(*people: ColumnElement[bool]) -> None:
    """Make the open sign-in links of ``people`` invalid."""
    emails = select(User.email).where(*people)
    db.session.execute(
        update(SignInLink)
        .where(
            SignInLink.email.in_(emails),
            SignInLink.purpose == "sign_in",
            SignInLink.used_at.is_(None),
            SignInLink.pending_identity.is_(None),
            SignInLink.identity_id.is_(None),
        )
        .values(used_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def _revoke_tokens(*people: ColumnElement[bool]) -> None:
    """End the API tokens of ``people``, which were made by somebody who signed in another way."""
    owners = select(User.id).where(*people)
    db.session.execute(
        update(ApiToken)
        .where(ApiToken.user_id.in_(owners), ApiToken.revoked_at.is_(None))
        .values(revoked_at=clock.now(), revoked_reason="the team's own provider was required")
        .execution_options(synchronize_session=False)
    )
