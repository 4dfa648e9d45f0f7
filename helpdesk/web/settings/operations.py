"""What admins merged, moved and erased: how far it is, and the way back where there is one."""

from flask import Blueprint, abort, flash, redirect, render_template
from flask.typing import ResponseReturnValue

from helpdesk.domain.administration import operations
from helpdesk.domain.errors import ConflictError
from helpdesk.domain.reorganization import organization_merging, people_merging
from helpdesk.extensions import db
from helpdesk.models.operation import Operation, OperationKind, OperationState
from helpdesk.translation import gettext
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation

blueprint = Blueprint("settings_operations", __name__, url_prefix="/settings/operations")
UNDO = {
    OperationKind.merge_people: people_merging.undo_merge,
    OperationKind.merge_organizations: organization_merging.undo_merge,
}


@blueprint.get("")
@authorization.admin_only
def list_operations() -> ResponseReturnValue:
    """Show the latest operations."""
    rows = [(each, operations.describe(each)) for each in operations.list_recent()]
    return navigation.render_settings_page("settings/operations.html", rows=rows)


@blueprint.get("/<int:operation_id>")
@authorization.admin_only
def show_operation(operation_id: int) -> ResponseReturnValue:
    """Show one operation: its progress, what could not be done, and the way back."""
    operation = get_operation_or_404(operation_id)
    return navigation.render_settings_page(
        "settings/operation.html",
        operation=operation,
        heading=operations.describe(operation),
        can_undo=operation.kind in UNDO and operation.state == OperationState.done,
    )


@blueprint.get("/<int:operation_id>/progress")
@authorization.admin_only
def show_progress(operation_id: int) -> ResponseReturnValue:
    """Show the fragment that asks again until the operation is finished."""
    return render_template("settings/_operation_progress.html", operation=get_operation_or_404(operation_id))


@blueprint.post("/<int:operation_id>/undo")
@authorization.admin_only
def undo_operation(operation_id: int) -> ResponseReturnValue:
    """Give back what was moved and is unchanged since."""
    operation = operations.lock(operation_id) or abort(404)
    undo = UNDO.get(OperationKind(operation.kind)) or abort(404)
    try:
        if operation.state != OperationState.done:
            raise ConflictError(gettext("This was undone already, or is not finished yet."))
        undo(operation, actor=authentication.get_current_user())
    except ConflictError as error:
        db.session.rollback()
        flash(error.message, "error")
        return redirect(f"/settings/operations/{operation_id}", 303)
    db.session.commit()
    flash(gettext("It is undone.") if operation.is_finished else gettext("It is being undone."), "success")
    return redirect(f"/settings/operations/{operation_id}", 303)


def get_operation_or_404(operation_id: int) -> Operation:
    """Return the operation with this id, else 404."""
    return operations.get(operation_id) or abort(404)
