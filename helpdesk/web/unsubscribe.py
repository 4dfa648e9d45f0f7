"""The unsubscribe page that ticket mail links to, and the one-click request of RFC 8058."""

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from helpdesk.domain import outbox
from helpdesk.domain.authentication import signed_links
from helpdesk.extensions import csrf, db
from helpdesk.models.follower import Follower
from helpdesk.models.thread import Thread
from helpdesk.web.middleware import authorization

blueprint = Blueprint("unsubscribe", __name__)


@blueprint.get("/unsubscribe/<int:thread_id>/<token>")
@authorization.public
def show_unsubscribe(thread_id: int, token: str) -> ResponseReturnValue:
    """Show a page with one button; opening it changes nothing, since mail scanners open every link."""
    thread = get_thread_or_404(thread_id, token)
    return render_template("unsubscribe.html", thread=thread, done=thread.ended_at is not None)


@blueprint.post("/unsubscribe/<int:thread_id>/<token>")
@authorization.public
@csrf.exempt
def end_mail_thread(thread_id: int, token: str) -> ResponseReturnValue:
    """End one person's mail about one ticket. Mail programs post here without a CSRF token (RFC 8058)."""
    thread = get_thread_or_404(thread_id, token)
    if thread.ended_at is None:
        follower = db.session.get(Follower, (thread.ticket_id, thread.user_id))
        if follower:
            db.session.delete(follower)
        outbox.end_mail_thread(thread.ticket, thread.user)
        db.session.commit()
    return render_template("unsubscribe.html", thread=thread, done=True)


def get_thread_or_404(thread_id: int, token: str) -> Thread:
    """Return the mail thread that ``token`` was made for, else 404."""
    thread = db.session.get(Thread, thread_id)
    if thread is None or thread.user_id is None or not signed_links.is_unsubscribe_token(thread, token):
        abort(404)
    return thread
