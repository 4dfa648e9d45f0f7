"""The From addresses of our mail: the system address, and organizations' own where that is switched on."""

import re

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
    ours = {system_address()}
    if settings.get("use_custom_from"):
        own = select(Organization.from_address).where(Organization.from_address.is_not(None))
        ours |= {_canonical(email) for email in db.session.scalars(own)}
    return {email for email in ours if email}


def _canonical(text: str) -> str | None:
    match = _IN_BRACKETS.fullmatch(text)
    try:
        return email_address.canonical_address(match[1] if match else text)
    except ValueError:
        return None
