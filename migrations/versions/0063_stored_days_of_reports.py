"""Sums of days for reports, and triggers that note which days' numbers may have changed (ADR 0030).

The triggers write one short row for a change, so that it counts whichever release or job made it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TIME = sa.DateTime(timezone=True)
LAST = 2147483647  # the last unit of a change of everything since a time
FIGURES, PROPERTIES = "1, 0", "0, 1"
OPERATIONS = ("insert", "update", "delete")
INSERT = "INSERT INTO report_changes (first_unit, last_unit, figures, properties)"

# Between two statuses of this list nothing is counted but by the event. With one that is not in it, all is counted anew.
UNSOLVED = "('open', 'in_progress', 'pending', 'on_hold')"
HAS_NO_TIMES = "old.solved_at IS NULL AND old.closed_at IS NULL AND new.solved_at IS NULL AND new.closed_at IS NULL"
IS_MOVED = f"(old.status <> new.status AND NOT (old.status IN {UNSOLVED} AND new.status IN {UNSOLVED}))"


def differs(*columns: str) -> str:
    """The condition that an update changes one of ``columns``."""
    return "(" + " OR ".join(f"old.{column} IS DISTINCT FROM new.{column}" for column in columns) + ")"


COUNTED = ("created_at", "first_response_at", "solved_at", "closed_at", "status", "merged_into_id")
ASKED_BY = ("organization_id", "assignee_id", "form_version_id", "priority")
TIMER = ("stopped_at", "due_at", "breached", "kind", "ticket_id")
MESSAGE = ("kind", "from_team", "deleted_at", "created_at", "ticket_id")
# What is counted anew: all since the ticket was filed, all since it was done or is no more, its first response.
ALL = f"({differs('created_at')} OR {IS_MOVED} AND {HAS_NO_TIMES})"
DONE = (
    "(coalesce(old.solved_at, old.closed_at) IS DISTINCT FROM coalesce(new.solved_at, new.closed_at)"
    " OR old.merged_into_id IS DISTINCT FROM new.merged_into_id)"
)
RESPONSE = (
    f"({differs('first_response_at')} OR {IS_MOVED}"
    " AND (old.first_response_at IS NULL OR new.first_response_at IS NULL))"
)
UPDATES = {
    "tickets": ((*COUNTED, *ASKED_BY), f"{ALL} OR {DONE} OR {RESPONSE} OR {differs(*ASKED_BY)}"),
    "events": (
        ("kind", "data", "created_at", "seq", "ticket_id"),
        f"{differs('kind', 'created_at', 'seq', 'ticket_id')} OR OLD_STATUS IS DISTINCT FROM NEW_STATUS",
    ),
    "sla_timers": (TIMER, differs(*TIMER)),
    "ratings": (("score", "ticket_id"), differs("score", "ticket_id")),
    "messages": (MESSAGE, differs(*MESSAGE)),
    "ticket_tags": (("ticket_id", "tag_id"), differs("ticket_id", "tag_id")),
}  # the columns and the condition of an update that is noted; names in capitals are the dialect's
UNIT = {
    "sqlite": "CAST(strftime('%s', {}) AS INTEGER) / 21600",
    "postgresql": "floor(extract(epoch FROM {}) / 21600)::int",
}
STATUS = {"sqlite": "json_extract({}.data, '$.new')", "postgresql": "({}.data->>'new')"}


def earliest(dialect: str, *times: str) -> str:
    """The first of ``times`` that are not NULL."""
    if dialect == "postgresql":
        return f"least({', '.join(times)})"
    return f"(SELECT min(t) FROM (SELECT {' AS t UNION ALL SELECT '.join(times)} AS t))"


def make_bodies(dialect: str) -> dict[str, dict[str, str]]:
    """What is done for each table and operation."""

    def note(first: str, last: str, what: str, rest: str = "") -> str:
        times = [str(LAST) if time == str(LAST) else UNIT[dialect].format(time) for time in (first, last)]
        return f"{INSERT} SELECT {times[0]}, {times[1]}, {what} {rest};"

    def timers(row: str) -> str:
        ended = f"coalesce({row}.stopped_at, {row}.due_at)"
        return note(ended, ended, FIGURES, f"WHERE {ended} IS NOT NULL")

    def of_ticket(row: str, condition: str) -> str:
        return f"FROM tickets t WHERE t.id = {row}.ticket_id AND {condition}"

    def replies(row: str) -> str:
        condition = f"t.solved_at >= {row}.created_at AND {row}.from_team AND {row}.kind = 'reply'"
        return note("t.solved_at", "t.solved_at", FIGURES, of_ticket(row, condition))

    def ratings(row: str) -> str:
        return note("t.solved_at", "t.solved_at", FIGURES, of_ticket(row, "t.solved_at IS NOT NULL"))

    def tags(row: str) -> str:
        return note("t.created_at", str(LAST), PROPERTIES, of_ticket(row, "1 = 1"))

    def since(row: str) -> str:
        return note(f"{row}.created_at", str(LAST), FIGURES)

    def of_each(make) -> dict[str, str]:
        return {"insert": make("new"), "update": f"{make('old')} {make('new')}", "delete": make("old")}

    filed = earliest(dialect, "old.created_at", "new.created_at")
    done = earliest(dialect, "old.solved_at", "old.closed_at", "new.solved_at", "new.closed_at")
    begins = f"CASE WHEN {ALL} THEN {filed} ELSE {done} END"
    changed = (
        note(begins, str(LAST), FIGURES, f"WHERE ({ALL} OR {DONE}) AND {begins} IS NOT NULL"),
        note("new.created_at", "new.created_at", FIGURES, f"WHERE {RESPONSE}"),
        note("new.created_at", str(LAST), PROPERTIES, f"WHERE {differs(*ASKED_BY)}"),
    )
    return {
        "tickets": of_each(since) | {"update": " ".join(changed)},
        "events": of_each(since),
        "sla_timers": of_each(timers),
        "ratings": of_each(ratings),
        "messages": of_each(replies),
        "ticket_tags": of_each(tags),
    }


def list_triggers(dialect: str) -> list[str]:
    """The statements that create the triggers."""
    found = []
    for table, bodies in make_bodies(dialect).items():
        columns, condition = UPDATES[table]
        for operation, body in bodies.items():
            name, is_update = f"report_{table}_{operation}", operation == "update"
            event = f"UPDATE OF {', '.join(columns)}" if is_update else operation.upper()
            when = f"WHEN ({condition})" if is_update else ""
            if dialect == "sqlite":
                found.append(f"CREATE TRIGGER {name} AFTER {event} ON {table} {when} BEGIN {body} END")
            else:
                found.append(
                    f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
                    f" $$ BEGIN {body} RETURN NULL; END $$"
                )
                found.append(
                    f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW {when} EXECUTE FUNCTION {name}()"
                )
    statuses = {f"{row.upper()}_STATUS": STATUS[dialect].format(row) for row in ("old", "new")}
    return [_write(statement, dialect, statuses) for statement in found]


def _write(statement: str, dialect: str, names: dict[str, str]) -> str:
    for name, written in names.items():
        statement = statement.replace(name, written)
    return statement if dialect == "postgresql" else statement.replace("IS DISTINCT FROM", "IS NOT")


def upgrade() -> None:
    op.create_table(
        "report_changes",
        sa.Column("id", ID, nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("first_unit", "last_unit", "figures", "properties")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_report_changes"),
    )
    op.create_table(
        "report_versions",
        sa.Column("unit", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("figures", ID, nullable=False),
        sa.Column("properties", ID, nullable=False),
        sa.PrimaryKeyConstraint("unit", name="pk_report_versions"),
    )
    op.create_table(
        "report_days",
        sa.Column("id", ID, nullable=False),
        sa.Column("selection", sa.String(200), nullable=False),
        sa.Column("begins_at", TIME, nullable=False),
        sa.Column("ends_at", TIME, nullable=False),
        sa.Column("version", ID, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_report_days"),
        sa.UniqueConstraint("selection", "begins_at", "ends_at", name="uq_report_days_selection_begins_at_ends_at"),
    )
    op.create_index("ix_report_days_stored", "report_days", ["stored_at"])
    for statement in list_triggers(op.get_bind().dialect.name):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for name, table in ((f"report_{table}_{what}", table) for table in UPDATES for what in OPERATIONS):
        op.execute(f"DROP TRIGGER {name}" + ("" if is_sqlite else f" ON {table}"))
        if not is_sqlite:
            op.execute(f"DROP FUNCTION {name}()")
    for table in ("report_days", "report_versions", "report_changes"):
        op.drop_table(table)
