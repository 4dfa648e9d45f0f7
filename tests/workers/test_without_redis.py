"""A whole story with a Redis that never existed: filed in the portal, answered in Slack, read in the portal."""

import re

import pytest

from helpdesk.channels.slack.api import directory
from helpdesk.demo import personas, wsgi_server
from helpdesk.models.ticket import Ticket
from tests import conftest, process_helpers, timeouts, worker_helpers

PRIYA = "U0PRIYA0001"


@pytest.fixture
def settings(workspace, mailbox):
    return worker_helpers.settings(workspace, mailbox) | {
        "REDIS_URL": f"redis://127.0.0.1:{conftest.free_port()}/0",
        "WORKER_PROCESSES": 1,
    }


@pytest.fixture
def worker(app, tmp_path):
    """The worker processes, stopped afterwards."""
    process = process_helpers.start(tmp_path / "worker.log", "worker")
    yield process
    process.terminate()
    process.wait(timeouts.LIMIT)


def token_of(page: str) -> str:
    return re.search(r'name="csrf_token" value="([^"]+)"', page)[1]


def test_ticket_goes_to_slack_and_the_answer_comes_back(app, session, make, browser_of, workspace, mailbox, worker):
    directory.clear_cache()
    make.channel(personas.TRIAGE_CHANNEL_ID)
    make.agent("Priya Raman", email="priya@support.northwind.example")
    make.form(fields=())
    globex = make.organization("Globex", domain="globex.example")
    browser = browser_of(make.user(globex, "Dana Whitfield", email="dana@globex.example"))
    token = token_of(browser.get("/tickets/new").text)
    filed = browser.post(
        "/tickets", data={"subject": "Printer on fire", "body": "It burns.", "form": "default", "csrf_token": token}
    )
    assert filed.status_code == 303, filed.text
    number = session.query(Ticket).one().number
    session.rollback()
    card = timeouts.wait_for(
        lambda: next((each for each in workspace.posted(personas.TRIAGE_CHANNEL_ID) if "on fire" in str(each)), None),
        "the card",
    )
    with wsgi_server.serve_app(app) as portal:
        workspace.events.url = portal.url + "/hooks/slack/events"
        workspace.say(PRIYA, personas.TRIAGE_CHANNEL_ID, "Help comes.", thread_ts=card["ts"])

        def read_ticket() -> str:
            page = browser.get(f"/tickets/{number}").text
            session.rollback()  # the request used the session of this test, whose transaction would block the workers
            return page

        timeouts.wait_for(lambda: "Help comes." in read_ticket(), "the answer in the portal")
        timeouts.wait_for(lambda: any("Help comes." in str(mail.text) for mail in mailbox.mails), "the answer by mail")
        workspace.settle(60)
