"""Erase organizations, in batches, with a progress that ends."""

from sqlalchemy import delete, select

from helpdesk.domain import background_jobs
from helpdesk.domain.administration import audit_log, operations
from helpdesk.domain.people import permissions
from helpdesk.domain.privacy import erasure
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.models.channel import Channel
from helpdesk.models.form import FormOrganization
from helpdesk.models.operation import Operation, OperationKind, OperationState
from helpdesk.models.organization import Organization, OrganizationAddress, OrganizationDomain
from helpdesk.models.session import Session
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import Membership, User
from helpdesk.translation import gettext


def start_erasing_organization(organization: Organization, *, actor: User) -> None:
    """Switch the portal off for ``organization`` at once; a job erases the rest in batches. Raises PermissionDenied."""
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins erase organizations."))
    organization.portal_enabled = False
    for table in (OrganizationDomain, OrganizationAddress):
        db.session.execute(delete(table).where(table.organization_id == organization.id))
    people = select(User.id).where(User.organization_id == organization.id)
    db.session.execute(delete(Session).where(Session.user_id.in_(people)))
    audit_log.add_entry("erased an organization", actor, organization.name, organization.id)
    total = erasure.count_rows(Ticket, Ticket.organization_id == organization.id) + 1
    operations.start(OperationKind.erase_organization, organization.id, None, actor=actor, total=total)
    background_jobs.enqueue_job("erase_organization", organization.id)


def erase_organization_batch(organization: Organization | None) -> tuple[bool, list[str]]:
    """Erase one batch of its tickets, and after the last batch the organization itself.

    Returns whether more is left, and the keys of the files to delete after the commit. ``organization`` is None if it
    was erased already, since a job may run twice.
    """
    if organization is None:
        return False, []
    remaining = select(Ticket.id).where(Ticket.organization_id == organization.id)
    ids = list(db.session.scalars(remaining.limit(erasure.BATCH_SIZE)))
    if ids:
        _record_progress(organization.id, len(ids))
        return True, erasure.erase_tickets(ids)
    keys = erasure.attachment_keys(Attachment.organization_id == organization.id)
    db.session.execute(delete(Attachment).where(Attachment.organization_id == organization.id))
    for user in db.session.scalars(select(User).where(User.organization_id == organization.id)):
        _erase_user_data(user)
    for channel in db.session.scalars(select(Channel).where(Channel.organization_id == organization.id)):
        db.session.execute(delete(Thread).where(Thread.channel_id == channel.id))
        db.session.delete(channel)
    for table in (Membership, FormOrganization):
        db.session.execute(delete(table).where(table.organization_id == organization.id))
    db.session.flush()
    _record_progress(organization.id, 1, is_end=True)
    db.session.delete(organization)
    db.session.flush()
    return False, keys


def _record_progress(organization_id: int, steps: int, *, is_end: bool = False) -> None:
    running = select(Operation).where(
        Operation.kind == OperationKind.erase_organization,
        Operation.source_id == organization_id,
        Operation.state == OperationState.running,
    )
    for operation in db.session.scalars(running):
        operation.done = min(operation.total, operation.done + steps)
        if is_end:
            operations.finish(operation)


def _erase_user_data(user: User) -> None:
    elsewhere = erasure.count_rows(
        Membership, Membership.user_id == user.id, Membership.organization_id != user.organization_id
    )
    user.organization_id = None
    if elsewhere:
        return
    former = erasure.FormerIdentity(user.display_name, user.email, user.slack_user_id)
    erasure.erase_declared(user, words=True)
    erasure.erase_address(former.email)
    erasure.erase_from_audit_log(former)
    erasure.erase_account(user)
