"""A bad day, from a seed: many tickets, broken answers, workers that die anywhere, events doubled and out of order.

Judged by the workspace's own record: every message is in every thread it belongs to, exactly once and in order.
"""

import random
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from helpdesk import clock
from helpdesk.demo import personas
from helpdesk.domain import inbox, outbox, tickets
from helpdesk.domain.inbox import process
from helpdesk.domain.outbox import claim as claims
from helpdesk.domain.outbox import deliver
from helpdesk.models.delivery import Delivery
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from tests import worker_helpers
from tests.domain.slack.conftest import DANA, GLOBEX, PRIYA

TICKETS, STEPS = 6, 24
FAULTS = ("500_before", "500_after", "reset_before", "reset_after", "half_after", "ratelimited")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [7])
def test_everything_is_where_it_belongs_exactly_once_and_in_order(make, team, session, workspace, seed):
    dice = random.Random(seed)
    globex = make.organization("Globex", domain="globex.example", slack=GLOBEX)
    dana = make.user(globex, "Dana Whitfield", email="dana@globex.example", mail_replies=False, mail_updates=False)
    stories = [make.ticket(dana, subject=f"Story {number}").id for number in range(TICKETS)]
    dana_id, priya_id = dana.id, team[0].id
    worker_helpers.drain(session)
    spoken = Counter()
    for fault in FAULTS:
        workspace.misbehave("chat.postMessage", fault, probability=0.06, seed=seed + len(fault), retry_after=0)
    workspace.misbehave("conversations.replies", "500_before", probability=0.1, seed=seed)
    for step in range(STEPS):
        number = dice.choice(stories)
        word = f"word{step:03}"
        speak(session, workspace, dice.choice(("portal", "desk", "triage", "channel")), number, word, dana_id, priya_id)
        spoken[number] += 1
        hear(session, workspace, dice)
        work(session, dice)
    workspace.behave()
    for _ in range(12):
        hear(session, workspace, dice)
        revive(session)
        worker_helpers.advance_time(session, 600)
        worker_helpers.drain(session)
    assert not list(session.scalars(select(Delivery).where(Delivery.state.not_in(("sent", "cancelled")))))
    assert not list(session.scalars(select(InboundEvent).where(InboundEvent.state.not_in(("done", "ignored")))))
    for number in stories:
        said = [
            message.body
            for message in session.scalars(select(Message).where(Message.ticket_id == number).order_by(Message.seq))
        ][1:]
        assert len(said) == spoken[number] == len(set(said))
        for thread in session.scalars(
            select(Thread).where(Thread.ticket_id == number, Thread.external_id.is_not(None), Thread.user_id.is_(None))
        ):
            check(workspace, session, thread, said)


def speak(session, workspace, place, number, word, dana_id, priya_id):
    """Somebody writes ``word`` on the ticket, in one of four places."""
    from helpdesk.models.user import User

    if place in ("portal", "desk"):
        author = session.get(User, dana_id if place == "portal" else priya_id)
        tickets.reply(session.get(Ticket, number), author=author, body=word)
        session.commit()
        return
    channel, who = (personas.TRIAGE_CHANNEL_ID, PRIYA) if place == "triage" else (GLOBEX, DANA)
    thread = session.scalars(
        select(Thread).where(Thread.ticket_id == number, Thread.external_id.is_not(None), Thread.user_id.is_(None))
    )
    root = next(each.external_id for each in thread if each.channel.external_id == channel)
    session.rollback()
    workspace.say(who, channel, word, thread_ts=root)


def hear(session, workspace, dice):
    """Events arrive twice and in another order."""
    session.rollback()
    arrived = [attempt.body for attempt in workspace.events.log]
    workspace.events.log.clear()
    arrived += dice.sample(arrived, len(arrived) // 3)
    dice.shuffle(arrived)
    for payload in arrived:
        inbox.store_event("slack", payload["event_id"], payload)
    session.commit()


def work(session, dice):
    """Some rounds of work, in which workers die with what they have claimed: before they send, or right after."""
    worker_helpers.drain(session, rounds=2)
    due = list(session.scalars(select(Delivery.id).where(Delivery.state.in_(("pending", "unknown")))))
    waiting = list(session.scalars(select(InboundEvent.id).where(InboundEvent.state == "waiting")))
    session.rollback()
    for id in dice.sample(due, len(due) // 3):
        claim = worker_helpers.run_job(claims.claim_delivery, id)
        if claim is not None and dice.random() < 0.5:
            try:
                claim.channel.send(claim.request)  # it arrived, but nobody is left to write that down
            except deliver.errors.ChannelError:
                continue
    for id in dice.sample(waiting, len(waiting) // 3):
        worker_helpers.run_job(process._claim_event, id)
    if dice.random() < 0.5:
        revive(session)
        worker_helpers.advance_time(session, 60)


def revive(session):
    """Leases of the dead end."""
    session.rollback()
    ended = clock.now() - timedelta(seconds=1)
    session.execute(update(Delivery).where(Delivery.state == "sending").values(lease_until=ended))
    session.execute(update(InboundEvent).where(InboundEvent.state == "working").values(lease_until=ended))
    session.commit()
    worker_helpers.run_job(lambda _: outbox.release_expired_leases(), 0)
    worker_helpers.run_job(lambda _: inbox.release_expired_leases(), 0)


def check(workspace, session, thread, said):
    """The thread holds every word once; our copies in the order in which they were written, the card first of all."""
    shown = workspace.replies(thread.channel.external_id, thread.external_id)
    assert shown[0]["metadata"]["event_type"] == "helpdesk_delivery"
    shown = [shown[0], *(each for each in shown[1:] if " answered on #" not in each["text"])]  # lines to the assignee
    texts = [message["text"] for message in shown[1:]]
    assert Counter(texts) == Counter(said)
    ours = [message["text"] for message in shown[1:] if message.get("metadata")]
    assert ours == [word for word in said if word in ours]
