"""Replies the team keeps: its own ones for every member, the team's for leads and admins."""

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_login import current_user

from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.tickets import canned_replies
from helpdesk.extensions import db
from helpdesk.models.qa_review import CannedReply
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.request import parse_id
from helpdesk.web.settings import navigation
from helpdesk.web.settings.team_forms import CannedReplyForm

blueprint = Blueprint("settings_canned_replies", __name__, url_prefix="/settings/replies")


@blueprint.get("")
@authorization.team_only
def list_canned_replies():
    """The team's and one's own."""
    return frame("settings/replies.html", replies=canned_replies.list_replies(authentication.get_current_user()))


@blueprint.get("/new")
@authorization.team_only
def show_new_canned_reply():
    return page(None, CannedReplyForm(data={"shared": current_user.is_lead}))


@blueprint.post("")
@authorization.team_only
def create_canned_reply():
    return keep(None)


@blueprint.get("/<int:reply_id>")
@authorization.team_only
def show_canned_reply(reply_id: int):
    reply = found(reply_id)
    return page(reply, CannedReplyForm(obj=reply, data={"shared": reply.owner_id is None}))


@blueprint.post("/<int:reply_id>")
@authorization.team_only
def update_canned_reply(reply_id: int):
    return keep(found(reply_id))


@blueprint.post("/<int:reply_id>/delete")
@authorization.team_only
def delete_canned_reply(reply_id: int):
    canned_replies.delete_reply(found(reply_id), actor=authentication.get_current_user())
    db.session.commit()
    flash("The reply is deleted.", "success")
    return redirect("/settings/replies", 303)


def keep(reply: CannedReply | None):
    """Save what was typed, or show it again with what to mend."""
    form = CannedReplyForm(request.form)
    reply_id = reply.id if reply else None
    try:
        canned_replies.save_reply(
            reply,
            title=form.title.data,
            body=form.body.data,
            status=form.status.data or "",
            shared=form.shared.data,
            version=parse_id(form.version.data),
            actor=authentication.get_current_user(),
        )
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        form.add_refusal(error)
        return page(found(reply_id) if reply_id else None, form), 409 if isinstance(error, ConflictError) else 422
    db.session.commit()
    flash("The reply is saved.", "success")
    return redirect("/settings/replies", 303)


def page(reply: CannedReply | None, form: CannedReplyForm) -> str:
    return frame(
        "settings/reply.html",
        reply=reply,
        form=form,
        variables=list(canned_replies.VARIABLES.items()),
        may_share=current_user.is_lead,
    )


def frame(template: str, **values) -> str:
    """Among the settings for admins; alone for everybody else, who may open no other settings."""
    if current_user.is_admin:
        return navigation.render_settings_page(template, **values)
    return render_template(template, navigation=[], **values)


def found(reply_id: int) -> CannedReply:
    return (
        canned_replies.find_reply(authentication.get_current_user(), reply_id) if reply_id < 2**63 else None
    ) or abort(404)
