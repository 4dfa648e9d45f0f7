"""After another database server took over, what may have been sent is looked for before it is sent."""

import pytest
from sqlalchemy import select, update

from helpdesk.database import postgresql_server
from helpdesk.demo import personas
from helpdesk.domain import outbox
from helpdesk.domain.outbox import failover
from helpdesk.models.delivery import Delivery, DeliveryState
from tests import worker_helpers


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
