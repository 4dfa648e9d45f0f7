"""What a group or claim of a provider gives: the role in the team, or what a customer sees. Asked at each sign-in.

The first rule that fits holds. A customer whom none fits sees their own tickets; somebody of the team whom none fits is
not let in. A connection without rules changes nothing. The last admin stays admin; so does that of an organization,
whose admins are the provider's affair only where a rule makes some.
"""

from collections.abc import Iterable
from typing import Any

from helpdesk.domain.administration import audit_log
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import memberships, users
from helpdesk.models.organization import Organization
from helpdesk.models.sign_in_connection import SignInConnection
from helpdesk.models.user import Role, User
from helpdesk.translation import gettext, lazy_gettext

TEAM_ROLES = (Role.agent, Role.lead, Role.admin)
VISIBILITIES = ("organization", "own")
ORGANIZATION_ADMIN = "organization-admin"  # sees what the organization sees, and manages its people
GIVES_LABELS = {
    "organization": lazy_gettext("All tickets of the organization"),
    "own": lazy_gettext("Only their own tickets"),
    ORGANIZATION_ADMIN: lazy_gettext("Manages people"),
    "agent": lazy_gettext("Agent"),
    "lead": lazy_gettext("Lead"),
    "admin": lazy_gettext("Admin"),
}
MAX_RULES = 50
Rule = dict[str, Any]


def list_choices(connection: SignInConnection) -> tuple[str, ...]:
    """What a rule of ``connection`` can give."""
    of_customers = (*VISIBILITIES, ORGANIZATION_ADMIN)
    return tuple(str(role) for role in TEAM_ROLES) if connection.organization_id is None else of_customers


def parse_rules(text: str, choices: Iterable[str]) -> list[Rule]:
    """Rules written one a line as "claim = value : what it gives". Raises ValidationError."""
    rules = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        condition, colon, gives = line.rpartition(":")
        claim, equals, value = condition.partition("=")
        rule = {"claim": claim.strip(), "value": value.strip(), "gives": gives.strip().lower()}
        if not colon or not equals or not rule["claim"] or not rule["value"] or len(line) > 500:
            raise ValidationError(gettext("Write each rule as: groups = Support : agent"), "role_rules")
        if rule["gives"] not in set(choices):
            raise ValidationError(
                gettext("A rule gives one of: %(choices)s.", choices=", ".join(choices)), "role_rules"
            )
        rules.append(rule)
    if len(rules) > MAX_RULES:
        raise ValidationError(gettext("These are too many rules."), "role_rules")
    return rules


def format_rules(rules: Iterable[Rule]) -> str:
    """Return the text that ``parse_rules`` reads."""
    return "\n".join(f"{rule['claim']} = {rule['value']} : {rule['gives']}" for rule in rules)


def find_grant(connection: SignInConnection, values: dict[str, Any]) -> str | None:
    """What the first rule that fits ``values`` gives; None if none fits."""
    for rule in connection.role_rules:
        value = values.get(rule["claim"])
        held = value if isinstance(value, list) else [value]
        if any(isinstance(each, str | bool | int) and _as_text(each) == rule["value"] for each in held):
            return str(rule["gives"])
    return None


def apply_grant(connection: SignInConnection, user: User, grant: str | None) -> None:
    """Give ``user`` the role or visibility ``grant``; None, that nothing fits, is the least that a customer can see."""
    if not user.is_team:
        if connection.organization is not None:
            is_admin = grant == ORGANIZATION_ADMIN
            visibility = "organization" if is_admin else grant if grant in VISIBILITIES else "own"
            if visibility != user.ticket_visibility:
                users.set_ticket_visibility(user, connection.organization, visibility, actor=None)
            if any(rule["gives"] == ORGANIZATION_ADMIN for rule in connection.role_rules):
                _set_organization_admin(user, connection.organization, is_admin)
        return
    if connection.organization_id is not None or grant not in TEAM_ROLES:
        return
    try:
        users.set_role(user, grant, actor=None)
    except ConflictError as error:  # the last admin
        audit_log.add_entry("kept a role that a provider would change", None, user.email, reason=error.message)


def _set_organization_admin(user: User, organization: Organization, is_admin: bool) -> None:
    try:
        memberships.set_admin_by_provider(user, organization, is_admin)
    except ConflictError as error:  # the last one
        audit_log.add_entry(
            "kept a role that a provider would change", None, user.email, organization.id, reason=error.message
        )


def _as_text(value: str | bool | int) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
