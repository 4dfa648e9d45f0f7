"""The From addresses of our mail: the system address, and organizations' own where that is switched on."""

import re
from collections.abc import Iterable

from sqlalchemy import select

from helpdesk import config
from helpdesk.domain import email_address
from helpdesk.domain.administration import settings
from helpdesk.extensions import db
from helpdesk.models.organization import Organization

_IN_BRACKETS = re.compile(r".*<([^<>]+)>\s*", re.DOTALL)


def sender_for(organization: Organization | None) -> str | None:
    """Return the From address of mail about ``organization``'s tickets, or with None of all other mail; None where none
    is configured.
    """
    if organization is not None and organization.from_address and settings.get("use_custom_from"):
        return _canonical(organization.from_address) or system_address()
    return system_address()


def system_address() -> str | None:
    """Return the system address: the setting, else MAIL_DEFAULT_SENDER, else help@ the portal's host."""
    chosen = settings.get("system_email")
    return _canonical(chosen) if chosen else default_address()


def default_address() -> str | None:
    """Return the system address where the setting names none."""
    current = config.current()
    return _canonical(current.MAIL_DEFAULT_SENDER or f"help@{current.portal_host}")


def all_addresses() -> set[str]:
    """Return every address of ours that people may write to."""
    ours = {system_address(), *map(_canonical, settings.get("support_addresses").split())}
    return {email for email in ours if email} | set(_own_addresses())


def find_ours(addresses: Iterable[str]) -> set[str]:
    """Return those of the canonical ``addresses`` that are ours, also with a tag: help+billing@ is help@."""
    ours = all_addresses()
    return {email for email in addresses if email in ours or _without_tag(email) in ours}


def find_organization_ids(addresses: Iterable[str]) -> set[int]:
    """Return the organizations whose own address is among the canonical ``addresses``."""
    own = _own_addresses()
    return {own[email] for one in addresses for email in (one, _without_tag(one)) if email in own}


def _own_addresses() -> dict[str, int]:
    """Return organizations' own addresses, where they are switched on, each with the organization's id."""
    if not settings.get("use_custom_from"):
        return {}
    own = select(Organization.from_address, Organization.id).where(Organization.from_address.is_not(None))
    return {email: id for text, id in db.session.execute(own) if (email := _canonical(text))}


def _without_tag(email: str) -> str:
    """Return a canonical address without what stands behind a plus, as mail servers deliver it."""
    local_part, _, domain = email.partition("@")
    return f"{local_part.partition('+')[0]}@{domain}"


def _canonical(text: str) -> str | None:
    match = _IN_BRACKETS.fullmatch(text)
    try:
        return email_address.canonical_address(match[1] if match else text)
    except ValueError:
        return None
