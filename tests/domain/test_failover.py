"""After another database server took over, what may have been sent is looked for before it is sent."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from helpdesk import clock
from helpdesk.channels.slack import sync
from helpdesk.database import postgresql_server
from helpdesk.demo import personas
from helpdesk.domain import outbox
from helpdesk.domain.outbox import failover
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryState
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from helpdesk.models.setting import Setting
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from tests import worker_helpers
from tests.domain.slack.conftest import DANA, GLOBEX, PRIYA
from tests.domain.slack.conftest import day as day
from tests.domain.slack.conftest import filed_ticket as filed_ticket
from tests.domain.slack.conftest import team as team


@pytest.fixture
def settings(workspace, mailbox):
    return worker_helpers.settings(workspace, mailbox)


@pytest.fixture
def answer_as(monkeypatch):
    """``answer_as("7:00000001")``: from now on the server has this identity."""
    failover.invalidate_check()
    yield lambda identity: monkeypatch.setattr(postgresql_server, "_identity", identity)
    failover.invalidate_check()


def test_card_whose_result_was_lost_is_found_and_not_posted_again(session, make, workspace, answer_as):
    answer_as("7:00000001")
    make.channel(personas.TRIAGE_CHANNEL_ID)
    make.ticket(subject="Printer on fire")
    worker_helpers.drain(session)
    posted = len(workspace.posted(personas.TRIAGE_CHANNEL_ID))
    assert posted == 1
    # The promoted server never heard that it was sent.
    lost = {"state": "pending", "external_id": None, "attempts": 0, "finished_at": None, "started_at": None}
    session.execute(update(Delivery).where(Delivery.kind == "card").values(lost))
    session.commit()
    answer_as("7:00000002")
    card = session.scalar(select(Delivery.id).where(Delivery.kind == "card"))
    session.rollback()
    outbox.deliver_one(card)
    assert session.get(Delivery, card).state == DeliveryState.unknown
    worker_helpers.advance_time(session, failover.CALL_SECONDS + 1)
    worker_helpers.drain(session)
    assert session.get(Delivery, card, populate_existing=True).state == DeliveryState.sent
    assert len(workspace.posted(personas.TRIAGE_CHANNEL_ID)) == 1


def test_same_server_changes_nothing(session, make, answer_as):
    answer_as("7:00000001")
    make.channel(personas.TRIAGE_CHANNEL_ID)
    make.ticket()
    assert failover.look_first_after_failover() == 0
    failover.invalidate_check()
    assert failover.look_first_after_failover() == 0, "a process that starts later reads which server it was"
    assert "unknown" not in set(session.scalars(select(Delivery.state)))


def test_process_that_starts_after_the_failover_looks_first(session, make, answer_as):
    answer_as("7:00000001")
    failover.look_first_after_failover()
    make.channel(personas.TRIAGE_CHANNEL_ID)
    make.ticket()
    failover.invalidate_check()
    answer_as("7:00000002")
    assert failover.has_moved()
    assert failover.look_first_after_failover() >= 1
    assert not failover.has_moved()
    card = session.scalar(select(Delivery).where(Delivery.kind == "card"))
    assert card.state == DeliveryState.unknown and card.possibly_sent_since == card.created_at


def test_server_that_tells_nothing_changes_nothing(session, answer_as):
    answer_as(None)
    assert failover.look_first_after_failover() == 0 and not failover.has_moved()


@pytest.fixture
def first_server(session, answer_as):
    """A server that has always been the only one answers."""
    answer_as("7:00000001")
    failover.look_first_after_failover()
    session.execute(delete(Setting).where(Setting.key == failover.TAKEN_OVER_KEY))
    session.commit()


def lose_newest_message(session):
    """Forget everything about the newest message and its event, as a replica that did not receive them."""
    message = session.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()
    ticket, seq = message.ticket_id, message.seq
    session.execute(delete(Delivery).where((Delivery.message_id == message.id) | (Delivery.kind == "mark")))
    session.execute(delete(InboundEvent))
    session.execute(delete(Message).where(Message.id == message.id))
    session.execute(update(Ticket).where(Ticket.id == ticket).values(next_seq=seq, last_public_seq=seq - 1))
    session.execute(update(Channel).values(synced_at=None))
    session.commit()
    session.expire_all()


def read_again(session):
    worker_helpers.run_job(lambda _: sync.sync_channels(), 0)
    worker_helpers.drain(session)
    worker_helpers.advance_time(session, failover.CALL_SECONDS + 1)
    worker_helpers.drain(session)


@pytest.mark.parametrize("is_noticed", [True, False])
def test_what_slack_brings_again_is_not_posted_again(filed_ticket, session, day, first_server, answer_as, is_noticed):
    root = day.root()
    day.say(DANA, "And the cellar, too.", GLOBEX, files=[("cellar.txt", b"hot")])
    before = [message["ts"] for message in day.workspace.replies(personas.TRIAGE_CHANNEL_ID, root)]
    assert len(before) == 3
    lose_newest_message(session)
    answer_as("7:00000002")
    if is_noticed:
        failover.look_first_after_failover()
    read_again(session)
    assert [body for _, body in day.words()] == ["And the cellar, too."]
    assert [message["ts"] for message in day.workspace.replies(personas.TRIAGE_CHANNEL_ID, root)] == before
    states = set(session.scalars(select(Delivery.state).where(Delivery.kind.in_(("message", "file")))))
    assert states == {DeliveryState.sent}


def test_a_mail_to_what_slack_brings_again_has_the_same_message_id(filed_ticket, session, day, first_server, answer_as):
    mailed = select(Delivery.key).join(Thread).where(Delivery.kind == "message", Thread.user_id.is_not(None))
    day.say(PRIYA, "We are on our way.")
    keys = session.scalars(mailed).all()
    assert len(keys) == 1
    lose_newest_message(session)
    answer_as("7:00000002")
    read_again(session)
    assert session.scalars(mailed).all() == keys, "the Message-ID is made of it"
    assert day.thread(GLOBEX) == ["We are on our way."]


def test_what_never_left_is_sent_when_slack_brings_it_again(filed_ticket, session, day, first_server, answer_as):
    day.disconnect()
    day.workspace.say(DANA, GLOBEX, "And the cellar.", thread_ts=day.root(GLOBEX))
    answer_as("7:00000002")
    session.execute(update(Channel).values(synced_at=None))
    session.commit()
    root = day.root()
    read_again(session)
    assert day.thread(root=root) == ["And the cellar."]


def test_what_is_said_after_the_takeover_is_sent_at_once(filed_ticket, session, day, first_server):
    long_ago = (clock.now() - failover.MARGIN - timedelta(seconds=1)).isoformat()
    session.merge(Setting(key=failover.TAKEN_OVER_KEY, value=long_ago))
    session.commit()
    root = day.root()
    day.say(DANA, "And the cellar.", GLOBEX)
    assert day.thread(root=root) == ["And the cellar."]
    assert not day.workspace.state.calls["conversations.replies"], "nothing was looked for"


def test_a_key_that_is_taken_does_not_stop_the_message(filed_ticket, session, day):
    root = day.root()
    day.say(DANA, "And the cellar.", GLOBEX)
    session.execute(update(Delivery).where(Delivery.message_id.is_not(None)).values(message_id=None))
    session.commit()
    lose_newest_message(session)
    read_again(session)
    assert day.thread(root=root) == ["And the cellar.", "And the cellar."]
