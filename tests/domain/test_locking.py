"""Locks come first, in one order, and permission is asked about what is locked."""

import ast
import inspect
import re
import threading
from pathlib import Path

import pytest
from flask import current_app
from sqlalchemy import event, select

from helpdesk.domain import locking, outbox, tickets
from helpdesk.domain.errors import ConflictError
from helpdesk.domain.people import drafts
from helpdesk.domain.privacy import erasure
from helpdesk.domain.reporting import qa_reviews
from helpdesk.domain.tickets import (
    auto_close,
    bulk_update,
    links,
    merge_undo,
    merging,
    ratings,
    reactions,
    read_receipts,
    splitting,
    subject,
    transfer,
)
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery
from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket
from helpdesk.web.live.hub import SseHub
from tests import async_helpers
from tests.domain import verbs
from tests.web.test_desk_query_counts import counted

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
MODULES = (
    tickets,
    auto_close,
    bulk_update,
    links,
    merge_undo,
    merging,
    ratings,
    reactions,
    read_receipts,
    splitting,
    subject,
    transfer,
    drafts,
    qa_reviews,
    outbox,
    erasure,
)
READING = {"lock", "load_timeline", "query_parameters", "delivery_threads", "read_by", "pending_read_receipt", "list_linked_tickets",
           "describe_link", "list_candidates", "get_rating", "can_rate", "preview_transfer", "get_review", "visible_review", "add_event",
           "list_reviewable", "list_reviews", "mark_read", "preview_person", "preview_organization", "find_undoable_reply",
           "find_follow_up", "find_seq", "count_messages", "is_about", "list_merged", "can_split", "find_requester", "list_files", "find_split",
           "find_merge", "find_draft", "empty_sent_draft", "list_shown"}  # fmt: skip
INSIDE_OTHERS = {"enqueue_new_ticket", "enqueue_card_update", "enqueue_card_updates", "end_mail_thread", "fan_out_message", "fan_out_deletion",
                 "fan_out_edit", "enqueue_ticket_mail", "open_mail_thread", "retract_from_customers",
                 "enqueue_delivery", "enqueue_account_mail", "cancel_waiting", "reply_from_outside", "delete_unsent",
                 "delete_unsent_solved_mail", "withdraw_files", "add_files", "fan_out_files", "remove_copies", "publish_held", "announce_published",
                 "hold_reply", "record_reaction", "add_reaction"}  # fmt: skip
SOLVED = {"rate", "reopen", "review", "close", "close due", "warn"}  # what needs a solved ticket
RANKS = {"inbound_events": 0, "tickets": 1, "deliveries": 2}
LOCKING = re.compile(
    r"^(?:UPDATE (?P<updated>\w+)|DELETE FROM (?P<deleted>\w+)|SELECT .*?\sFROM .*FOR (?:NO KEY )?UPDATE OF (?P<locked>\w+))",
    re.DOTALL,
)


def run_beside(action):
    """Run ``action`` in a session of its own, as another process would, and wait for it."""
    app, failures = current_app._get_current_object(), []

    def run():
        try:
            with app.app_context():
                action()
        except BaseException as error:  # noqa: BLE001 (raised below)
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(120)
    assert not thread.is_alive(), "it waits for a lock that the test holds"
    if failures:
        raise failures[0]


def move_away(world):
    loaded = verbs.Loaded(world)
    transfer.transfer_ticket(loaded.ticket, loaded.there, requester=loaded.cy, actor=loaded.maya)
    db.session.commit()


def test_every_function_that_changes_a_ticket_is_walked():
    found = {name for module in MODULES for name, value in vars(module).items()
             if inspect.isfunction(value) and not name.startswith("_") and takes_a_ticket(value)}  # fmt: skip
    walked = {verb.covers for verb in verbs.VERBS}
    assert found - READING - INSIDE_OTHERS <= walked


def takes_a_ticket(function):
    names = {str(each.annotation) for each in inspect.signature(function).parameters.values()}
    return any(
        name.rpartition(".")[2].rstrip("'>") in {"Ticket", "Message", "Delivery", "PendingReadReceipt"}
        for name in names
    )


@on_postgresql
@pytest.mark.parametrize("verb", [verb for verb in verbs.VERBS if verb.is_customers], ids=lambda verb: verb.name)
def test_who_lost_the_ticket_while_their_page_was_open_changes_nothing(session, make, verb):
    world = verbs.make_world(make, session, solved=verb.name in SOLVED)
    loaded = verbs.Loaded(world)
    session.autoflush, _ = True, loaded.ann.organization_id
    run_beside(lambda: move_away(world))
    before = read_content(world)
    assert verb.run(loaded) == "refused"
    assert read_content(world) == before


def read_content(world):
    """What the ticket contains, as the database has it."""
    rows = select(Message.body, Message.kind, Message.deleted_at).where(Message.ticket_id == world.ticket)
    columns = select(Ticket.status, Ticket.next_seq, Ticket.organization_id).where(Ticket.id == world.ticket)
    content = [tuple(row) for query in (rows.order_by(Message.id), columns) for row in db.session.execute(query)]
    count = db.session.scalar(select(db.func.count()).select_from(Delivery))
    db.session.rollback()
    return content, count


@on_postgresql
def test_who_does_not_see_the_ticket_it_was_merged_into_writes_a_follow_up(session, make):
    here = make.organization("Here")
    ann, bo = make.user(here, "Ann", ticket_visibility="own"), make.user(here, "Bo", ticket_visibility="own")
    maya = make.agent("Maya")
    source, target = make.ticket(ann), make.ticket(bo)
    merging.merge_tickets(source, target, actor=maya)
    tickets.remove_follower(target, ann, actor=maya)
    session.commit()
    with pytest.raises(ConflictError):
        tickets.reply(source, author=ann, body="words that Bo must not read")
    session.rollback()
    new = tickets.create_follow_up(source, requester=ann, body="words that Bo must not read")
    session.commit()
    assert (new.follows_id, new.requester_id) == (source.id, ann.id)
    assert not session.scalars(select(Message).where(Message.ticket_id == target.id, Message.author_id == ann.id)).all()


@on_postgresql
def test_a_reply_to_what_is_merged_meanwhile_goes_where_it_was_merged(session, make):
    world = verbs.make_world(make, session)
    loaded = verbs.Loaded(world)

    def merge():
        it = verbs.Loaded(world)
        merging.merge_tickets(it.ticket, it.other, actor=it.maya)
        db.session.commit()

    run_beside(merge)
    message = tickets.reply(loaded.ticket, author=loaded.ann, body="where is this?")
    session.commit()
    assert message.ticket_id == world.other


@on_postgresql
@pytest.mark.parametrize("verb", verbs.VERBS, ids=lambda verb: verb.name)
def test_locks_are_taken_in_one_order(session, make, verb):
    world = verbs.make_world(make, session, solved=verb.name in SOLVED)
    loaded, locks = verbs.Loaded(world), []
    engine = db.engine

    def record(_connection, _cursor, statement, parameters, _context, _many):
        found = LOCKING.match(statement)
        table = found and (found["updated"] or found["deleted"] or found["locked"])
        if table in RANKS:
            locks.append((RANKS[table], statement, parameters))

    event.listen(engine, "after_cursor_execute", record)
    try:
        verb.run(loaded)
    finally:
        event.remove(engine, "after_cursor_execute", record)
    tickets_locked = False
    for rank, statement, parameters in locks:
        is_lock = "FOR UPDATE" in statement or "FOR NO KEY UPDATE" in statement
        if rank == 1:
            assert is_lock or tickets_locked, f"changed before it was locked: {statement}"
            seen_deliveries = any(earlier == 2 for earlier, *_ in locks[: locks.index((rank, statement, parameters))])
            assert not (is_lock and seen_deliveries and is_another(locks, statement, parameters)), statement
            tickets_locked = True
        if rank == 2 and verb.covers not in ("close_due_tickets", "warn_before_closing"):
            assert tickets_locked, f"a delivery was locked before its ticket: {statement}"
            assert "ORDER BY deliveries.id" in statement or "WHERE deliveries.id = " in statement or not is_lock
        if rank == 0:
            assert not tickets_locked or not is_lock, f"an inbound event was locked after a ticket: {statement}"


def locks_of(action) -> int:
    """How many statements of ``action`` read a ticket to lock it (on SQLite: to have it as it is now)."""
    with counted() as statements:
        action()
    return len([each for each in statements if each.startswith("SELECT tickets.id")])


def test_a_transaction_locks_a_ticket_once(session, make):
    world = verbs.make_world(make, session)
    loaded = verbs.Loaded(world)
    assert locks_of(lambda: tickets.reply(loaded.ticket, author=loaded.maya, body="words")) == 1
    assert locks_of(lambda: tickets.set_status(loaded.ticket, "pending", actor=loaded.maya)) == 0
    assert locks_of(lambda: tickets.reply(loaded.ticket, author=loaded.maya, body="more words")) == 0
    assert locks_of(lambda: tickets.add_note(loaded.other, author=loaded.maya, body="words")) == 1
    for end in (session.commit, session.rollback):
        end()
        assert locks_of(lambda: tickets.set_priority(loaded.ticket, "high", actor=loaded.maya)) >= 1


def test_a_lock_that_a_savepoint_gives_back_is_taken_anew(session, make):
    world = verbs.make_world(make, session)
    loaded = verbs.Loaded(world)
    with db.session.begin_nested() as savepoint:
        locking.lock_ticket(loaded.ticket)
        savepoint.rollback()
    assert locks_of(lambda: locking.lock_ticket(loaded.ticket)) >= 1
    assert locks_of(lambda: locking.lock_ticket(loaded.ticket)) == 0


@on_postgresql
def test_a_page_locks_the_ticket_that_it_writes_on_and_waits_for_nobody_to_load_it(session, make, browser_of):
    dana = make.user(make.organization("Globex"), "Dana Fields")
    ticket, agent = make.ticket(dana), make.agent("Maya")
    session.commit()
    client = browser_of(agent)
    page = client.get(f"/tickets/{ticket.number}").text
    token = page.partition('name="csrf-token" content="')[2].partition('"')[0]
    form = {"body": "words", "csrf_token": token, "status": "pending", "seen": "1"}
    with counted() as statements:
        assert client.post(f"/tickets/{ticket.number}/replies", data=form).status_code == 303
    locks = [each for each in statements if each.startswith("SELECT tickets.id") and "FOR UPDATE" in each]
    assert len(locks) == 1 and "SKIP LOCKED" in locks[0]


def is_another(locks, statement, parameters):
    """Whether no earlier statement locked the same tickets: locking a row again waits for nobody."""
    earlier = locks[: [(s, p) for _, s, p in locks].index((statement, parameters))]
    wanted = set(map(str, parameters.values()))
    return not any(rank == 1 and wanted <= set(map(str, p.values())) for rank, _, p in earlier)


def test_permission_is_asked_nowhere_before_a_lock():
    """In the modules that change tickets, a function that asks has locked before: the rule, read from the code."""
    root = Path(inspect.getfile(tickets)).parent
    for path in sorted(root.glob("*.py")):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef):
                calls = [ast.unparse(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)]
                asks, locks = (
                    "permissions.ensure" in calls,
                    any(call.startswith(("locking.lock", "messages.lock_for_message")) for call in calls),
                )
                allowed = {
                    "create_ticket",
                    "ensure_may_update",
                    "_ensure_may_edit",
                    "_lock_tag",
                }  # about no ticket yet, about a person
                assert not asks or locks or function.name in allowed, (
                    f"{path.name}: {function.name} asks without a lock"
                )


def test_moving_a_ticket_ends_the_streams_of_those_who_follow_it():
    async def follow():
        hub = SseHub(10)
        mine, others = hub.subscribe(("ticket:1",)), hub.subscribe(("ticket:2",))
        hub.publish(["end:ticket:1"])
        return mine._is_ended, others._is_ended

    assert async_helpers.run_in_thread(follow()) == (True, False)
