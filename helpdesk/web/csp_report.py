"""Receive the browsers' reports of what the content security policy blocked."""

import json
import logging

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from helpdesk.web.middleware import authorization

blueprint = Blueprint("csp_report", __name__)


log = logging.getLogger(__name__)

MAX_REPORT_BYTES = 16 * 1024


@blueprint.post("/csp")
@authorization.machine_only("nobody: a browser reports what the policy blocked")
def receive_csp_report() -> ResponseReturnValue:
    """Log what the content security policy blocked; a sign of an attack or of a mistake in a page."""
    request.max_content_length = MAX_REPORT_BYTES
    try:
        report = json.loads(request.get_data()).get("csp-report", {})
        log.warning("Refused by policy: %.200r on %.200r", report.get("blocked-uri"), report.get("document-uri"))
    except (ValueError, AttributeError, RecursionError):
        pass
    return Response(status=204)
