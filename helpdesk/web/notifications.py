"""The list of notifications, and the browsers that show notices."""

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    send_from_directory,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

from helpdesk.database import errors, transactions
from helpdesk.database.row_ids import parse_id
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.notifications import browsers, inbox, sentences
from helpdesk.extensions import db
from helpdesk.translation import current_code, gettext
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.templating import htmx_responses

blueprint = Blueprint("notifications", __name__)


@blueprint.get("/notifications")
@authorization.team_only
def list_notifications() -> ResponseReturnValue:
    """Show the newest notifications; ``?unread`` shows those not read, ``before`` goes on."""
    only_unread = "unread" in request.args
    newest = inbox.find_newest_id(authentication.get_current_user())  # before the list, which may have newer ones then
    page = inbox.list_notifications(
        authentication.get_current_user(), only_unread=only_unread, before=parse_id(request.args.get("before"))
    )
    rows = [(row, sentences.describe(row)) for row in page.notifications]
    return render_template(
        "notifications/index.html", rows=rows, before=page.before, only_unread=only_unread, newest=newest
    )


@blueprint.get("/notifications/unread")
@authorization.team_only
def show_unread_fragment() -> ResponseReturnValue:
    """Show the number of unread notifications, which leads to their list."""
    count = current_user.session.unread_notifications
    parts = ("notifications", current_user.id, count, current_code())
    unchanged = htmx_responses.not_modified(*parts)
    return unchanged or htmx_responses.with_etag(
        render_template("notifications/_unread_notifications.html", unread=count), *parts
    )


@blueprint.get("/notifications/<int:notification_id>")
@authorization.team_only
def open_notification(notification_id: int) -> ResponseReturnValue:
    """Go to what a notification is about; it is read then. That alone never keeps anybody from getting there."""
    found = inbox.find_notification(authentication.get_current_user(), notification_id)
    if found is None:
        abort(404)
    address, user_id = sentences.path(found), current_user.id
    transactions.start_write_transaction()
    errors.ignore_if_unavailable(lambda: mark_one_read(user_id, notification_id))
    return redirect(address)


def mark_one_read(user_id: int, notification_id: int) -> None:
    """Mark one notification of a person as read."""
    inbox.mark_read(user_id, notification_id=notification_id)


@blueprint.post("/notifications/read")
@authorization.team_only
def mark_all_read() -> ResponseReturnValue:
    """Mark the notifications as read that there were when the page was loaded."""
    inbox.mark_read(current_user.id, up_to=parse_id(request.form.get("up_to")))
    db.session.commit()
    return redirect("/notifications", 303)


@blueprint.post("/account/browsers")
def add_browser() -> ResponseReturnValue:
    """Add the browser that asks, as its Push API describes it. 204, or 422 if it cannot be used."""
    if current_user.is_impersonating:
        abort(404)
    form = request.form
    try:
        browsers.add_browser(
            authentication.get_current_user(),
            current_user.session.id,
            endpoint=form.get("endpoint", ""),
            p256dh=form.get("p256dh", ""),
            auth=form.get("auth", ""),
            user_agent=request.user_agent.string,
        )
    except ValidationError as error:
        db.session.rollback()
        return Response(error.message, status=422, mimetype="text/plain")
    db.session.commit()
    return Response(status=204)


@blueprint.post("/account/browsers/<int:browser_id>/delete")
def remove_browser(browser_id: int) -> ResponseReturnValue:
    """Show no more notices in a browser."""
    if current_user.is_impersonating or not browsers.remove_browser(authentication.get_current_user(), browser_id):
        abort(404)
    db.session.commit()
    flash(gettext("That browser shows no notices any more."), "success")
    return redirect("/account#browsers", 303)


@blueprint.get("/service-worker.js")
@authorization.public
def send_service_worker() -> ResponseReturnValue:
    """The script that shows notices while no page is open; at the root, since it may serve its own folder only."""
    response = send_from_directory(str(current_app.static_folder), "service_worker.js", mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response
