"""Signed endpoints for Slack and incoming mail.

Each verifies the sender, stores the event, commits and responds; a worker processes the event.
"""

import hmac
import logging
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from helpdesk import config
from helpdesk.channels import email
from helpdesk.channels.email import hooks as email_hooks
from helpdesk.channels.slack import requests
from helpdesk.channels.slack.parse import envelopes
from helpdesk.database import transactions
from helpdesk.domain import inbox
from helpdesk.domain.administration import settings
from helpdesk.extensions import csrf, db
from helpdesk.web.middleware import authorization

blueprint = Blueprint("hooks", __name__, url_prefix="/hooks")
csrf.exempt(blueprint)
log = logging.getLogger(__name__)

MAX_EVENT_BYTES = 1024 * 1024
MAX_LOCK_WAIT_SECONDS = 2.0  # Slack gives up after three seconds, and sends again what was answered with 503
MAX_MAIL_BYTES = 25 * 1024 * 1024


@blueprint.post("/slack/events")
@authorization.machine_only("slack")
def receive_slack_event() -> ResponseReturnValue:
    """Store an event of Slack's Events API."""
    return handle_slack_request()


@blueprint.post("/slack/actions")
@authorization.machine_only("slack")
def receive_slack_action() -> ResponseReturnValue:
    """Handle a pressed button, a menu or a submitted modal of Slack."""
    return handle_slack_request()


@blueprint.post("/slack/commands")
@authorization.machine_only("slack")
def receive_slack_command() -> ResponseReturnValue:
    """Handle a slash command of Slack."""
    return handle_slack_request()


@blueprint.post("/email")
@authorization.machine_only("inbound secret")
def receive_mail() -> ResponseReturnValue:
    """Store one raw MIME message. The response is always the same, so that it reveals nothing."""
    settings.get_all()  # the secret may have been entered in the browser
    secret = config.current().INBOUND_MAIL_SECRET
    sent_secret = request.headers.get("X-Inbound-Secret", "")
    if not secret or not hmac.compare_digest(secret.encode(), sent_secret.encode("utf-8", "replace")):
        log.info("A mail was posted without the right secret")
        return Response(status=401)
    request.max_content_length = MAX_MAIL_BYTES  # also for a body without Content-Length
    raw = request.get_data(cache=False)
    inbox.store_event("email", email.mail_fingerprint(raw), {}, raw=raw)
    db.session.commit()
    return Response("ok\n", mimetype="text/plain")


@blueprint.post("/email/<name>")
@blueprint.post("/email/<name>/mime")
@authorization.machine_only("proof of the mail service")
def receive_service_mail(name: str) -> ResponseReturnValue:
    """Store the mails that a mail service posts. Mailgun sends the raw message where the address ends in "mime"."""
    hook = email_hooks.HOOKS.get(name)
    if hook is None or not hook.is_configured():
        return Response(status=401)
    request.max_content_length = 2 * MAX_MAIL_BYTES  # encoded in a form or JSON
    db.session.rollback()  # a certificate may be fetched: hold no transaction
    headers = {key.lower(): value for key, value in request.headers.items()}
    try:
        mails = hook.read_mails(email_hooks.HookRequest(headers, request.get_data(cache=False)))
    except email_hooks.HookRefused as refused:
        log.info("A request of %s was refused: %s", hook.title, refused.reason)
        return Response(f"{refused.reason}\n" if refused.status == 400 else "", refused.status, mimetype="text/plain")
    for raw in mails:
        inbox.store_event("email", email.mail_fingerprint(raw), {}, raw=raw)
    db.session.commit()
    return Response("ok\n", mimetype="text/plain")


def handle_slack_request() -> Response | dict[str, Any]:
    """Verify the signature of the raw body, store, commit, respond; well within Slack's three seconds."""
    request.max_content_length = MAX_EVENT_BYTES  # also for a body without Content-Length
    transactions.limit_lock_wait(MAX_LOCK_WAIT_SECONDS)
    body = request.get_data(cache=True)
    settings.get_all()  # the secret may have been entered in the browser
    current = config.current()
    if not requests.is_signed(request.headers, body, [current.SLACK_SIGNING_SECRET, current.SLACK_SIGNING_SECRET_OLD]):
        log.info("A request to %s was not signed by Slack, or too long ago", request.path)
        return Response(status=401)
    try:
        payload = envelopes.decode_request(body, request.content_type or "")
    except ValueError:
        return Response("This is not what Slack sends.\n", status=400, mimetype="text/plain")
    if envelopes.payload_kind(payload) == "ssl_check":
        return Response(status=200)
    if envelopes.payload_kind(payload) == "challenge":
        return Response(str(payload.get("challenge", "")), mimetype="text/plain")
    response = requests.handle_slack_request(payload)
    return response if response is not None else Response(status=200)
