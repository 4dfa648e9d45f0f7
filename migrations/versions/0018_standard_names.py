"""Give tables and columns the names of docs/glossary.md; the states held and skipped become on_hold and cancelled.

Only names change, so that the size of the tables does not matter: of the rows, those in the two states are written, and
the index of what is not finished is made anew. SQLite has no statement that renames an index or a constraint: their
names are changed in the schema's stored text, as its documentation of ALTER TABLE describes for changes that leave
every row as it is.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLES = {
    "inbound": "inbound_events",
    "review_marks": "qa_reviews",
    "read_marks": "read_receipts",
    "ticket_clocks": "sla_timers",
    "service_targets": "sla_policies",
}
COLUMNS = {  # under the tables' new names
    "deliveries": {"lane": "queue_key", "maybe_since": "possibly_sent_since"},
    "inbound_events": {"lane": "ordering_key", "outcome": "result"},
    "tickets": {"status_since": "turn_since", "public_seq": "last_public_seq"},
    "users": {
        "sees": "ticket_visibility",
        "proven_at": "email_verified_at",
        "mail_dead_reason": "email_undeliverable_reason",
    },
    "memberships": {"sees": "ticket_visibility"},
    "organizations": {"default_sees": "default_ticket_visibility", "specific_users_only": "allowlist_only"},
    "sessions": {"viewing_organization_id": "impersonated_organization_id"},
    "channels": {"reconciled_at": "synced_at"},
    "qa_reviews": {"mark": "rating", "remark": "comment"},
    "sla_timers": {"spent": "elapsed_seconds", "late": "breached"},
}
CONSTRAINTS = {  # under the tables' new names
    "deliveries": {"ck_deliveries_lane": "ck_deliveries_queue_key"},
    "inbound_events": {
        "pk_inbound": "pk_inbound_events",
        "ck_inbound_state": "ck_inbound_events_state",
        "fk_inbound_ticket_id": "fk_inbound_events_ticket_id",
        "uq_inbound_source_external_id": "uq_inbound_events_source_external_id",
    },
    "users": {"ck_users_sees": "ck_users_ticket_visibility"},
    "memberships": {"ck_memberships_ck_memberships_sees": "ck_memberships_ticket_visibility"},
    "organizations": {"ck_organizations_default_sees": "ck_organizations_default_ticket_visibility"},
    "sessions": {"fk_sessions_viewing_organization_id": "fk_sessions_impersonated_organization_id"},
    "qa_reviews": {
        "pk_review_marks": "pk_qa_reviews",
        "ck_review_marks_mark": "ck_qa_reviews_rating",
        "fk_review_marks_ticket_id": "fk_qa_reviews_ticket_id",
        "fk_review_marks_reviewer_id": "fk_qa_reviews_reviewer_id",
        "fk_review_marks_agent_id": "fk_qa_reviews_agent_id",
    },
    "read_receipts": {
        "pk_read_marks": "pk_read_receipts",
        "fk_read_marks_ticket_id": "fk_read_receipts_ticket_id",
        "fk_read_marks_user_id": "fk_read_receipts_user_id",
    },
    "sla_timers": {
        "pk_ticket_clocks": "pk_sla_timers",
        "ck_ticket_clocks_kind": "ck_sla_timers_kind",
        "fk_ticket_clocks_ticket_id": "fk_sla_timers_ticket_id",
    },
    "sla_policies": {
        "pk_service_targets": "pk_sla_policies",
        "ck_service_targets_priority": "ck_sla_policies_priority",
        "fk_service_targets_organization_id": "fk_sla_policies_organization_id",
    },
}
INDEXES = {
    "ix_inbound_lane": "ix_inbound_events_ordering_key",
    "ix_inbound_state_due": "ix_inbound_events_state_due",
    "ix_inbound_ticket_id": "ix_inbound_events_ticket_id",
    "ix_review_marks_agent_read": "ix_qa_reviews_agent_read",
    "ix_read_marks_ticket_id": "ix_read_receipts_ticket_id",
    "ix_ticket_clocks_due": "ix_sla_timers_due",
    "uq_service_targets_organization": "uq_sla_policies_organization",
    "uq_service_targets_all": "uq_sla_policies_all",
}
SEQUENCES = {"inbound_id_seq": "inbound_events_id_seq", "service_targets_id_seq": "sla_policies_id_seq"}
STATES = {"held": "on_hold", "skipped": "cancelled"}
IS_OLD_STATE = "state IN ('pending', 'sending', 'unknown', 'failed', 'held', 'sent', 'skipped')"
IS_NEW_STATE = "state IN ('pending', 'sending', 'unknown', 'failed', 'on_hold', 'sent', 'cancelled')"
UNFINISHED = "ix_deliveries_unfinished"


def upgrade() -> None:
    op.drop_index(UNFINISHED, "deliveries")
    _change_states(STATES, IS_OLD_STATE, IS_NEW_STATE, 8, 12)
    _rename(TABLES, lambda old, new: f"ALTER TABLE {old} RENAME TO {new}")
    for table, columns in COLUMNS.items():
        _rename(columns, lambda old, new, table=table: f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    for table, constraints in CONSTRAINTS.items():
        _rename_constraints(table, constraints)
    _rename_indexes(INDEXES)
    _rename_sequences(SEQUENCES)
    _create_unfinished_index("queue_key", "state NOT IN ('sent', 'cancelled')")


def downgrade() -> None:
    op.drop_index(UNFINISHED, "deliveries")
    _rename_sequences(_reversed(SEQUENCES))
    _rename_indexes(_reversed(INDEXES))
    for table, constraints in CONSTRAINTS.items():
        _rename_constraints(table, _reversed(constraints))
    for table, columns in COLUMNS.items():
        _rename(_reversed(columns), lambda old, new, table=table: f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    _rename(_reversed(TABLES), lambda old, new: f"ALTER TABLE {old} RENAME TO {new}")
    _change_states(_reversed(STATES), IS_NEW_STATE, IS_OLD_STATE, 12, 8)
    _create_unfinished_index("lane", "state NOT IN ('sent', 'skipped')")


def _reversed(names: dict[str, str]) -> dict[str, str]:
    return {new: old for old, new in names.items()}


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _rename(names: dict[str, str], statement) -> None:
    for old, new in names.items():
        op.execute(statement(old, new))


def _change_states(states: dict[str, str], was: str, becomes: str, length: int, new_length: int) -> None:
    """Write the new states into the rows that have the old ones, and let the column hold those only.

    The column is as wide as the longer names need before, and as narrow as the shorter ones need after that.
    """
    if _is_sqlite():
        _edit_sqlite_table("deliveries", {was: becomes, f"state VARCHAR({length})": f"state VARCHAR({new_length})"})
        _write_states(states)
        return
    op.drop_constraint(op.f("ck_deliveries_state"), "deliveries", type_="check")
    if new_length > length:
        op.alter_column("deliveries", "state", existing_type=sa.String(length), type_=sa.String(new_length))
    _write_states(states)
    if new_length < length:
        op.alter_column("deliveries", "state", existing_type=sa.String(length), type_=sa.String(new_length))
    op.create_check_constraint(op.f("ck_deliveries_state"), "deliveries", becomes)


def _write_states(states: dict[str, str]) -> None:
    for old, new in states.items():
        op.execute(f"UPDATE deliveries SET state = '{new}' WHERE state = '{old}'")


def _create_unfinished_index(column: str, condition: str) -> None:
    where = sa.text(condition)
    op.create_index(UNFINISHED, "deliveries", ["thread_id", column, "id"], sqlite_where=where, postgresql_where=where)


def _rename_constraints(table: str, names: dict[str, str]) -> None:
    if _is_sqlite():
        _edit_sqlite_table(table, {f"CONSTRAINT {old} ": f"CONSTRAINT {new} " for old, new in names.items()})
        return
    _rename(names, lambda old, new: f"ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new}")


def _rename_indexes(names: dict[str, str]) -> None:
    if not _is_sqlite():
        _rename(names, lambda old, new: f"ALTER INDEX {old} RENAME TO {new}")
        return
    for old, new in names.items():
        sql = _read_sqlite_schema("index", old)
        _write_sqlite_schema("index", old, new, re.sub(rf"\b{old}\b", new, sql, count=1))


def _rename_sequences(names: dict[str, str]) -> None:
    if not _is_sqlite():
        _rename(names, lambda old, new: f"ALTER SEQUENCE {old} RENAME TO {new}")


def _read_sqlite_schema(kind: str, name: str) -> str:
    query = "SELECT sql FROM sqlite_schema WHERE type = ? AND name = ?"
    return op.get_bind().exec_driver_sql(query, (kind, name)).scalar_one()


def _edit_sqlite_table(table: str, changes: dict[str, str]) -> None:
    """Replace each key of ``changes`` by its value in the stored CREATE TABLE. Raises RuntimeError unless it is there
    once."""
    sql = _read_sqlite_schema("table", table)
    for old, new in changes.items():
        if sql.count(old) != 1:
            raise RuntimeError(f"The table {table} is not as the migrations made it: {old!r} is not in it once.")
        sql = sql.replace(old, new)
    _write_sqlite_schema("table", table, table, sql)


def _write_sqlite_schema(kind: str, name: str, new_name: str, sql: str) -> None:
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.exec_driver_sql(
        "UPDATE sqlite_schema SET name = ?, sql = ? WHERE type = ? AND name = ?", (new_name, sql, kind, name)
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
