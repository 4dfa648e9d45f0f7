"""The signed doors. Each checks who knocks, writes the thing down, commits, and answers; nothing is understood here."""

import hmac
import logging

from flask import Blueprint, Response, request

from helpdesk import config
from helpdesk.channels import email
from helpdesk.channels.slack import envelopes, signature
from helpdesk.domain import inbox
from helpdesk.extensions import csrf, db
from helpdesk.web import access

blueprint = Blueprint("hooks", __name__, url_prefix="/hooks")
csrf.exempt(blueprint)
log = logging.getLogger(__name__)

LARGEST_EVENT = 1024 * 1024
LARGEST_MAIL = 25 * 1024 * 1024


@blueprint.post("/slack/events")
@access.signed("slack")
def slack_events():
    return slack()


@blueprint.post("/slack/actions")
@access.signed("slack")
def slack_actions():
    return slack()


@blueprint.post("/slack/commands")
@access.signed("slack")
def slack_commands():
    return slack()


@blueprint.post("/email")
@access.signed("inbound secret")
def mail():
    """One raw MIME message. The answer is always the same, so that nothing can be learnt from it."""
    secret = config.current().INBOUND_MAIL_SECRET
    given = request.headers.get("X-Inbound-Secret", "")
    if not secret or not hmac.compare_digest(secret.encode(), given.encode("utf-8", "replace")):
        return Response(status=401)
    request.max_content_length = LARGEST_MAIL  # also of a body that does not say how long it is
    raw = request.get_data(cache=False)
    inbox.accept("email", email.fingerprint(raw), {}, raw=raw)
    db.session.commit()
    return Response("ok\n", mimetype="text/plain")


def slack() -> Response | dict:
    """Check the signature over the raw body, store, commit, 200; well under Slack's three seconds."""
    request.max_content_length = LARGEST_EVENT  # also of a body that does not say how long it is
    body = request.get_data(cache=True)
    current = config.current()
    if not signature.verify(request.headers, body, [current.SLACK_SIGNING_SECRET, current.SLACK_SIGNING_SECRET_OLD]):
        log.info("A request to %s was not signed by Slack, or too long ago", request.path)
        return Response(status=401)
    try:
        payload = envelopes.decode(body, request.content_type or "")
    except ValueError:
        return Response("This is not what Slack sends.\n", status=400, mimetype="text/plain")
    if envelopes.kind(payload) == "challenge":
        return Response(str(payload.get("challenge", "")), mimetype="text/plain")
    answer = inbox.knock(payload)
    return answer if answer is not None else Response(status=200)
