"""Small addresses that no room of its own would be worth: colours, policy reports, leaving a mail conversation."""

import json
import logging
import re

from flask import Blueprint, Response, abort, redirect, render_template, request

from helpdesk import color_contrast, config
from helpdesk.domain import outbox
from helpdesk.domain.administration import settings
from helpdesk.domain.authentication import signed_links
from helpdesk.extensions import csrf, db, htmx
from helpdesk.models.channel import Thread
from helpdesk.models.setting import SETTINGS
from helpdesk.models.ticket import Follower
from helpdesk.web.middleware import authorization

blueprint = Blueprint("theme", __name__)
log = logging.getLogger(__name__)
COLOR_PATTERN = re.compile("#[0-9a-fA-F]{6}")
YEAR_SECONDS = 365 * 24 * 3600
MAX_REPORT_BYTES = 16 * 1024


@blueprint.get("/theme.css")
@authorization.public
def show_theme_css():
    """The installation's accent, readable in both schemes; its address changes with the colour."""
    accent = settings.get("accent")
    css = color_contrast.theme(accent if COLOR_PATTERN.fullmatch(accent) else SETTINGS["accent"].default)
    return Response(css, mimetype="text/css", headers={"Cache-Control": "public, max-age=86400"})


@blueprint.post("/scheme")
@authorization.public
def set_color_scheme():
    """Remember light, dark, or whatever the device says, in this browser."""
    wanted = request.form.get("scheme")
    response = (
        Response(status=204)
        if htmx
        else redirect(authorization.get_safe_next_path(request.form.get("next")) or get_return_path(), 303)
    )
    if wanted in {"light", "dark"}:
        response.set_cookie("scheme", wanted, max_age=YEAR_SECONDS, samesite="Lax", secure=config.current().is_https)
    else:
        response.delete_cookie("scheme")
    return response


@blueprint.post("/csp")
@authorization.machine_only("nobody: a browser reports what the policy kept from running")
def receive_csp_report():
    """Log what the content security policy refused; a sign of an attack, or of a mistake of ours."""
    request.max_content_length = MAX_REPORT_BYTES
    try:
        report = json.loads(request.get_data()).get("csp-report", {})
        log.warning("Refused by policy: %.200r on %.200r", report.get("blocked-uri"), report.get("document-uri"))
    except (ValueError, AttributeError, RecursionError):
        pass
    return Response(status=204)


@blueprint.get("/unsubscribe/<int:thread_id>/<token>")
@authorization.public
def show_unsubscribe(thread_id: int, token: str):
    """A page with one button; opening it changes nothing, since mail scanners open everything."""
    thread = get_thread_or_404(thread_id, token)
    return render_template("unsubscribe.html", thread=thread, done=thread.ended_at is not None)


@blueprint.post("/unsubscribe/<int:thread_id>/<token>")
@authorization.public
@csrf.exempt
def unsubscribe(thread_id: int, token: str):
    """End one person's mail about one ticket (RFC 8058: mail programs post here without a page, so no CSRF token)."""
    thread = get_thread_or_404(thread_id, token)
    if thread.ended_at is None:
        follower = db.session.get(Follower, (thread.ticket_id, thread.user_id))
        if follower:
            db.session.delete(follower)
        outbox.end_mail_thread(thread.ticket, thread.user)
        db.session.commit()
    return render_template("unsubscribe.html", thread=thread, done=True)


def get_thread_or_404(thread_id: int, token: str) -> Thread:
    """The mail thread that ``token`` was made for, else 404."""
    thread = db.session.get(Thread, thread_id) if thread_id < 2**63 else None
    if thread is None or thread.user_id is None or not signed_links.is_unsubscribe_token(thread, token):
        abort(404)
    return thread


def get_return_path() -> str:
    """The page this came from, if it is one of ours."""
    referrer = request.referrer or ""
    base = request.host_url.rstrip("/")
    return (authorization.get_safe_next_path(referrer.removeprefix(base)) if referrer.startswith(base) else None) or "/"
