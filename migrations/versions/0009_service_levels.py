"""Service levels: targets, business hours, holidays, and each ticket's timers."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "service_targets",
        sa.Column("id", ID, nullable=False),
        sa.Column("organization_id", ID),
        sa.Column("priority", sa.String(16), nullable=False),
        sa.Column("first_response", sa.Integer()),
        sa.Column("resolution", sa.Integer()),
        sa.CheckConstraint("priority IN ('low', 'normal', 'high', 'urgent')", name=op.f("ck_service_targets_priority")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_service_targets_organization_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_service_targets"),
    )
    op.create_index("uq_service_targets_organization", "service_targets", ["organization_id", "priority"], unique=True)
    for_all = sa.text("organization_id IS NULL")
    op.create_index(
        "uq_service_targets_all",
        "service_targets",
        ["priority"],
        unique=True,
        sqlite_where=for_all,
        postgresql_where=for_all,
    )
    op.create_table(
        "business_hours",
        sa.Column("id", ID, nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("opens", sa.Integer(), nullable=False),
        sa.Column("closes", sa.Integer(), nullable=False),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_business_hours_weekday")),
        sa.CheckConstraint(
            "opens >= 0 AND opens < closes AND closes <= 1440", name=op.f("ck_business_hours_within_a_day")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_business_hours"),
    )
    op.create_table(
        "holidays",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_holidays"),
    )
    op.create_table(
        "ticket_clocks",
        sa.Column("ticket_id", ID, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("target", sa.Integer(), nullable=False),
        sa.Column("spent", sa.Integer(), nullable=False),
        sa.Column("running_since", TIME),
        sa.Column("due_at", TIME),
        sa.Column("stopped_at", TIME),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("warned_at", TIME),
        sa.CheckConstraint("kind IN ('first_response', 'resolution')", name=op.f("ck_ticket_clocks_kind")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_ticket_clocks_ticket_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("ticket_id", "kind", name="pk_ticket_clocks"),
    )
    runs = sa.text("due_at IS NOT NULL")
    op.create_index(
        "ix_ticket_clocks_due", "ticket_clocks", ["due_at", "ticket_id"], sqlite_where=runs, postgresql_where=runs
    )


def downgrade() -> None:
    for table in ("ticket_clocks", "holidays", "business_hours", "service_targets"):
        op.drop_table(table)
