"""Messages, deletions and files in shapes that Slack has beside the usual ones, and what comes before a card."""

import pytest

from helpdesk.channels.slack.api import directory
from helpdesk.demo import personas
from helpdesk.demo.slack_workspace import shared_files, workspace_app
from helpdesk.domain import inbox, outbox
from helpdesk.domain.administration import settings as chosen
from helpdesk.models.delivery import Delivery
from helpdesk.models.inbound_event import InboundEvent
from tests import worker_helpers
from tests.domain.slack.conftest import DANA, GLOBEX, INES, PRIYA, UMBRA

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def fresh_directory():
    directory.clear_cache()


def test_a_deletion_without_the_message_before_it_is_applied(filed_ticket, day):
    day.workspace.state.deletes_with_previous_message = False
    ts = day.say(PRIYA, "Not this.")
    assert day.last().deleted_at is None
    day.do("delete", PRIYA, personas.TRIAGE_CHANNEL_ID, ts)
    assert day.last().deleted_at is not None


@pytest.mark.parametrize("choice", ["ask", "never", "always"])
def test_a_message_that_comes_as_two_events_is_answered_once(filed_ticket, day, session, choice):
    chosen.set("slack_customer_messages", choice)
    session.commit()
    day.workspace.event_faults(renamed=1.0)
    day.do("say", DANA, GLOBEX, "The oven burns.")
    day.do("say", DANA, GLOBEX, "It still does.", thread_ts=day.root(GLOBEX))
    assert len(day.workspace.ephemerals(user=DANA)) == (1 if choice == "always" else 2)


def test_a_canvas_is_a_file_of_html(filed_ticket, day, app):
    plan = ("Plan", b"<h1>Plan</h1>", shared_files.CANVAS_TYPE)
    day.say(PRIYA, "As planned.", files=[plan])
    [attachment] = day.last().attachments
    assert (attachment.name, attachment.media_type, attachment.state) == ("Plan.html", "text/html", "stored")


def test_a_file_that_is_not_ready_yet_is_waited_for(filed_ticket, day, session):
    day.workspace.state.unfinished_file_answers = 1
    day.say(PRIYA, "The log.", files=[("log.txt", b"hot")])
    assert day.words() == []
    worker_helpers.advance_time(session, 30)
    worker_helpers.drain(session)
    assert [(each.name, each.state) for each in day.last().attachments] == [("log.txt", "stored")]


def test_a_sign_in_page_is_no_canvas(filed_ticket, day):
    page = workspace_app.SIGN_IN_PAGE.encode()
    day.say(PRIYA, "As planned.", files=[("Plan", page, shared_files.CANVAS_TYPE)])
    [attachment] = day.last().attachments
    assert attachment.state == "refused" and "sign-in page" in attachment.reason


def test_what_is_written_before_the_card_is_there_is_filed_or_its_author_hears(make, day, session, team):
    make.channel(UMBRA, organization=make.organization("Umbra Labs", domain="umbralabs.example"), is_shared=True)
    chosen.set("slack_customer_messages", "always")
    session.commit()
    root = day.workspace.say(INES, UMBRA, "The probe drifts.")
    assert day.workspace.settle(60)
    for event in session.query(InboundEvent.id).filter_by(state="waiting").all():
        session.rollback()
        worker_helpers.run_job(inbox.process_event, event.id)
    day.workspace.say(INES, UMBRA, "To the left.", thread_ts=root)
    day.workspace.say(PRIYA, UMBRA, "Let us see.", thread_ts=root)
    for delivery in session.query(Delivery.id).filter_by(kind="card").all():
        session.rollback()
        worker_helpers.run_job(outbox.deliver_one, delivery.id)
    assert "attachments" in day.workspace.replies(UMBRA, root)[3]  # the card, below both
    day.work()
    assert day.words() == [("reply", "To the left.")]
    assert "was not in this thread yet" in str(day.last_ephemeral(PRIYA))
