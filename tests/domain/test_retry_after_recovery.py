"""After an outage: one delivery that succeeds makes those that wait for a later retry due.

Nothing is looked for too early.
"""

from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk import clock, config
from helpdesk.demo import personas
from helpdesk.domain import outbox, tickets
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery
from tests import worker_helpers

LONG = timedelta(minutes=10)


@pytest.fixture
def settings(workspace, mailbox):
    return worker_helpers.settings(workspace, mailbox) | {"DELIVERY_HOLD_OFF": 60}


@pytest.fixture
def waiting(make, session, workspace):
    """Three tickets whose next message to triage has failed before and waits ten minutes for its next try."""
    make.channel(personas.TRIAGE_CHANNEL_ID)
    globex = make.organization("Globex", domain="globex.example", slack="C0GLOBEX001")
    dana = make.user(globex, "Dana", email="dana@globex.example")
    stories = [make.ticket(dana, subject=f"Story {number}") for number in range(3)]
    worker_helpers.drain(session)
    for filed_ticket in stories:
        tickets.reply(filed_ticket, author=dana, body=f"about {filed_ticket.subject}")
    session.commit()
    rows = unfinished(session)
    for row in rows:
        row.attempts, row.due_at = 9, clock.now() + LONG
    session.commit()
    return rows


def unfinished(session):
    """The messages to triage that are not finished, fresh from the database."""
    query = (
        select(Delivery).join(Delivery.thread).join(Channel).where(Channel.external_id == personas.TRIAGE_CHANNEL_ID)
    )
    query = query.where(Delivery.state.in_(("pending", "unknown")), Delivery.kind == "message").order_by(Delivery.id)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def let_through(session, row) -> None:
    """One of them is tried, and gets through."""
    assert try_now(session, row)


def try_now(session, row) -> bool:
    row.due_at, id = clock.now(), row.id
    session.commit()
    sent = worker_helpers.run_job(outbox.deliver_one, id)
    session.rollback()
    return sent


def test_the_first_that_gets_through_calls_the_others(waiting, session):
    let_through(session, waiting[0])
    left = unfinished(session)
    assert len(left) == 2
    assert all(row.due_at <= clock.now() for row in left)


def test_one_that_gets_through_at_its_first_try_calls_nobody(waiting, session):
    waiting[0].attempts = 0
    let_through(session, waiting[0])
    assert all(row.due_at > clock.now() + LONG / 2 for row in unfinished(session))


def test_what_may_still_land_keeps_its_hold_off(waiting, session):
    doubtful = waiting[1]
    hold_off = timedelta(seconds=config.current().DELIVERY_HOLD_OFF)
    doubtful.state, doubtful.started_at, doubtful.possibly_sent_since = "unknown", clock.now(), clock.now()
    doubtful.lease_until = clock.now() + hold_off
    let_through(session, waiting[0])
    doubtful, sure = unfinished(session)
    assert sure.due_at <= clock.now() < doubtful.due_at <= clock.now() + hold_off


def test_what_has_never_been_tried_keeps_its_time(waiting, session):
    waiting[1].attempts = 0
    let_through(session, waiting[0])
    assert [row.due_at > clock.now() for row in unfinished(session)] == [True, False]


def test_a_revoked_token_is_over_for_every_channel_when_one_post_gets_through(waiting, session, workspace):
    workspace.revoke()
    assert not try_now(session, waiting[0])
    assert all(
        "revoked" in reason for reason in session.scalars(select(Channel.blocked_reason).where(Channel.kind == "slack"))
    )
    workspace.unrevoke()
    let_through(session, session.get(Delivery, waiting[0].id))
    assert not session.scalars(select(Channel.blocked_reason).where(Channel.blocked_reason.is_not(None))).all()


def test_an_archived_channel_stays_out_of_order_when_another_gets_through(waiting, session, workspace):
    archived = session.scalar(select(Channel).where(Channel.external_id == "C0GLOBEX001"))
    triage = session.scalar(select(Channel).where(Channel.external_id == personas.TRIAGE_CHANNEL_ID))
    archived.blocked_reason = triage.blocked_reason = "The Slack channel is archived."
    let_through(session, waiting[0])
    session.refresh(archived), session.refresh(triage)
    assert (archived.blocked_reason, triage.blocked_reason) == ("The Slack channel is archived.", None)
