"""Tickets that wait longest for the team, and tickets whose SLA timers are due or overdue."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from helpdesk.domain.reporting import qa_reviews
from helpdesk.domain.sla import timers
from helpdesk.web.middleware import authentication, authorization, replica_reads
from helpdesk.web.reviews import report_filters

blueprint = Blueprint("waiting_longest", __name__, url_prefix="/review")


@blueprint.get("/promises")
@authorization.lead_only
@replica_reads.from_replica
def list_waiting_longest() -> ResponseReturnValue:
    """Tickets that wait for the team, the longest wait first."""
    return render_template(
        "review/waiting_longest.html",
        section="promises",
        tickets=qa_reviews.list_waiting_on_team(authentication.get_current_user(), 50, report_filters.parse_tag()),
        **report_filters.tag_filter_context(),
    )


@blueprint.get("/service-levels")
@authorization.lead_only
@replica_reads.from_replica
def list_sla_at_risk() -> ResponseReturnValue:
    """SLA timers that are due soon or overdue."""
    return render_template(
        "review/service_levels.html", section="service-levels", timers=timers.list_at_risk(limit=100)
    )
