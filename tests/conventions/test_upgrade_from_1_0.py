"""The models read a database of release 1.0 after an upgrade; after a downgrade it is as it was.

It has rows wherever a name changed.
"""

from datetime import UTC, datetime

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import JSON, Boolean, DateTime, Integer, MetaData, inspect, select

from helpdesk import extensions
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.organization import Organization
from helpdesk.models.qa_review import QaReview
from helpdesk.models.read_receipt import ReadReceipt
from helpdesk.models.session import Session
from helpdesk.models.sla import SlaPolicy, SlaTimer
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import Membership, User

RELEASE_1_0 = "0015"
OLD_STATES = ("pending", "sending", "unknown", "failed", "held", "sent", "skipped")
AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
FILLERS = ((JSON, {}), (Boolean, False), (Integer, 1), (DateTime, AT))
ROWS = {  # in an order that foreign keys allow; what is not named and must not be empty is filled by its type
    "organizations": [
        {"id": 1, "name": "Globex", "slug": "globex", "specific_users_only": True, "default_sees": "own"},
    ],
    "users": [
        {"id": 1, "email": "dana@globex.example", "role": "requester", "organization_id": 1, "sees": "own",
         "proven_at": AT, "mail_dead_reason": "No such person."},
        {"id": 2, "email": "maya@support.example", "role": "lead", "sees": "organization"},
    ],
    "memberships": [{"user_id": 1, "organization_id": 1, "sees": "own"}],
    "sessions": [{"id": 1, "token_hash": "a", "user_id": 2, "viewing_organization_id": 1}],
    "tickets": [
        {"id": 7, "organization_id": 1, "requester_id": 1, "status": "solved", "priority": "high", "status_since": AT,
         "public_seq": 3, "next_seq": 5},
    ],
    "channels": [
        {"id": 1, "kind": "slack", "external_id": "C1", "audience": "team", "reconciled_at": AT},
    ],
    "threads": [{"id": 1, "ticket_id": 7, "organization_id": 1, "channel_id": 1, "external_id": "17.1"}],
    "deliveries": [
        {"id": number, "key": f"key {number}", "thread_id": 1, "kind": "card_update", "lane": "card", "part": number,
         "state": state, "maybe_since": AT}
        for number, state in enumerate(OLD_STATES, 1)
    ],
    "inbound": [
        {"id": 1, "source": "slack", "external_id": "Ev1", "lane": "C1:17.1", "outcome": "A reply.", "state": "done",
         "ticket_id": 7},
    ],
    "review_marks": [{"ticket_id": 7, "reviewer_id": 2, "agent_id": 2, "mark": "good", "remark": "Well said."}],
    "read_marks": [{"user_id": 1, "ticket_id": 7, "seq": 3}],
    "ticket_clocks": [{"ticket_id": 7, "kind": "resolution", "target": 60, "spent": 4000, "late": True}],
    "service_targets": [{"id": 1, "organization_id": 1, "priority": "high", "first_response": 30}],
}  # fmt: skip

NEW_NAMES = {"inbound_events", "qa_reviews", "read_receipts", "sla_timers", "sla_policies"}
WRITTEN = ROWS.keys() | NEW_NAMES


@pytest.fixture
def old_database(app):
    """The app's database as release 1.0 left it. Afterwards it is empty and at the newest schema, for later tests."""
    migrate(downgrade, RELEASE_1_0)
    insert_rows()
    yield
    extensions.db.session.remove()
    written = [table for table in reversed(reflect().sorted_tables) if table.name in WRITTEN]
    with extensions.db.engine.begin() as connection:
        for table in written:
            connection.execute(table.delete())
    migrate(upgrade, "head")


def migrate(way, revision: str) -> None:
    extensions.db.session.remove()
    way(revision=revision)
    extensions.db.engine.dispose()


def reflect() -> MetaData:
    metadata = MetaData()
    metadata.reflect(extensions.db.engine)
    return metadata


def insert_rows() -> None:
    tables = reflect().tables
    with extensions.db.engine.begin() as connection:
        for name, rows in ROWS.items():
            for row in rows:
                needed = (each for each in tables[name].columns if not each.nullable and each.name not in row)
                filled = {each.name: fill(each) for each in needed if not each.primary_key}
                connection.execute(tables[name].insert().values(filled | row))


def fill(column) -> object:
    return next((value for kind, value in FILLERS if isinstance(column.type, kind)), "x")


def read_rows() -> dict[str, list]:
    tables = reflect().tables
    with extensions.db.engine.connect() as connection:
        return {
            name: connection.execute(select(tables[name]).order_by(*tables[name].primary_key)).all() for name in ROWS
        }


def describe_schema() -> dict[str, dict]:
    """Columns, constraints and indexes of every table, by name; the order of constraints does not count."""
    found = inspect(extensions.db.engine)
    return {
        name: {
            "columns": [(each["name"], str(each["type"]), each["nullable"]) for each in found.get_columns(name)],
            "primary key": found.get_pk_constraint(name),
            "foreign keys": sorted(map(str, found.get_foreign_keys(name))),
            "unique": sorted(map(str, found.get_unique_constraints(name))),
            "checks": sorted(map(str, found.get_check_constraints(name))),
            "indexes": sorted(
                (each["name"], str(each["column_names"]), each["unique"]) for each in found.get_indexes(name)
            ),
        }
        for name in found.get_table_names()
    }


def test_what_1_0_wrote_is_read_by_the_models(old_database, session):
    migrate(upgrade, "head")
    globex, dana, ticket = session.get(Organization, 1), session.get(User, 1), session.get(Ticket, 7)
    assert (globex.allowlist_only, globex.default_ticket_visibility) == (True, "own")
    assert (dana.ticket_visibility, dana.email_verified_at, dana.email_undeliverable_reason) == (
        "own",
        AT,
        "No such person.",
    )
    assert session.get(Membership, (1, 1)).ticket_visibility == "own"
    assert session.get(Session, 1).impersonated_organization is globex
    assert (ticket.turn_since, ticket.last_public_seq) == (AT, 3)
    assert session.get(Channel, 1).synced_at == AT
    assert (session.get(InboundEvent, 1).ordering_key, session.get(InboundEvent, 1).result) == ("C1:17.1", "A reply.")
    assert (session.get(QaReview, 7).rating, session.get(QaReview, 7).comment) == ("good", "Well said.")
    assert session.get(ReadReceipt, (1, 7)).seq == 3
    timer = session.get(SlaTimer, (7, "resolution"))
    assert (timer.elapsed_seconds, timer.breached, ticket.sla_timers) == (4000, True, [timer])
    assert session.get(SlaPolicy, 1).first_response == 30
    deliveries = session.scalars(select(Delivery).order_by(Delivery.id)).all()
    assert {(each.queue_key, each.possibly_sent_since) for each in deliveries} == {("card", AT)}
    states = ["pending", "sending", "unknown", "failed", "on_hold", "sent", "cancelled"]
    assert [each.state for each in deliveries] == states


def test_a_downgrade_gives_1_0_its_database_back(old_database):
    schema, rows = describe_schema(), read_rows()
    migrate(upgrade, "head")
    assert describe_schema() != schema
    migrate(downgrade, RELEASE_1_0)
    assert describe_schema() == schema
    assert read_rows() == rows


def test_no_name_of_1_0_is_left(old_database):
    """Neither as a whole nor as a part of a constraint's, an index's or a sequence's name."""
    migrate(upgrade, "head")
    names = str(describe_schema())
    if extensions.db.engine.dialect.name == "postgresql":
        names += str(inspect(extensions.db.engine).get_sequence_names())
    old = (
        "inbound_id", "review_marks", "read_marks", "ticket_clocks", "service_targets", "lane", "maybe_since",
        "outcome", "status_since", "'public_seq", "sees", "specific_users", "proven_at", "dead_reason", "viewing",
        "reconciled", "remark", "spent", "'late'", "held", "skipped",
    )  # fmt: skip
    assert [name for name in old if name in names] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_finds_nothing_wrong_after_the_way_up_and_down(old_database):
    for way, revision in ((upgrade, "head"), (downgrade, RELEASE_1_0), (upgrade, "head")):
        migrate(way, revision)
        with extensions.db.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
