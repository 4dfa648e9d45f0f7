"""What is listed by its name has one that can be seen."""

import pytest

from helpdesk.domain.errors import ValidationError
from helpdesk.domain.forms import builder
from helpdesk.domain.integrations import api_tokens
from helpdesk.domain.people import organizations
from helpdesk.domain.reporting import scorecards
from helpdesk.domain.ticket_lists import saved_views
from helpdesk.domain.tickets import canned_replies, create

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NAMED = {
    "a form": lambda name, admin: builder.create_form(name, actor=admin),
    "a macro": lambda name, admin: canned_replies.save_reply(None, title=name, body="Hello", actor=admin, shared=True),
    "a view": lambda name, admin: saved_views.save_view(name, {}, owner=admin),
    "an organization": lambda name, admin: organizations.create_organization(name, ["x.example"], actor=admin),
    "a criterion": lambda name, admin: scorecards.save_criterion(None, name=name, help="", actor=admin),
    "a token": lambda name, admin: api_tokens.issue_token(name=name, scopes=["tickets:read"], user=admin),
    "a ticket": lambda name, admin: create.clean_subject(name),
}


@pytest.mark.parametrize("what", NAMED)
def test_nothing_has_a_name_that_nobody_sees(make, what):
    admin = make.agent(role="admin")
    for name in ("\u200b", "\u3164 \u2800", "\u0301\u0308", "\u202e"):
        with pytest.raises(ValidationError):
            NAMED[what](name, admin)
    NAMED[what]("\u200bX", admin)
