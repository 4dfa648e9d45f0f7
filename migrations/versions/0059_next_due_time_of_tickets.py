"""When the first SLA timer of a ticket is due, as a column of the ticket, and an index of what needs the team.

Written for the running timers in batches. A release that does not know the column may run meanwhile: an hourly job
corrects what it left. What was committed before the batches is not done again, if the first attempt was interrupted.
"""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = depends_on = None

BATCH_SIZE = 1_000  # tickets
INDEX = "ix_tickets_unsolved_needed"
UNSOLVED = "status IN ('open', 'in_progress', 'pending', 'on_hold')"
FILL = sa.text(
    "UPDATE tickets SET next_due_at = (SELECT min(due_at) FROM sla_timers WHERE ticket_id = tickets.id)"
    " WHERE id IN (SELECT ticket_id FROM sla_timers WHERE due_at IS NOT NULL AND ticket_id BETWEEN :first AND :last)"
)


def upgrade() -> None:
    if "next_due_at" not in {column["name"] for column in sa.inspect(op.get_bind()).get_columns("tickets")}:
        op.add_column("tickets", sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=True))
    with op.get_context().autocommit_block():
        _fill()
        time, zone = ("", "") if op.get_bind().dialect.name == "sqlite" else ("timestamptz ", "+00")
        needed_by = (
            "coalesce(next_due_at, CASE WHEN status IN ('open', 'in_progress')"
            f" THEN {time}'8000-01-01 00:00:00.000000{zone}' ELSE {time}'9000-01-01 00:00:00.000000{zone}' END)"
        )
        op.create_index(
            INDEX,
            "tickets",
            [sa.literal_column(needed_by), "turn_since", "id"],
            postgresql_concurrently=True,
            if_not_exists=True,
            sqlite_where=sa.text(UNSOLVED),
            postgresql_where=sa.text(UNSOLVED),
        )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ANALYZE tickets")  # the planner knows of an expression only what it has counted


def downgrade() -> None:
    op.drop_index(INDEX, "tickets")
    op.drop_column("tickets", "next_due_at")


def _fill() -> None:
    connection = op.get_bind()
    running = connection.scalars(
        sa.text("SELECT DISTINCT ticket_id FROM sla_timers WHERE due_at IS NOT NULL ORDER BY ticket_id")
    ).all()
    for start in range(0, len(running), BATCH_SIZE):
        batch = running[start : start + BATCH_SIZE]
        connection.execute(FILL, {"first": batch[0], "last": batch[-1]})
