"""Merge two organizations that are one company: people, domains, channels and tickets become the other's.

A job moves everything in one transaction, since a person and their tickets must never be at two places, and afterwards
updates search index, cards and service levels ticket by ticket, which is the progress that is shown.
"""

from typing import Any

from sqlalchemy import func, select, update

from helpdesk import clock, live_events
from helpdesk.domain import background_jobs, locking, outbox
from helpdesk.domain.administration import audit_log, operations
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.people import named_organizations, organizations, permissions, session_revocation
from helpdesk.domain.reorganization import references
from helpdesk.domain.search_index import reindexing
from helpdesk.domain.sla import timers
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.operation import Operation, OperationKind, OperationState
from helpdesk.models.organization import Organization
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import gettext

BATCH_SIZE = 50  # tickets
JOB = "continue_operation"
NAME_AFTER = "{} (merged {})"


def merge_organizations(source: Organization, target: Organization, *, actor: User) -> Operation:
    """Let a job merge ``source`` into ``target``. Raises PermissionDenied, ValidationError and ConflictError."""
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins merge organizations."))
    lock_organizations(source.id, target.id)
    ensure_mergeable(source, target)
    operation = operations.start(OperationKind.merge_organizations, source.id, target.id, actor=actor)
    audit_log.add_entry("began to merge organizations", actor, target.name, target.id, merged=source.name)
    background_jobs.enqueue_job(JOB, operation.id)
    return operation


def undo_merge(operation: Operation, *, actor: User) -> None:
    """Let a job give back what was moved and is unchanged since. Raises PermissionDenied and ConflictError."""
    permissions.ensure(permissions.can_administer(actor), gettext("Only admins undo this."))
    source = organizations.get_organization(operation.source_id)
    target = organizations.get_organization(operation.target_id or 0)
    if operation.state != OperationState.done or source is None or target is None:
        raise ConflictError(
            gettext("This cannot be undone: it is not finished, was undone, or one of the two was erased.")
        )
    if source.merged_into_id != target.id or target.merged_into_id:
        raise ConflictError(gettext("This cannot be undone: one of the two was merged again."))
    operation.state, operation.done = OperationState.undoing, 0
    audit_log.add_entry("began to undo merging organizations", actor, target.name, target.id)
    background_jobs.enqueue_job(JOB, operation.id)


def ensure_mergeable(source: Organization, target: Organization) -> None:
    """Raise ValidationError or ConflictError if ``source`` cannot be merged into ``target``."""
    if source.id == target.id:
        raise ValidationError(gettext("Choose another organization."), "target")
    running = Operation.state.in_((OperationState.running, OperationState.undoing))
    ids = (source.id, target.id)
    same = Operation.source_id.in_(ids) | Operation.target_id.in_(ids)
    about_companies = Operation.kind.in_(
        (OperationKind.merge_organizations, OperationKind.move_tickets, OperationKind.erase_organization)
    )
    if source.merged_into_id or target.merged_into_id:
        raise ConflictError(gettext("One of the two was merged meanwhile."), "target")
    if db.session.scalar(select(Operation.id).where(running, same, about_companies).limit(1)):
        raise ConflictError(
            gettext("One of the two is being merged, moved or erased at the moment. Wait until it is done.")
        )


def lock_organizations(*ids: int) -> None:
    """Lock organizations by id and reload them."""
    query = select(Organization).where(Organization.id.in_(ids)).order_by(Organization.id)
    locked = query.with_for_update(of=Organization).execution_options(populate_existing=True)
    db.session.scalars(locked).all()


def move_everything(operation: Operation) -> None:
    """The first step: one transaction in which everything of the source becomes the target's."""
    source, target = (
        db.session.get(Organization, operation.source_id),
        db.session.get_one(Organization, operation.target_id),
    )
    if source is None:
        operations.finish(operation)
        return
    numbers = _lock_tickets(source, target)
    people = list(db.session.scalars(select(User.id).where(User.organization_id == source.id)))
    data: dict[str, Any] = {"was_enabled": source.portal_enabled, "old_name": source.name, "tickets": numbers}
    data["default_channels"] = _end_double_defaults(source, target)
    data["moved"] = references.move_rows(references.list_columns("organizations"), source.id, target.id)
    data["named"] = named_organizations.replace(source, target)
    _bump_tickets(numbers)
    source, target = (db.session.get_one(Organization, each) for each in (source.id, target.id))
    source.name = NAME_AFTER.format(source.name[:170], source.id)
    source.portal_enabled, source.merged_into_id, target.version = False, target.id, target.version + 1
    db.session.flush()
    session_revocation.revoke_not_admitted(target)
    live_events.publish_after_commit("desk", *(f"user:{user_id}" for user_id in people))
    operation.data, operation.total = data, len(numbers)
    details = {"merged": data["old_name"], "tickets": len(numbers), "people": len(people)}
    audit_log.add_entry("merged organizations", operation.actor, target.name, target.id, **details)


def return_everything(operation: Operation) -> None:
    """The first step of undoing: one transaction in which what was moved is the source's again."""
    source, target = (db.session.get_one(Organization, each) for each in (operation.source_id, operation.target_id))
    data = operation.data
    locking.lock_tickets(data["tickets"])
    lock_organizations(source.id, target.id)
    source.merged_into_id, source.portal_enabled = None, data["was_enabled"]
    if organizations.find_by_name(data["old_name"]) is None:
        source.name = data["old_name"]
    target.version += 1
    db.session.flush()
    references.return_rows(data["moved"], source.id, target.id)
    named_organizations.restore(data.get("named", {}), source, target)
    restored = Channel.id.in_(data["default_channels"])
    db.session.execute(
        update(Channel).where(restored).values(is_default=True), execution_options={"synchronize_session": False}
    )
    _bump_tickets(data["tickets"])
    db.session.expire_all()
    session_revocation.revoke_not_admitted(target)
    session_revocation.revoke_not_admitted(source)
    people = db.session.scalars(select(User.id).where(User.organization_id.in_((source.id, target.id))))
    live_events.publish_after_commit("desk", *(f"user:{user_id}" for user_id in people))
    audit_log.add_entry("undid merging organizations", operation.actor, target.name, target.id, restored=source.name)


def update_batch(operation: Operation) -> bool:
    """Update search index, cards and timers of the next tickets. Returns whether more are left."""
    numbers = operation.data["tickets"][operation.done : operation.done + BATCH_SIZE]
    tickets = locking.lock_tickets(numbers)
    reindexing.reindex_tickets([ticket.id for ticket in tickets], db.session.connection())
    for ticket in tickets:
        if not ticket.is_closed:
            timers.update_timers(ticket)
            outbox.enqueue_card_update(ticket)
    operation.done += len(numbers)
    return operation.done < operation.total


def _lock_tickets(source: Organization, target: Organization) -> list[int]:
    """Lock the tickets of ``source``, then both organizations. Returns the ids of the tickets, those included that were
    being filed until then: who refers to an organization holds a lock of its row until it is committed.
    """
    ids = select(Ticket.id).where(Ticket.organization_id == source.id).order_by(Ticket.id)
    db.session.scalars(ids.with_for_update(of=Ticket)).all()
    lock_organizations(source.id, target.id)
    return list(db.session.scalars(ids))


def _end_double_defaults(source: Organization, target: Organization) -> list[int]:
    """Where both have a channel that new tickets are posted to, leave the target's alone. Returns ids of channels."""
    defaults = Channel.is_default, Channel.removed_at.is_(None), Channel.audience == "customer"
    if db.session.scalar(select(func.count()).where(Channel.organization_id == target.id, *defaults)) == 0:
        return []
    ids = list(db.session.scalars(select(Channel.id).where(Channel.organization_id == source.id, *defaults)))
    db.session.execute(
        update(Channel).where(Channel.id.in_(ids)).values(is_default=False),
        execution_options={"synchronize_session": False},
    )
    return ids


def _bump_tickets(numbers: list[int]) -> None:
    """Let open pages, lists and programs see that the tickets changed."""
    for start in range(0, len(numbers), references.BATCH_SIZE):
        batch = Ticket.id.in_(numbers[start : start + references.BATCH_SIZE])
        versions = {"version": Ticket.version + 1, "public_version": Ticket.public_version + 1}
        changed = update(Ticket).where(batch).values(versions | {"changed_at": clock.now()})
        db.session.execute(changed, execution_options={"synchronize_session": False})
    db.session.expire_all()
