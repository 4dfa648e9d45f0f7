"""The signed doors. Each checks who knocks, writes the thing down, commits, and answers; nothing is understood here."""

import hmac
import logging

from flask import Blueprint, Response, request

from helpdesk import config
from helpdesk.channels import email
from helpdesk.channels.slack import requests
from helpdesk.channels.slack.parse import envelopes, signature
from helpdesk.domain import inbox
from helpdesk.extensions import csrf, db
from helpdesk.web.middleware import authorization

blueprint = Blueprint("hooks", __name__, url_prefix="/hooks")
csrf.exempt(blueprint)
log = logging.getLogger(__name__)

MAX_EVENT_BYTES = 1024 * 1024
MAX_MAIL_BYTES = 25 * 1024 * 1024


@blueprint.post("/slack/events")
@authorization.machine_only("slack")
def receive_slack_event():
    return handle_slack_request()


@blueprint.post("/slack/actions")
@authorization.machine_only("slack")
def receive_slack_action():
    return handle_slack_request()


@blueprint.post("/slack/commands")
@authorization.machine_only("slack")
def receive_slack_command():
    return handle_slack_request()


@blueprint.post("/email")
@authorization.machine_only("inbound secret")
def receive_mail():
    """One raw MIME message. The answer is always the same, so that nothing can be learnt from it."""
    secret = config.current().INBOUND_MAIL_SECRET
    given = request.headers.get("X-Inbound-Secret", "")
    if not secret or not hmac.compare_digest(secret.encode(), given.encode("utf-8", "replace")):
        return Response(status=401)
    request.max_content_length = MAX_MAIL_BYTES  # also of a body that does not say how long it is
    raw = request.get_data(cache=False)
    inbox.store_event("email", email.mail_fingerprint(raw), {}, raw=raw)
    db.session.commit()
    return Response("ok\n", mimetype="text/plain")


def handle_slack_request() -> Response | dict:
    """Check the signature over the raw body, store, commit, 200; well under Slack's three seconds."""
    request.max_content_length = MAX_EVENT_BYTES  # also of a body that does not say how long it is
    body = request.get_data(cache=True)
    current = config.current()
    if not signature.verify_signature(
        request.headers, body, [current.SLACK_SIGNING_SECRET, current.SLACK_SIGNING_SECRET_OLD]
    ):
        log.info("A request to %s was not signed by Slack, or too long ago", request.path)
        return Response(status=401)
    try:
        payload = envelopes.decode_request(body, request.content_type or "")
    except ValueError:
        return Response("This is not what Slack sends.\n", status=400, mimetype="text/plain")
    if envelopes.payload_kind(payload) == "challenge":
        return Response(str(payload.get("challenge", "")), mimetype="text/plain")
    answer = requests.handle_slack_request(payload)
    return answer if answer is not None else Response(status=200)
