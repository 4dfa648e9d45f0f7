"""What the two pages of an organization's ways of signing in share: the help desk's admins', and its own admins'."""

from collections.abc import Callable
from typing import Any

from flask import flash, request

from helpdesk.domain.authentication import way_rules, ways
from helpdesk.domain.authentication.connections import administration, failures
from helpdesk.extensions import db
from helpdesk.models.organization import Organization
from helpdesk.translation import ngettext
from helpdesk.web import stale_forms
from helpdesk.web.middleware import authentication


def read_rules() -> dict[str, str]:
    """Return the rules that the form in the request has."""
    return {name: request.form.get(name, "") for name in (*ways.WAYS, "emergency_admin")}


def save_rules(find: Callable[[], Organization], sentence: str) -> None:
    """Save the rules of the organization that ``find`` loads, commit, and flash ``sentence`` and what ended.

    Raises ValidationError, and ConflictError if somebody else saved meanwhile.
    """
    stale_forms.begin_change(lambda: stored_rules(find()))
    ended = way_rules.set_rules(
        find(),
        read_rules(),
        actor=authentication.get_current_user(),
        emergency_admin=request.form.get("emergency_admin"),
    )
    db.session.commit()
    flash(sentence, "success")
    if ended:
        flash(ngettext("%(num)s session has ended.", "%(num)s sessions have ended.", ended), "info")


def stored_rules(organization: Organization) -> dict[str, str]:
    """Return what is stored of how the people of ``organization`` sign in."""
    emergency = way_rules.find_emergency_admin(organization)
    return organization.sign_in_rules | {"emergency_admin": emergency.email if emergency is not None else ""}


def describe_ways(
    organization: Organization, given: dict[str, str] | None = None, errors: dict[str, str] | None = None
) -> dict[str, Any]:
    """Return what the page shows: the stored rules, or what was given and the errors."""
    stored = stored_rules(organization)
    return {
        "organization": organization,
        "rules": given or stored,
        "admins": [(user.email, user.display_name) for user, _ in way_rules.list_organization_admins(organization)],
        "loaded": stale_forms.fingerprint(stored),
        "ways": ways.WAY_LABELS,
        "choices": list(ways.RULE_LABELS.items()),
        "connections": administration.list_connections(organization),
        "describe": failures.describe,
        "errors": errors or {},
    }
