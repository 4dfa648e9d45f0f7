"""Socket Mode: the same inbox, without a public address."""

import pytest

from helpdesk.demo import personas
from helpdesk.models.inbound_event import InboundEvent
from tests import worker_helpers
from tests.domain.slack.conftest import GLOBEX, PRIYA
from workers import socket_mode

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def settings(workspace, mailbox):
    return worker_helpers.settings(workspace, mailbox) | {"SLACK_APP_TOKEN": personas.APP_TOKEN}


def test_words_buttons_and_forms_come_by_socket(filed_ticket, app, session, workspace):
    root = workspace.posted(personas.TRIAGE_CHANNEL_ID)[0]["ts"]
    session.rollback()
    listener = socket_mode.listen(app)
    try:
        workspace.say(PRIYA, personas.TRIAGE_CHANNEL_ID, "By socket.", thread_ts=root)
        workspace.press(PRIYA, personas.TRIAGE_CHANNEL_ID, root, "take_it")
        workspace.press(PRIYA, personas.TRIAGE_CHANNEL_ID, root, "edit")
        assert workspace.wait_modal(PRIYA)["callback_id"] == "edit_ticket"
        assert workspace.submit(PRIYA, {"priority": {"value": "urgent"}}) == {}
        assert workspace.settle(60)
    finally:
        listener.close()
    worker_helpers.drain(session)
    session.refresh(filed_ticket)
    assert (filed_ticket.priority, filed_ticket.assignee.name) == ("urgent", "Priya Raman")
    assert [message["text"] for message in workspace.replies(GLOBEX, workspace.posted(GLOBEX)[0]["ts"])[1:]] == [
        "By socket."
    ]
    assert session.query(InboundEvent).filter_by(source="slack").count() == 3
