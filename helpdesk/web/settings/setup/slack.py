"""The checklist's choice of the triage channel."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from helpdesk.channels.slack import channels
from helpdesk.domain.administration import settings
from helpdesk.domain.errors import ConflictError, ValidationError
from helpdesk.extensions import db
from helpdesk.translation import gettext
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings.setup import page

blueprint = Blueprint("settings_setup_slack", __name__, url_prefix="/settings/setup/channel")


@blueprint.post("")
@authorization.admin_only
def choose_triage_channel() -> ResponseReturnValue:
    """Show new tickets in this channel, and post, read and delete a message there."""
    db.session.rollback()  # no transaction stays open while Slack is called
    try:
        info = channels.fetch_channel(request.form.get("channel", ""))
        channel = channels.set_triage_channel(info, actor=authentication.get_current_user())
    except (ValidationError, ConflictError) as error:
        db.session.rollback()
        settings.invalidate_cache()
        return page.redirect_to("slack", error.message, "error")
    label = channel.label
    db.session.commit()
    response = page.redirect_to("slack", gettext("New tickets appear in %(channel)s.", channel=label))
    for check in channels.run_diagnostics():
        if not check.ok or check.what == "round trip":
            response = page.redirect_to("slack", check.sentence, "success" if check.ok else "error")
    return response
