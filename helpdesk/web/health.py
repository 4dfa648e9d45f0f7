"""Health: liveness and readiness for load balancers, metrics for Prometheus, and a page for admins."""

import hmac

from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST

from helpdesk import config
from helpdesk.domain import metrics
from helpdesk.domain.monitoring import forwarding, health, sizes
from helpdesk.extensions import db
from helpdesk.web.middleware import authentication, authorization
from helpdesk.web.settings import navigation

NAMED_PROBLEMS = ("Deliveries", "Writes", "Replica", "Disk", "Schema")  # whose sentence readiness repeats

IS_ENDING = "helpdesk.is_ending"  # in the scope of an ASGI request: its process has been asked to end

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@authorization.public
def check_liveness() -> ResponseReturnValue:
    """Respond that the process runs. Checks nothing else."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
@authorization.public
def check_readiness() -> ResponseReturnValue:
    """Whether requests can be handled, also in some seconds. Other problems are listed and do not make it fail."""
    ready, problems = health.is_ready()
    db.session.rollback()
    wrong = [finding.name.lower() for finding in problems]
    if request.environ.get("asgi.scope", {}).get(IS_ENDING):
        ready, wrong = False, [*wrong, "ending"]
    status = "unable" if not ready else "degraded" if problems else "ready"
    in_words = {finding.name.lower(): finding.sentence for finding in problems if finding.name in NAMED_PROBLEMS}
    response = jsonify(status=status, wrong=wrong, **in_words)
    response.status_code = 200 if ready else 503
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/healthz/forwarded")
@authorization.machine_only("a proof of helpdesk doctor")
def show_forwarded() -> ResponseReturnValue:
    """What the portal takes this request for: ``helpdesk doctor`` compares it with what it sent. 404 without proof."""
    proof = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not forwarding.is_proof(proof):
        abort(404)
    response = jsonify(
        address=request.remote_addr,
        url=request.host_url.rstrip("/"),
        forwarded_for=request.headers.getlist("X-Forwarded-For"),
        trusted_proxies=config.current().TRUSTED_PROXIES,
        proof=forwarding.answer_proof(proof),
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/metrics")
@authorization.machine_only("a bearer token, METRICS_TOKEN")
def show_metrics() -> ResponseReturnValue:
    """Metrics in Prometheus's text format; 404 without METRICS_TOKEN or with a wrong token."""
    token = config.current().METRICS_TOKEN
    header = request.headers.get("Authorization", "")
    if not token or not hmac.compare_digest(header.encode(), f"Bearer {token}".encode()):
        abort(404)
    return Response(metrics.render_metrics(), content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


@blueprint.get("/settings/health")
@authorization.admin_only
def show_health() -> ResponseReturnValue:
    """Show the health page for admins: waiting deliveries by destination, and checks."""
    return navigation.render_settings_page(
        "settings/health.html",
        destinations=health.list_destinations(),
        findings=health.run_checks(authentication.get_current_user()),
        sizes=sizes.list_growth(),
    )
