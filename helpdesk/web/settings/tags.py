"""The tags of the installation: how many tickets have each; rename, merge and remove them."""

from flask import Blueprint, abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from wtforms import StringField

from helpdesk.database.row_ids import parse_id
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.domain.tickets import tag_list, tag_names
from helpdesk.extensions import db
from helpdesk.models.tag import MAX_TAG_LENGTH, Tag
from helpdesk.translation import gettext, lazy_gettext
from helpdesk.web import stale_forms
from helpdesk.web.form_base import Form
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation

blueprint = Blueprint("settings_tags", __name__, url_prefix="/settings/tags")


class TagForm(Form):
    """The name of a tag."""

    name = StringField(
        lazy_gettext("Name"),
        description=lazy_gettext("Lower case; spaces become hyphens. Every ticket with this tag has the new name."),
        render_kw={"maxlength": str(MAX_TAG_LENGTH), "width": "medium"},
    )


@blueprint.get("")
@authorization.admin_only
def list_tags() -> ResponseReturnValue:
    """Every tag with its numbers."""
    return navigation.render_settings_page("settings/tags.html", tags=tag_list.list_counts())


@blueprint.get("/<int:tag_id>")
@authorization.admin_only
def show_tag(tag_id: int) -> ResponseReturnValue:
    """One tag."""
    tag = get_tag_or_404(tag_id)
    return render_page(tag, TagForm(obj=tag))


@blueprint.post("/<int:tag_id>")
@authorization.admin_only
def rename_tag(tag_id: int) -> ResponseReturnValue:
    """Save the name. If another tag has it, the page asks whether they shall be one."""
    tag, form = get_tag_or_404(tag_id), TagForm(request.form)
    try:
        stale_forms.begin_change(lambda: {"name": get_tag_or_404(tag_id).name})
        name = tag_names.clean_name(form.name.data)
        taken = tag_list.find_by_name(name)
        if taken is not None and taken.id != tag.id:
            return render_page(tag, form, taken), 409
        tag_list.rename_tag(tag, name, actor=authentication.get_current_user())
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        form.add_error("name", error.message)
        return render_page(get_tag_or_404(tag_id), form), 422 if isinstance(error, ValidationError) else 409
    db.session.commit()
    flash(gettext("The tag is called %(name)s now.", name=name), "success")
    return redirect("/settings/tags", 303)


@blueprint.post("/<int:tag_id>/merge")
@authorization.admin_only
def merge_tag(tag_id: int) -> ResponseReturnValue:
    """Merge the tag into the one that the form names."""
    tag, target = get_tag_or_404(tag_id), get_tag_or_404(parse_id(request.form.get("into")) or 0)
    try:
        tag_list.merge_tags(tag, target, actor=authentication.get_current_user())
    except (ValidationError, ConflictError) as error:
        return redirect_after_refusal(error.message)
    db.session.commit()
    flash(gettext("The tags are merged; tickets follow within moments."), "success")
    return redirect("/settings/tags", 303)


@blueprint.post("/<int:tag_id>/delete")
@authorization.admin_only
def remove_tag(tag_id: int) -> ResponseReturnValue:
    """Take the tag off every ticket."""
    try:
        tag_list.remove_tag(get_tag_or_404(tag_id), actor=authentication.get_current_user())
    except ConflictError as error:
        return redirect_after_refusal(error.message)
    db.session.commit()
    flash(gettext("The tag is removed; tickets follow within moments."), "success")
    return redirect("/settings/tags", 303)


def render_page(tag: Tag, form: TagForm, taken: Tag | None = None) -> str:
    """The page of one tag; ``taken``: another tag that has the name that was typed."""
    counts = {each.id: each for each in tag_list.list_counts()}
    return navigation.render_settings_page(
        "settings/tag.html",
        tag=counts.get(tag.id) or abort(404),
        form=form,
        loaded=stale_forms.fingerprint({"name": tag.name}),
        taken=counts.get(taken.id) if taken is not None else None,
        others=[(each.id, each.name) for each in counts.values() if each.id != tag.id],
    )


def redirect_after_refusal(sentence: str) -> ResponseReturnValue:
    """The list with the reason why nothing was changed."""
    db.session.rollback()
    flash(sentence, "error")
    return redirect("/settings/tags", 303)


def get_tag_or_404(tag_id: int) -> Tag:
    """The tag with this id, else 404."""
    return tag_list.find_tag(tag_id) or abort(404)
