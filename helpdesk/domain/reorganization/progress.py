"""Go on with an operation, one transaction a step, to its end; the next worker continues where one ended early."""

from helpdesk.domain.administration import operations
from helpdesk.domain.reorganization import organization_merging, ticket_moves
from helpdesk.models.operation import Operation, OperationKind, OperationState


def continue_operation(operation_id: int) -> bool:
    """Make the next step of the operation. Returns whether another one is left; the caller commits between them."""
    operation = operations.lock(operation_id)
    if operation is None or operation.is_finished:
        return False
    if operation.kind == OperationKind.merge_organizations:
        return _continue_merge(operation)
    if operation.kind == OperationKind.move_tickets:
        return _finish_unless(operation, ticket_moves.move_batch(operation), OperationState.done)
    return False


def _continue_merge(operation: Operation) -> bool:
    is_undoing = operation.state == OperationState.undoing
    end = OperationState.undone if is_undoing else OperationState.done
    step = {"undoing": organization_merging.return_everything, "running": organization_merging.move_everything}
    if operation.data.get("phase") != operation.state:
        step[operation.state](operation)
        if operation.is_finished:
            return False
        operation.data = operation.data | {"phase": operation.state}
        return _finish_unless(operation, operation.total > 0, end)
    return _finish_unless(operation, organization_merging.update_batch(operation), end)


def _finish_unless(operation: Operation, has_more: bool, state: OperationState) -> bool:
    if not has_more:
        operations.finish(operation, state)
    return has_more
