"""Pairs of functions that change one ticket at the same time end as if one had come after the other.

Both load the ticket first, as two open pages do. One stops while it holds its lock, until the other waits for that lock
or has ended. The contents afterwards, and who was refused, must be those of one of the two orders.
``VERB_PAIRS=all`` runs every pair (``make test-races``); otherwise some are drawn by ``VERB_SEED``.
"""

import itertools
import os
import random
import threading

import pytest
from flask import current_app
from sqlalchemy import event, select, text
from sqlalchemy.exc import OperationalError

from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery
from helpdesk.models.draft import Draft
from helpdesk.models.event import Event
from helpdesk.models.follower import Follower
from helpdesk.models.message import Message
from helpdesk.models.reaction import Reaction
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from tests.domain import verbs
from tests.factories import Factory

LIMIT = 120.0  # seconds, which only a deadlock reaches
DRAWN = 13  # pairs of an ordinary run
SEED = int(os.environ.get("VERB_SEED", "1"))
ALL_PAIRS = [pair for pair in itertools.product(verbs.VERBS, verbs.VERBS) if pair[0] is not pair[1]]
PAIRS = ALL_PAIRS if os.environ.get("VERB_PAIRS") == "all" else random.Random(SEED).sample(ALL_PAIRS, DRAWN)
# What once went wrong is always among them.
ALWAYS = [("move", "customer replies"), ("move", "customer edits"), ("merge", "customer replies"),
          ("retry", "agent deletes"), ("merge", "merge here"), ("merge", "follow up"), ("erase a person", "customer replies"),
          ("erase a person", "save a draft"), ("erase a ticket", "save a draft"), ("merge here", "undo merge")]  # fmt: skip
BY_NAME = {verb.name: verb for verb in verbs.VERBS}
PAIRS = list(dict.fromkeys([*((BY_NAME[one], BY_NAME[other]) for one, other in ALWAYS), *PAIRS]))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair[0].name}, {pair[1].name}")
def test_two_at_once_end_as_one_after_the_other(session, pair):
    solved = random.Random(f"{SEED} {pair[0].name} {pair[1].name}").random() < 0.4
    allowed = [run_serially(session, order, solved) for order in (pair, pair[::-1])]
    assert run_together(session, pair, solved) in allowed


def run_serially(session, order, solved):
    world = new_world(session, solved)
    outcomes = {}
    for verb in order:
        outcomes[verb.name] = run_in_context(lambda verb=verb: verb.run_as_request(world))
    return outcomes, read_state(world)


def run_together(session, pair, solved):
    """The first holds its lock while the second comes to it."""
    world, outcomes = new_world(session, solved), {}
    loaded, holds, may_go_on = threading.Barrier(2), threading.Event(), threading.Event()
    second_pid = []

    def first():
        it = verbs.Loaded(world)
        loaded.wait(LIMIT)
        is_first_lock = iter([True])

        def stop_once(_connection, _cursor, statement, *_):
            if threading.current_thread() is one and "FOR UPDATE" in statement and next(is_first_lock, False):
                holds.set()
                assert may_go_on.wait(LIMIT)

        event.listen(db.engine, "after_cursor_execute", stop_once)
        try:
            outcomes[pair[0].name] = pair[0].run(it)
        finally:
            event.remove(db.engine, "after_cursor_execute", stop_once)
            holds.set()

    def second():
        it = verbs.Loaded(world)
        second_pid.append(db.session.scalar(text("SELECT pg_backend_pid()")))
        loaded.wait(LIMIT)
        assert holds.wait(LIMIT)
        outcomes[pair[1].name] = pair[1].run(it)

    one, two = start(first), start(second)
    assert holds.wait(LIMIT), "the first never locked anything"
    wait_until_blocked_or_done(session, second_pid, two)
    may_go_on.set()
    one.join(LIMIT), two.join(LIMIT)
    assert not one.is_alive() and not two.is_alive(), "a deadlock"
    assert set(outcomes) == {verb.name for verb in pair}, "one of them failed with an error"
    return outcomes, read_state(world)


def start(action):
    app = current_app._get_current_object()

    def run():
        with app.app_context():
            action()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def run_in_context(action):
    results = []
    thread = start(lambda: results.append(action()))
    thread.join(LIMIT)
    return results[0]


def wait_until_blocked_or_done(session, pid, thread):
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid AND wait_event_type = 'Lock'")
    for _ in range(int(LIMIT / 0.02)):
        thread.join(0.02)
        if not thread.is_alive():
            return
        if pid and session.scalar(waiting, {"pid": pid[0]}):
            session.rollback()
            return
        session.rollback()
    raise AssertionError("the second neither waits nor ends")


def new_world(session, solved):
    """A world of its own beside earlier ones: their channels are others, and so are their people."""
    session.rollback()
    return verbs.make_world(Factory(session), session, solved, mark=f"{next(NUMBERS)}")


NUMBERS = itertools.count(1)


def read_state(world):
    """The contents of the world by names, without ids and times."""
    names = {getattr(world, name): name for name in ("ann", "bo", "cy", "maya", "ada")} | {None: "-"}
    organizations, numbers = (
        {world.here: "here", world.there: "there"},
        {world.ticket: "ticket", world.other: "other", world.merged: "merged"},
    )
    with db.session.no_autoflush:
        ticket_rows = db.session.scalars(select(Ticket).where(Ticket.organization_id.in_(organizations)))
        threads = {row.id: f"{numbers.get(row.ticket_id, 'new')} {row.channel.kind} "
                           f"{row.channel.audience} {names.get(row.user_id)} {row.ended_at is not None}"
                   for row in db.session.scalars(select(Thread))}  # fmt: skip
        bodies = {row.id: row.body for row in db.session.scalars(select(Message))}
        state = [
            sorted((numbers.get(row.id, "new"), organizations[row.organization_id], row.status, row.priority,
                    names.get(row.assignee_id), numbers.get(row.merged_into_id, "-"), names.get(row.requester_id))
                   for row in ticket_rows),
            sorted((numbers.get(row.ticket_id, "new"), organizations.get(row.organization_id, "?"), row.kind, row.body,
                    row.deleted_at is not None, row.revision) for row in db.session.scalars(select(Message))
                   if row.organization_id in organizations),
            sorted((numbers.get(row.ticket_id, "new"), names[row.user_id]) for row in db.session.scalars(select(Follower))
                   if row.user_id in names),
            sorted((threads[row.thread_id], row.kind, bodies.get(row.message_id, "-"), row.state, row.part,
                    row.data.get("text", "-")) for row in db.session.scalars(select(Delivery))
                   if row.thread_id and threads[row.thread_id].split()[0] in ("ticket", "other", "merged")
                   and row.kind != "card_update"),
            sorted((numbers.get(row.ticket_id, "new"), row.kind, row.team_only) for row in db.session.scalars(select(Event))
                   if row.ticket_id in numbers),
            sorted((bodies[row.message_id], row.emoji, row.team_only) for row in db.session.scalars(select(Reaction))
                   if row.user_id in names),
            sorted((numbers.get(row.ticket_id, "new"), names[row.user_id], row.content)
                   for row in db.session.scalars(select(Draft)) if row.user_id in names),
        ]  # fmt: skip
    db.session.rollback()
    return state


def test_a_deadlock_would_be_seen(session):
    """The databases report one as an OperationalError, which no function catches."""
    assert not issubclass(OperationalError, verbs.DomainError)
