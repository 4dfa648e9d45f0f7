"""Canned replies, also called macros: every team member has their own; leads and admins edit the shared ones."""

from flask import Blueprint, abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from helpdesk.database.row_ids import parse_id
from helpdesk.domain.content_translation.reply_variables import VARIABLES
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.tickets import canned_replies, macros
from helpdesk.extensions import db
from helpdesk.models.canned_reply import CannedReply
from helpdesk.translation import gettext
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation
from helpdesk.web.settings.team_forms import CannedReplyForm

blueprint = Blueprint("settings_canned_replies", __name__, url_prefix="/settings/replies")


@blueprint.get("")
@authorization.team_only
def list_canned_replies() -> ResponseReturnValue:
    """Show the shared replies and one's own."""
    replies = canned_replies.list_replies(authentication.get_current_user())
    return navigation.render_settings_page(
        "settings/replies.html", replies=[(reply, macros.describe_macro(reply)) for reply in replies]
    )


@blueprint.get("/new")
@authorization.team_only
def show_new_canned_reply() -> ResponseReturnValue:
    """Show the empty form of a reply."""
    return render_page(None, CannedReplyForm(data={"shared": current_user.is_lead}))


@blueprint.post("")
@authorization.team_only
def create_canned_reply() -> ResponseReturnValue:
    """Create a reply."""
    return save_reply(None)


@blueprint.get("/<int:reply_id>")
@authorization.team_only
def show_canned_reply(reply_id: int) -> ResponseReturnValue:
    """Show one reply in its form."""
    reply = get_reply_or_404(reply_id)
    values = {"shared": reply.owner_id is None, "assignee": macros.changes_of(reply).assignee}
    form = CannedReplyForm(obj=reply, data=values)
    form.tags.data = ", ".join(reply.tags)  # what the object has goes before ``data``
    return render_page(reply, form)


@blueprint.post("/<int:reply_id>")
@authorization.team_only
def update_canned_reply(reply_id: int) -> ResponseReturnValue:
    """Save a reply."""
    return save_reply(get_reply_or_404(reply_id))


@blueprint.post("/<int:reply_id>/delete")
@authorization.team_only
def delete_canned_reply(reply_id: int) -> ResponseReturnValue:
    """Delete a reply."""
    canned_replies.delete_reply(get_reply_or_404(reply_id), actor=authentication.get_current_user())
    db.session.commit()
    flash(gettext("The macro is deleted."), "success")
    return redirect("/settings/replies", 303)


def save_reply(reply: CannedReply | None) -> ResponseReturnValue:
    """Save the form as a new or changed reply, or show it again with the errors."""
    form = CannedReplyForm(request.form)
    reply_id = reply.id if reply else None
    try:
        canned_replies.save_reply(
            reply,
            title=form.title.data,
            body=form.body.data,
            status=form.status.data or "",
            assignee=form.assignee.data or "",
            priority=form.priority.data or "",
            tags=form.tags.data,
            shared=form.shared.data,
            version=parse_id(form.version.data),
            actor=authentication.get_current_user(),
        )
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        form.add_refusal(error)
        return render_page(get_reply_or_404(reply_id) if reply_id else None, form), 409 if isinstance(
            error, ConflictError
        ) else 422
    db.session.commit()
    flash(gettext("The macro is saved."), "success")
    return redirect("/settings/replies", 303)


def render_page(reply: CannedReply | None, form: CannedReplyForm) -> str:
    """Render the form of one reply; None is a new one."""
    return navigation.render_settings_page(
        "settings/reply.html",
        reply=reply,
        form=form,
        variables=list(VARIABLES.items()),
        may_share=current_user.is_lead,
    )


def get_reply_or_404(reply_id: int) -> CannedReply:
    """Return the reply, if this person may edit it, else 404."""
    return canned_replies.find_reply(authentication.get_current_user(), reply_id) or abort(404)
