"""Erase organizations, in batches, with a progress that ends."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, delete, select, update

from helpdesk.domain import background_jobs
from helpdesk.domain.administration import audit_log, operations
from helpdesk.domain.inbox import contents
from helpdesk.domain.inbox.channel import received_in_condition, sent_from_condition
from helpdesk.domain.people import changes, named_organizations, permissions
from helpdesk.domain.privacy import database_file, erase_content, erase_deliveries, erasure, former_identity
from helpdesk.extensions import db
from helpdesk.models.attachment import Attachment
from helpdesk.models.audit_log import AuditEntry
from helpdesk.models.channel import Channel
from helpdesk.models.event import Event
from helpdesk.models.form import FormOrganization
from helpdesk.models.inbound_event import PURGEABLE_STATES, InboundEvent
from helpdesk.models.operation import Operation, OperationKind, OperationState
from helpdesk.models.organization import Organization, OrganizationAddress, OrganizationDomain
from helpdesk.models.personal_data import ERASED_ORGANIZATION
from helpdesk.models.session import Session
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import Membership, User
from helpdesk.translation import gettext

PEOPLE_BATCH_SIZE = 20  # of one transaction
NAMING_EVENT_KINDS = ("moved", "rule")  # their data has names of organizations


def start_erasing_organization(organization: Organization, *, actor: User) -> None:
    """Switch the portal off for ``organization`` at once; a job erases the rest in batches. Raises PermissionDenied."""
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins erase organizations."))
    organization.portal_enabled = False
    for domain in organization.domains:
        _erase_received(sent_from_condition(domain.domain))
    for table in (OrganizationDomain, OrganizationAddress):
        db.session.execute(delete(table).where(table.organization_id == organization.id))
    people = select(User.id).where(User.organization_id == organization.id)
    db.session.execute(delete(Session).where(Session.user_id.in_(people)))
    audit_log.add_entry("erased an organization", actor, organization.name, organization.id)
    tickets = erasure.count_rows(Ticket, Ticket.organization_id == organization.id)
    total = tickets + erasure.count_rows(User, User.organization_id == organization.id) + 1
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
        _record_progress(organization.id, len(ids), erase_deliveries.find_being_sent_of_tickets(ids))
        return True, erasure.erase_tickets(ids)
    people = select(User).where(User.organization_id == organization.id).order_by(User.id).limit(PEOPLE_BATCH_SIZE)
    if found := list(db.session.scalars(people)):
        keys, being_sent = [], []
        for user in found:
            some_keys, some_ids = _erase_or_leave(user)
            keys += some_keys
            being_sent += some_ids
        _record_progress(organization.id, len(found), being_sent)
        return True, keys
    keys = erasure.attachment_keys(Attachment.organization_id == organization.id)
    db.session.execute(delete(Attachment).where(Attachment.organization_id == organization.id))
    for channel in db.session.scalars(select(Channel).where(Channel.organization_id == organization.id)):
        _erase_received(received_in_condition(channel))
        db.session.execute(delete(Thread).where(Thread.channel_id == channel.id))
        db.session.delete(channel)
    for table in (Membership, FormOrganization):
        db.session.execute(delete(table).where(table.organization_id == organization.id))
    _erase_name(organization)
    erase_deliveries.erase_without_thread()
    db.session.flush()
    _record_progress(organization.id, 1, (), is_end=True)
    db.session.delete(organization)
    db.session.flush()
    database_file.request_cleaning()
    return False, keys


def _erase_or_leave(user: User) -> tuple[list[str], list[int]]:
    """Erase a person of the organization, but for one who belongs to another, too: they only leave this one.

    Returns what ``erasure.erase_everything_of`` does.
    """
    elsewhere = erasure.count_rows(
        Membership, Membership.user_id == user.id, Membership.organization_id != user.organization_id
    )
    if elsewhere:
        user.organization_id = None
        db.session.flush()
        return [], []
    erase_content.lock_everything_of(user)
    erased = erasure.erase_everything_of(user, words=True, subjects=True)
    changes.notify_listeners("erased", user)
    return erased


def _erase_received(condition: ColumnElement[bool]) -> None:
    """Empty the events that meet the condition, and delete those that wait for somebody to look at them."""
    contents.delete_parts(condition)
    options = {"synchronize_session": False}
    waiting = InboundEvent.state.not_in(PURGEABLE_STATES) & InboundEvent.ticket_id.is_(None)
    db.session.execute(delete(InboundEvent).where(condition, waiting), execution_options=options)
    emptied = update(InboundEvent).where(condition).values(payload={}, raw=None, content_key=None, result=None)
    db.session.execute(emptied, execution_options=options)


def _erase_name(organization: Organization) -> None:
    """Replace the organization's name where rows that stay repeat it: audit log, moved tickets, webhooks."""
    former = former_identity.FormerIdentity(frozenset({organization.name}), frozenset(), ERASED_ORGANIZATION)
    about = select(AuditEntry).where(AuditEntry.organization_id == organization.id)
    for entry in db.session.scalars(about):  # domains and addresses are in the details
        entry.subject, entry.details = ERASED_ORGANIZATION, {}
    former_identity.erase_from_audit_log(former)
    erase_deliveries.erase_payloads_with((organization.name, organization.slug))
    of_moved_tickets = select(Event).where(Event.kind.in_(NAMING_EVENT_KINDS), former.is_repeated_in(Event.data))
    for event in db.session.scalars(of_moved_tickets):
        event.data = former.replace_in(event.data)
    named_organizations.erase(organization)


def _record_progress(organization_id: int, steps: int, being_sent: Iterable[int], *, is_end: bool = False) -> None:
    running = select(Operation).where(
        Operation.kind == OperationKind.erase_organization,
        Operation.source_id == organization_id,
        Operation.state == OperationState.running,
    )
    for operation in db.session.scalars(running):
        operation.done = min(operation.total, operation.done + steps)
        operation.data = operation.data | {"being_sent": [*operation.data.get("being_sent", ()), *being_sent]}
        if is_end:
            operations.finish(operation)
