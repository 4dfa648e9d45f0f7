"""Which mail domains a connection may speak for: proven by a TXT record of the domain, or set by an admin.

A record is looked for again every day. Where it is gone for GRACE, the domain is no longer proven, and its accounts
prove their address by mail at the next sign-in.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta

import dns.exception
import dns.resolver
from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain import email_address
from helpdesk.domain.administration import audit_log
from helpdesk.domain.authentication.connections import sign_in
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import own_domains, permissions
from helpdesk.extensions import db
from helpdesk.models.sign_in_connection import ConnectionDomain, SignInConnection
from helpdesk.models.user import User
from helpdesk.translation import gettext

NAME_PREFIX = "_helpdesk-sign-in"  # of the record, below the domain
VALUE_PREFIX = "helpdesk-sign-in="
GRACE = timedelta(days=3)  # a record may be gone that long, as while a domain moves to another name server
CHECK_INTERVAL = timedelta(days=1)
DNS_SECONDS = 5.0
Lookup = Callable[[str], list[str]]


class LookupFailed(Exception):
    """The name servers do not answer, which says nothing about the record."""


def record_name(row: ConnectionDomain) -> str:
    """Return the name of the TXT record that proves ``row``."""
    return f"{NAME_PREFIX}.{row.domain}"


def record_value(row: ConnectionDomain) -> str:
    """What the TXT record that proves ``row`` must contain."""
    return VALUE_PREFIX + row.token


def set_domains(connection: SignInConnection, given: Iterable[str]) -> None:
    """Make ``given`` the domains of ``connection``; new ones have to be proven. Raises ValidationError."""
    try:
        wanted = sorted({email_address.canonical_domain(text) for text in given})
    except ValueError as error:
        raise ValidationError(str(error), "domains") from None
    own, organization = own_domains.list_own_domains(), connection.organization
    for domain in wanted:
        if email_address.is_public_domain(domain):
            raise ValidationError(
                gettext("Anybody can have an address at %(domain)s; no provider speaks for it.", domain=domain),
                "domains",
            )
        if organization is not None and domain not in {row.domain for row in organization.domains}:
            raise ValidationError(
                gettext(
                    "%(domain)s is no mail domain of %(organization)s; add it there first.",
                    domain=domain,
                    organization=organization.name,
                ),
                "domains",
            )
        if organization is None and domain not in own:
            raise ValidationError(
                gettext("%(domain)s is no mail domain of the team; add it to the portal’s settings.", domain=domain),
                "domains",
            )
    for row in [row for row in connection.domains if row.domain not in wanted]:
        sign_in.forget_confirmation(connection, row.domain)
        connection.domains.remove(row)
    present = {row.domain for row in connection.domains}
    connection.domains.extend(ConnectionDomain(domain=domain) for domain in wanted if domain not in present)
    db.session.flush()


def check_domain(row: ConnectionDomain, lookup: Lookup | None = None, *, actor: User | None = None) -> bool:
    """Look for the record of ``row`` and keep what is found; whether it is there. Raises ConflictError.

    No answer of the name servers changes nothing. Slow: no other work should wait for this transaction.
    """
    try:
        texts = (lookup or look_up_texts)(record_name(row))
    except LookupFailed:
        raise ConflictError(gettext("The name servers of %(domain)s do not answer.", domain=row.domain)) from None
    now, is_there = clock.now(), record_value(row) in texts
    row.checked_at = now
    if is_there:
        if row.verified_at is None or row.is_vouched:
            _audit("proved a domain of a sign-in connection", row, actor)
        row.verified_at, row.missing_since, row.is_vouched = row.verified_at or now, None, False
    elif row.verified_at is not None and not row.is_vouched:
        row.missing_since = row.missing_since or now
        if row.missing_since <= now - GRACE:
            row.verified_at = None
            sign_in.forget_confirmation(row.connection, row.domain)
            _audit("lost the proof of a domain of a sign-in connection", row, actor)
    db.session.flush()
    return is_there


def check_again(row_id: int) -> None:
    """Check the domain with this id; the name servers are asked while no transaction is open. Commits."""
    row = db.session.get(ConnectionDomain, row_id)
    if row is None:
        return
    name = record_name(row)
    db.session.rollback()
    try:
        texts = look_up_texts(name)
    except LookupFailed:
        return
    row = db.session.get(ConnectionDomain, row_id)
    if row is not None:
        check_domain(row, lambda _: texts)
        db.session.commit()


def verify_without_record(row: ConnectionDomain, *, actor: User) -> None:
    """Set the domain as proven without a record, as an admin of the installation. Raises PermissionDenied."""
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins can do this."))
    was_vouched = row.is_vouched
    row.is_vouched, row.verified_at, row.missing_since = True, row.verified_at or clock.now(), None
    db.session.flush()
    if not was_vouched:
        _audit("vouched for a domain of a sign-in connection", row, actor)


def list_due() -> list[int]:
    """Ids of the domains whose record has to be looked for again."""
    due = ConnectionDomain.checked_at.is_(None) | (ConnectionDomain.checked_at < clock.now() - CHECK_INTERVAL)
    proven = ConnectionDomain.verified_at.is_not(None), ConnectionDomain.is_vouched.is_(False)
    return list(db.session.scalars(select(ConnectionDomain.id).where(*proven, due).order_by(ConnectionDomain.id)))


def look_up_texts(name: str) -> list[str]:
    """Return the TXT records at ``name``. Raises LookupFailed."""
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=DNS_SECONDS, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError):
        raise LookupFailed from None
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]


def _audit(action: str, row: ConnectionDomain, actor: User | None) -> None:
    connection = row.connection
    audit_log.add_entry(action, actor, row.domain, connection.organization_id, connection=connection.name)
