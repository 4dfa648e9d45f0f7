"""Small addresses that no room of its own would be worth: colours, policy reports, leaving a mail conversation."""

import hmac
import json
import logging
import re

from flask import Blueprint, Response, abort, redirect, render_template, request

from helpdesk import colours, config
from helpdesk.domain import links, outbox, settings
from helpdesk.extensions import csrf, db, htmx
from helpdesk.models.channels import Thread
from helpdesk.models.settings import KEYS
from helpdesk.models.tickets import Follower
from helpdesk.web import access

blueprint = Blueprint("small", __name__)
log = logging.getLogger(__name__)
COLOUR = re.compile("#[0-9a-fA-F]{6}")
YEAR = 365 * 24 * 3600
LARGEST_REPORT = 16 * 1024


@blueprint.get("/theme.css")
@access.public
def theme():
    """The installation's accent, readable in both schemes; its address changes with the colour."""
    accent = settings.get("accent")
    css = colours.theme(accent if COLOUR.fullmatch(accent) else KEYS["accent"].default)
    return Response(css, mimetype="text/css", headers={"Cache-Control": "public, max-age=86400"})


@blueprint.post("/scheme")
@access.public
def scheme():
    """Remember light, dark, or whatever the device says, in this browser."""
    wanted = request.form.get("scheme")
    response = Response(status=204) if htmx else redirect(access.safe_next(request.form.get("next")) or back(), 303)
    if wanted in {"light", "dark"}:
        response.set_cookie("scheme", wanted, max_age=YEAR, samesite="Lax", secure=config.current().is_https)
    else:
        response.delete_cookie("scheme")
    return response


@blueprint.post("/csp")
@access.signed("nobody: a browser reports what the policy kept from running")
def policy_report():
    """Log what the content security policy refused; a sign of an attack, or of a mistake of ours."""
    request.max_content_length = LARGEST_REPORT
    try:
        report = json.loads(request.get_data()).get("csp-report", {})
        log.warning("Refused by policy: %.200r on %.200r", report.get("blocked-uri"), report.get("document-uri"))
    except (ValueError, AttributeError, RecursionError):
        pass
    return Response(status=204)


@blueprint.get("/unsubscribe/<int:thread_id>/<token>")
@access.public
def ask_unsubscribe(thread_id: int, token: str):
    """A page with one button; opening it changes nothing, since mail scanners open everything."""
    thread = proven_thread(thread_id, token)
    return render_template("small/unsubscribe.html", thread=thread, done=thread.ended_at is not None)


@blueprint.post("/unsubscribe/<int:thread_id>/<token>")
@access.public
@csrf.exempt
def unsubscribe(thread_id: int, token: str):
    """End one person's mail about one ticket (RFC 8058: mail programs post here without a page, so no CSRF token)."""
    thread = proven_thread(thread_id, token)
    if thread.ended_at is None:
        follower = db.session.get(Follower, (thread.ticket_id, thread.user_id))
        if follower:
            db.session.delete(follower)
        outbox.end_mail_thread(thread.ticket, thread.user)
        db.session.commit()
    return render_template("small/unsubscribe.html", thread=thread, done=True)


def proven_thread(thread_id: int, token: str) -> Thread:
    """The mail thread that ``token`` was made for, else 404."""
    thread = db.session.get(Thread, thread_id) if thread_id < 2**63 else None
    expected = links.unsubscribe_token(thread) if thread and thread.user_id else ""
    if not expected or not hmac.compare_digest(expected.encode(), token.encode("utf-8", "replace")):
        abort(404)
    return thread


def back() -> str:
    """The page this came from, if it is one of ours."""
    referrer = request.referrer or ""
    base = request.host_url.rstrip("/")
    return (access.safe_next(referrer.removeprefix(base)) if referrer.startswith(base) else None) or "/"
