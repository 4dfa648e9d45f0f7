"""The audit log says what changed, once: the same request again changes nothing and leaves no second entry."""

import pytest
from sqlalchemy import func, select

from helpdesk.models.audit_log import AuditEntry
from tests.web.route_world import World, csrf_of

ROUTES = (
    "POST /account/second-factor/delete",
    "POST /settings/connections/<int:connection_id>/domains/<int:domain_id>/vouch",
    "POST /settings/forms/<int:form_id>/archive",
    "POST /settings/forms/<int:form_id>/archive/delete",
    "POST /settings/mail/dead/<int:user_id>/revival",
    "POST /settings/people/<int:user_id>/mail",
    "POST /settings/people/<int:user_id>/second-factor/delete",
    "POST /settings/portal/logo/delete",
    "POST /settings/portal/logo/<any(logo_dark, favicon, logo_mail):name>/delete",
    "POST /settings/rules/<int:rule_id>/move",
    "POST /settings/rules/<int:rule_id>/switch",
    "POST /settings/setup/connections/<name>/delete",
    "POST /settings/setup/dismissal",
)


@pytest.fixture(params=["sqlite"])
def database_url(fresh_sqlite):
    return fresh_sqlite


def test_the_same_action_again_leaves_no_entry(app, make, session, browser_of):
    world = World(make, session)
    wrong = {}
    for route in ROUTES:
        client = browser_of(make.agent(role="admin"))
        address = world.address(route.partition(" ")[2])
        counts = []
        for _ in range(2):
            form = {"csrf_token": csrf_of(client)} | world.form(route)
            assert client.post(address, data=form).status_code < 400, route
            session.rollback()
            counts.append(session.scalar(select(func.count()).select_from(AuditEntry)))
        if counts[0] != counts[1]:
            wrong[route] = counts
    assert wrong == {}
