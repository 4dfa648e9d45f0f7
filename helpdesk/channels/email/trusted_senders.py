"""Senders that the team accepted and had remembered: people's further addresses, and domains without DMARC."""

from sqlalchemy import or_, select

from helpdesk.database.row_ids import is_id
from helpdesk.domain import email_address
from helpdesk.domain.administration import audit_log
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.people import permissions, users
from helpdesk.extensions import db
from helpdesk.models.trusted_sender import TrustedSender
from helpdesk.models.user import User
from helpdesk.translation import gettext

MAX_LISTED = 500


def find_person(address: str) -> User | None:
    """Return the user with this canonical address, or the one whose further address it was said to be."""
    user = users.find_user(address) if address else None
    if user is None and address:
        known = select(TrustedSender).where(TrustedSender.address == address, TrustedSender.user_id.is_not(None))
        row = db.session.scalar(known)
        user = row.user if row is not None else None
    return user


def is_trusted(address: str) -> bool:
    """Return whether mail from this address is accepted although nothing proves who sent it."""
    if not address:
        return False
    rows = select(TrustedSender.id).where(
        or_(
            TrustedSender.address == address,
            (TrustedSender.address == f"@{email_address.domain_of(address)}") & TrustedSender.user_id.is_(None),
        )
    )
    return db.session.scalar(rows.limit(1)) is not None


def remember_address(address: str, *, actor: User) -> TrustedSender:
    """Accept mail from this canonical address from now on, although its domain proves nothing. Raises
    PermissionDenied.
    """
    return _remember(address, None, actor)


def remember_alias(address: str, person: User, *, actor: User) -> TrustedSender:
    """Count mail from ``address`` as mail of the customer ``person`` from now on. Raises ValidationError where it is
    somebody's own address, or ``person`` is of the team.
    """
    if person.is_team:
        raise ValidationError(gettext("The team does not act by mail."), "remember")
    if users.find_user(address) is not None:
        raise ValidationError(gettext("%(address)s is somebody's own address.", address=address), "remember")
    return _remember(address, person, actor)


def remember_domain(domain: str, *, actor: User) -> TrustedSender:
    """Accept mail from every address of ``domain``, which publishes no DMARC record. Raises ValidationError for a
    domain where everybody can get an address.
    """
    if email_address.is_public_domain(domain):
        raise ValidationError(gettext("Everybody can get an address at %(domain)s.", domain=domain), "remember")
    return _remember(f"@{domain}", None, actor)


def remove(row_id: int, *, actor: User) -> None:
    """Remove a remembered sender: their mail is checked again. Raises PermissionDenied."""
    _ensure_team(actor)
    row = db.session.get(TrustedSender, row_id) if is_id(row_id) else None
    if row is not None:
        audit_log.add_entry("forgot an accepted sender", actor, row.address)
        db.session.delete(row)
        db.session.flush()


def list_all() -> list[TrustedSender]:
    """List the remembered senders by address, at most MAX_LISTED."""
    return list(db.session.scalars(select(TrustedSender).order_by(TrustedSender.address).limit(MAX_LISTED)))


def _remember(address: str, person: User | None, actor: User) -> TrustedSender:
    _ensure_team(actor)
    row = db.session.scalar(select(TrustedSender).where(TrustedSender.address == address).with_for_update())
    if row is None:
        row = TrustedSender(address=address)
        db.session.add(row)
    row.user, row.created_by_id = person, actor.id
    db.session.flush()
    details = {"person": person.email} if person is not None else {}
    organization_id = person.organization_id if person is not None else None
    audit_log.add_entry("accepted a sender from now on", actor, address, organization_id, **details)
    return row


def _ensure_team(actor: User) -> None:
    permissions.ensure(actor.is_team and actor.is_active, gettext("Only the team can do this."))
