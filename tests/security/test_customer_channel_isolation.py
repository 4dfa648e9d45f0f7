"""A ticket is named only in its own organization's Slack channel."""

import pytest

from helpdesk.models.ticket import Ticket
from tests import worker_helpers
from tests.domain.slack.conftest import DANA, GLOBEX, PRIYA, day, filed_ticket, settings, team  # noqa: F401

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def file_from_a_message(day, organization, subject) -> str:  # noqa: F811
    """Priya makes a ticket for ``organization`` of what Dana wrote in Globex's channel; the message's ts."""
    ts = day.workspace.say(DANA, GLOBEX, "Something is odd")
    day.do("shortcut", PRIYA, GLOBEX, ts, "create_ticket")
    typed = {"organization": {"value": str(organization.id)}, "subject": {"value": subject}, "requester": {"value": ""}}
    assert day.do("submit", PRIYA, typed) == {}
    return ts


def test_a_ticket_of_another_organization_is_not_named_there(filed_ticket, day, make, session):  # noqa: F811
    umbra = make.organization("Umbra")
    ts = file_from_a_message(day, umbra, "Umbra buys Globex")
    assert session.query(Ticket).order_by(Ticket.id.desc()).first().organization_id == umbra.id
    worker_helpers.drain(session)
    assert "Umbra" not in str(day.workspace.replies(GLOBEX, ts)) and "Umbra" not in str(day.workspace.posted(GLOBEX))
    assert "Umbra buys Globex" in day.ephemeral_texts(PRIYA) and "Umbra" not in day.ephemeral_texts(DANA)


def test_a_ticket_of_the_same_organization_is_named_there(filed_ticket, day):  # noqa: F811
    ts = file_from_a_message(day, filed_ticket.organization, "The scanner")
    assert "The scanner" in str(day.workspace.replies(GLOBEX, ts)[1:])
