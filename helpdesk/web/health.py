"""Whether the helpdesk is alive and able: for load balancers, for Prometheus, and for admins in words."""

import hmac

from flask import Blueprint, Response, abort, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST

from helpdesk import config
from helpdesk.domain import metrics
from helpdesk.domain.monitoring import health
from helpdesk.extensions import db
from helpdesk.web.middleware import authorization
from helpdesk.web.settings import navigation

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@authorization.public
def check_liveness():
    """The process answers. Looks at nothing else."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
@authorization.public
def check_readiness():
    """Whether requests can be answered. What else is out of order is named, and does not make it fail."""
    ready, wrong = health.is_ready()
    db.session.rollback()
    status = "unable" if not ready else "degraded" if wrong else "ready"
    response = jsonify(status=status, wrong=[name.lower() for name in wrong])
    response.status_code = 200 if ready else 503
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/metrics")
@authorization.machine_only("a bearer token, METRICS_TOKEN")
def show_metrics():
    """Numbers in Prometheus's text format; without METRICS_TOKEN the address does not exist."""
    token = config.current().METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    if not token or not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        abort(404)
    return Response(metrics.render_metrics(), content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


@blueprint.get("/settings/health")
@authorization.admin_only
def show_health():
    """The same for admins: what waits for whom, and why."""
    return navigation.render_settings_page(
        "settings/health.html", destinations=health.list_destinations(), findings=health.run_checks()
    )
