"""Admission: which rules admit an address, and to which organizations."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, literal, or_, select, union_all

from helpdesk.domain import email_address
from helpdesk.domain.administration import settings
from helpdesk.domain.people.name_conditions import ORGANIZATIONS_BY_NAME
from helpdesk.extensions import db
from helpdesk.models.follower import Follower
from helpdesk.models.organization import Organization, OrganizationAddress, OrganizationDomain
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import Membership, Role, User, UserAlias
from helpdesk.translation import gettext

PLANS_WITH_PORTAL = ("professional", "enterprise")

_by_domain = select(OrganizationDomain.organization_id).where(OrganizationDomain.domain == bindparam("domain"))
_by_address = select(OrganizationAddress.organization_id).where(OrganizationAddress.email == bindparam("email"))
_owners = union_all(
    select(User.id).where(User.email == bindparam("email")),
    select(UserAlias.user_id).where(UserAlias.email == bindparam("email")),
)
_removed = exists(Membership.user_id).where(
    Membership.organization_id == Organization.id,
    Membership.removed_at.is_not(None),
    Membership.user_id.in_(_owners),
)
ADMITTING_ORGANIZATIONS_QUERY = (
    select(Organization)
    .where(
        Organization.portal_enabled,
        ~_removed.correlate(Organization),
        or_(
            Organization.id.in_(_by_address),
            Organization.id.in_(_by_domain) & Organization.allowlist_only.is_(False),
        ),
    )
    .order_by(*ORGANIZATIONS_BY_NAME)
)


@dataclass(frozen=True)
class AdmissionExplanation:
    """Why an address is admitted or not; ``reasons`` are sentences in the order in which the rules were applied."""

    email: str
    admitted: bool
    organizations: tuple[Organization, ...]
    user: User | None
    reasons: tuple[str, ...]


def admitting_organizations(email: str) -> list[Organization]:
    """Return the organizations that admit the canonical address ``email`` to their portal, by name.

    None whose admin removed the person; whatever its other rules say.
    """
    parameters = {"email": email, "domain": email_address.domain_of(email)}
    return list(db.session.scalars(ADMITTING_ORGANIZATIONS_QUERY, parameters))


def admission_condition() -> ColumnElement[bool]:
    """Return the rules of admission as a condition on ``User``.

    They are active, and of the team or admitted by their current organization.
    """
    listed = exists(OrganizationAddress.id).where(
        OrganizationAddress.organization_id == User.organization_id, OrganizationAddress.email == User.email
    )
    by_domain = exists(OrganizationDomain.id).where(
        OrganizationDomain.organization_id == User.organization_id,
        User.email.like(literal("%@").concat(OrganizationDomain.domain)),
    )
    open_to = exists(Organization.id).where(
        Organization.id == User.organization_id,
        Organization.portal_enabled,
        or_(
            listed.correlate(User),
            and_(Organization.allowlist_only.is_(False), by_domain.correlate(User)),
        ),
    )
    is_removed = removal_condition(User.organization_id)
    return and_(
        User.deactivated_at.is_(None),
        User.erased_at.is_(None),
        or_(User.role != Role.requester, and_(open_to.correlate(User), ~is_removed)),
    )


def removal_condition(organization_id: Any) -> ColumnElement[bool]:
    """Return the condition on ``User`` that an admin of the organization removed them from it."""
    return (
        exists(Membership.user_id)
        .where(
            Membership.user_id == User.id,
            Membership.organization_id == organization_id,
            Membership.removed_at.is_not(None),
        )
        .correlate_except(Membership)
    )


def can_receive_mail(user: User, ticket: Ticket) -> bool:
    """Whether the public messages of ``ticket`` may be mailed to ``user`` now, whatever their current organization."""
    if not user.is_active or user.erased_at:
        return False
    if user.is_team:
        return True
    if ticket.organization_id not in {organization.id for organization in admitting_organizations(user.email)}:
        return False
    if user.ticket_visibility == "organization" or ticket.requester_id == user.id:
        return True
    return db.session.get(Follower, (ticket.id, user.id)) is not None


def can_receive_mail_condition(
    organization_id: ColumnElement[int], ticket_id: ColumnElement[int]
) -> ColumnElement[bool]:
    """The rule of ``can_receive_mail`` as a condition on ``User``, for the ticket with this organization and id."""
    listed = exists().where(
        OrganizationAddress.organization_id == organization_id,
        OrganizationAddress.email == User.email,
        Organization.id == OrganizationAddress.organization_id,
        Organization.portal_enabled,
    )
    by_domain = exists().where(
        OrganizationDomain.organization_id == organization_id,
        User.email.endswith(literal("@").concat(OrganizationDomain.domain)),
        Organization.id == OrganizationDomain.organization_id,
        Organization.portal_enabled,
        Organization.allowlist_only.is_(False),
    )
    concerns = or_(
        User.ticket_visibility == "organization",
        exists(Ticket.id).where(Ticket.id == ticket_id, Ticket.requester_id == User.id),
        exists(Follower.user_id).where(Follower.ticket_id == ticket_id, Follower.user_id == User.id),
    )
    is_present = and_(User.deactivated_at.is_(None), User.erased_at.is_(None))
    is_admitted = and_(or_(listed, by_domain), ~removal_condition(organization_id))
    return and_(is_present, or_(User.role != Role.requester, and_(is_admitted, concerns)))


def is_portal_enabled() -> bool:
    """Whether the edition and plan of the installation include the customers' portal."""
    values = settings.get_all()
    return values["portal_edition"] == "external_helpdesk" and values["portal_plan"] in PLANS_WITH_PORTAL


def explain_admission(text: str) -> AdmissionExplanation:
    """Whether the address ``text`` may sign in, and by which rules. Raises ValueError if it is no address."""
    email = email_address.canonical_address(text)
    user = db.session.scalar(select(User).where(User.email == email))
    if user and user.is_team:
        name = user.display_name
        sentence = (
            gettext("%(name)s is of the team (%(role)s) and lands on the desk.", name=name, role=user.role)
            if user.is_active
            else gettext("%(name)s is of the team but was deactivated.", name=name)
        )
        return AdmissionExplanation(email, user.is_active, (), user, (sentence,))
    reasons = (
        []
        if is_portal_enabled()
        else [gettext("The portal is switched off for the whole installation by its edition or plan.")]
    )
    admitting = admitting_organizations(email)
    reasons += _admission_reasons(email, {organization.id for organization in admitting})
    if user and (not user.is_active or user.erased_at):
        reasons.append(gettext("%(user)s was deactivated, which wins over every rule.", user=user.display_name))
    for organization in list_removals(user) if user else ():
        reasons.append(
            gettext("An admin of %(organization)s removed them, which wins over its rules.", organization=organization)
        )
    admitted = bool(admitting) and is_portal_enabled() and not (user and (not user.is_active or user.erased_at))
    return AdmissionExplanation(email, admitted, tuple(admitting), user, tuple(reasons))


def list_removals(user: User) -> list[str]:
    """Return the names of the organizations from which their own admins removed ``user``."""
    removed = (
        select(Organization.name)
        .join(Membership)
        .where(Membership.user_id == user.id, Membership.removed_at.is_not(None))
    )
    return list(db.session.scalars(removed.order_by(*ORGANIZATIONS_BY_NAME)))


def _admission_reasons(email: str, admitting: set[int]) -> list[str]:
    domain = email_address.domain_of(email)
    listed = db.session.scalars(
        select(Organization)
        .join(OrganizationAddress)
        .where(OrganizationAddress.email == email)
        .order_by(*ORGANIZATIONS_BY_NAME)
    )
    owner = db.session.scalar(select(Organization).join(OrganizationDomain).where(OrganizationDomain.domain == domain))
    reasons = []
    for organization in listed:
        reasons.append(
            gettext("%(organization)s lists the address %(email)s.", organization=organization.name, email=email)
            if organization.id in admitting
            else gettext(
                "%(organization)s lists the address %(email)s, but its portal is switched off.",
                organization=organization.name,
                email=email,
            )
        )
    if owner is None:
        reasons.append(
            gettext("%(domain)s is a public mail domain, so it says nothing about where somebody works.", domain=domain)
            if email_address.is_public_domain(domain)
            else (
                gettext(
                    "No organization has the domain %(domain)s. "
                    "Domains are compared exactly, so a subdomain is another domain.",
                    domain=domain,
                )
            )
        )
    elif not owner.portal_enabled:
        reasons.append(
            gettext(
                "%(domain)s is a domain of %(owner)s, but its portal is switched off.", domain=domain, owner=owner.name
            )
        )
    elif owner.allowlist_only and owner.id not in admitting:
        reasons.append(
            gettext(
                "%(domain)s is a domain of %(owner)s, which lets in only listed addresses, and this one is not listed.",
                domain=domain,
                owner=owner.name,
            )
        )
    elif not owner.allowlist_only:
        reasons.append(
            gettext(
                "%(domain)s is a domain of %(owner)s, which lets in everybody who has an address there.",
                domain=domain,
                owner=owner.name,
            )
        )
    return reasons
