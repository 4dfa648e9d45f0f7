"""The rows of operations: what admins merged, moved and erased, how far it is, and what can be undone."""

from typing import Any

from sqlalchemy import select

from helpdesk import clock
from helpdesk.database.row_ids import is_id
from helpdesk.extensions import db
from helpdesk.models.operation import Operation, OperationKind, OperationState
from helpdesk.models.organization import Organization
from helpdesk.models.user import User
from helpdesk.translation import N_, gettext

PAGE_SIZE = 30
PERSON_KINDS = (OperationKind.merge_people, OperationKind.erase_person)
LABELS = {
    OperationKind.merge_people: N_("Merged %(source)s into %(target)s"),
    OperationKind.merge_organizations: N_("Merged %(source)s into %(target)s"),
    OperationKind.move_tickets: N_("Moved tickets from %(source)s to %(target)s"),
    OperationKind.erase_person: N_("Erased %(source)s"),
    OperationKind.erase_organization: N_("Erased %(source)s"),
}


def start(
    kind: OperationKind, source_id: int, target_id: int | None, *, actor: User, total: int = 0, **data: Any
) -> Operation:
    """Record that an operation begins."""
    operation = Operation(
        kind=kind, source_id=source_id, target_id=target_id, actor_id=actor.id, total=total, data=data
    )
    db.session.add(operation)
    db.session.flush()
    return operation


def get(operation_id: int) -> Operation | None:
    """Return the operation with this id."""
    return db.session.get(Operation, operation_id) if is_id(operation_id) else None


def lock(operation_id: int) -> Operation | None:
    """Return the operation with this id, locked and reloaded: one worker or admin at a time goes on with it."""
    query = select(Operation).where(Operation.id == operation_id).with_for_update(of=Operation)
    return db.session.scalar(query.execution_options(populate_existing=True))


def list_recent() -> list[Operation]:
    """Return the latest operations, newest first."""
    return list(db.session.scalars(select(Operation).order_by(Operation.id.desc()).limit(PAGE_SIZE)))


def find_latest(kind: OperationKind, source_id: int) -> Operation | None:
    """Return the newest operation of this kind about this person or organization."""
    query = select(Operation).where(Operation.kind == kind, Operation.source_id == source_id)
    return db.session.scalars(query.order_by(Operation.id.desc()).limit(1)).first()


def finish(operation: Operation, state: OperationState = OperationState.done) -> None:
    """Record that it is done, or undone."""
    operation.state = state
    operation.finished_at = clock.now()
    db.session.flush()


def describe(operation: Operation) -> str:
    """Return the operation as a heading, with the names that its people or organizations have now."""
    is_about_people = operation.kind in PERSON_KINDS
    names = (
        _name_of(each, is_about_people=is_about_people) if each is not None else ""
        for each in (operation.source_id, operation.target_id)
    )
    source, target = names
    return gettext(LABELS[OperationKind(operation.kind)], source=source, target=target)


def _name_of(number: int, *, is_about_people: bool) -> str:
    if is_about_people:
        user = db.session.get(User, number)
        return user.display_name if user is not None else gettext("person %(number)s", number=number)
    organization = db.session.get(Organization, number)
    return organization.name if organization is not None else gettext("organization %(number)s", number=number)
