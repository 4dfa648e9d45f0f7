"""What deleted messages of a channel cost, and a deleted card whose ticket has left the customer."""

from datetime import UTC, datetime

import pytest
import sqlalchemy

from helpdesk.channels.slack.handlers import deleted_cards
from helpdesk.demo import personas
from helpdesk.domain.tickets import transfer
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery
from tests import worker_helpers
from tests.domain.slack.conftest import GLOBEX, MAYA, PRIYA
from tests.domain.test_large_lists import Work

TRIAGE = personas.TRIAGE_CHANNEL_ID
MANY = 20_000
OLD = datetime(2017, 7, 14, 2, 40, tzinfo=UTC)


@pytest.fixture
def dana(make, session, team):
    globex = make.organization("Globex", domain="globex.example", slack=GLOBEX)
    return make.user(globex, "Dana Whitfield", email="dana@globex.example")


def file_in_doubt(make, session, workspace, requester, channel):
    """File a ticket; the answer to the posting of its card in ``channel`` is lost. Returns ticket and ts."""
    workspace.misbehave("chat.postMessage", "reset_after", times=1, channel=channel)
    ticket = make.ticket(requester)
    worker_helpers.drain(session)
    [card] = workspace.posted(channel)
    return ticket, card["ts"]


def count_statements(session, do):
    """How many statements ``do`` executes."""
    statements = []

    def note(_connection, _cursor, statement, *_rest):
        statements.append(statement)

    sqlalchemy.event.listen(session.get_bind(), "before_cursor_execute", note)
    try:
        do()
    finally:
        sqlalchemy.event.remove(session.get_bind(), "before_cursor_execute", note)
    return len(statements)


def test_a_comparison_does_not_look_at_each_message_that_anybody_deleted(make, session, workspace, dana):
    make.ticket(dana)
    worker_helpers.drain(session)
    [card] = workspace.posted(TRIAGE)
    channel = session.query(Channel).filter_by(external_id=TRIAGE).one()
    seconds = int(float(card["ts"]))
    costs = []
    for count in (3, 300):
        gone = [{"subtype": "tombstone", "ts": f"{seconds - place}.000100"} for place in range(count)]
        costs.append(count_statements(session, lambda gone=gone: deleted_cards.report_unannounced(channel, gone)))
    assert costs == [2, 2]


def test_the_posts_of_a_time_are_found_by_an_index(make, session, workspace, dana):
    ticket, root = file_in_doubt(make, session, workspace, dana, TRIAGE)
    channel = session.query(Channel).filter_by(external_id=TRIAGE).one()
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    numbers = f"generate_series(1, {MANY}) AS n(i)"
    if is_sqlite:
        numbers = f"(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY}) SELECT i FROM n)"
    columns = "kind, queue_key, state, attempts, part, revision, due_at, created_at, finished_at, data"
    session.execute(
        sqlalchemy.text(
            f"INSERT INTO deliveries (key, external_id, {columns}) SELECT 'old ' || i, '1500000000.' || (100000 + i), "
            f"'line', 'talk', 'sent', 1 + i % 2, 1, 1, :old, :old, :old, '{{}}' FROM {numbers}"
        ),
        {"old": "2017-07-14 02:40:00.000000" if is_sqlite else OLD},
    )
    session.query(Delivery).filter_by(kind="card").update({"attempts": 2})
    session.execute(sqlalchemy.text("ANALYZE"))
    session.commit()
    gone = [{"subtype": "tombstone", "ts": root}]
    with Work(session) as work:
        assert deleted_cards.find(TRIAGE, root) is not None
        deleted_cards.report_unannounced(channel, gone)
    assert work.amount < {"sqlite": 5, "postgresql": 150}[session.get_bind().dialect.name]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_files_below_a_deleted_card_are_not_fetched_once_its_ticket_has_left(make, session, workspace, team, dana):
    ticket, root = file_in_doubt(make, session, workspace, dana, GLOBEX)
    workspace.say(PRIYA, GLOBEX, "The picture:", thread_ts=root, files=[("oven.txt", b"hot")])
    workspace.delete(MAYA, GLOBEX, root)
    umbra = make.organization("Umbra Labs", domain="umbralabs.example")
    transfer.transfer_ticket(ticket, umbra, requester=make.user(umbra), actor=team[0])
    session.commit()
    for _ in range(4):
        worker_helpers.receive_events(session, workspace)
        worker_helpers.drain(session)
        worker_helpers.advance_time(session, 400)
    session.expire_all()
    assert len(ticket.messages) == 1
    assert workspace.calls["download"] == 0
