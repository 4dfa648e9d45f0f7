"""The kinds of delivery are checked by the database; the kinds of channel no longer are, so that one more needs no
migration.

On SQLite the constraints are changed in the table's stored text, as its documentation of ALTER TABLE describes for
changes that leave every row as it is: to copy the tables would undo their foreign keys.
"""

import sqlalchemy as sa
from alembic import op

from helpdesk.models.constraints import replace_check

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

KINDS = (
    "card",
    "card_update",
    "message",
    "edit",
    "delete",
    "file",
    "delete_file",
    "line",
    "mark",
    "received",
    "solved",
    "closing_soon",
    "home",
    "sign_in",
    "invitation",
    "linked",
    "weekly_summary",
    "delivery_alert",
    "mail_test",
    "webhook",
)
IS_KNOWN_KIND = f"kind IN ({', '.join(map(repr, KINDS))})"
IS_OLD_CHANNEL = "kind IN ('slack', 'email')"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_channels_kind"), "channels", type_="check")
        op.alter_column("channels", "kind", existing_type=sa.String(8), type_=sa.String(16))
        op.create_check_constraint(op.f("ck_deliveries_kind"), "deliveries", IS_KNOWN_KIND)
        return
    _replace_in_schema("channels", f"CONSTRAINT ck_channels_kind CHECK ({IS_OLD_CHANNEL}), ", "")
    _replace_in_schema("channels", "kind VARCHAR(8) ", "kind VARCHAR(16) ")
    _replace_in_schema(
        "deliveries",
        "CONSTRAINT ck_deliveries_lane ",
        f"CONSTRAINT ck_deliveries_kind CHECK ({IS_KNOWN_KIND}), CONSTRAINT ck_deliveries_lane ",
    )
    _ensure_every_row("deliveries", IS_KNOWN_KIND)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_deliveries_kind"), "deliveries", type_="check")
        op.alter_column("channels", "kind", existing_type=sa.String(16), type_=sa.String(8))
        op.create_check_constraint(op.f("ck_channels_kind"), "channels", IS_OLD_CHANNEL)
        return
    replace_check(op.get_bind(), "deliveries", "ck_deliveries_kind", None)
    _replace_in_schema("channels", "kind VARCHAR(16) ", "kind VARCHAR(8) ")
    _replace_in_schema(
        "channels",
        "CONSTRAINT ck_channels_audience ",
        f"CONSTRAINT ck_channels_kind CHECK ({IS_OLD_CHANNEL}), CONSTRAINT ck_channels_audience ",
    )
    _ensure_every_row("channels", IS_OLD_CHANNEL)


def _replace_in_schema(table: str, old: str, new: str) -> None:
    """Put ``new`` in the place of ``old`` in the stored CREATE TABLE, whose white space is made one space each."""
    connection = op.get_bind()
    stored = connection.exec_driver_sql("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?", (table,))
    sql = " ".join(stored.scalar_one().split())
    if sql.count(old) != 1:
        raise RuntimeError(f"The table {table} is not as the migrations made it: {old.strip()!r} is not in it once.")
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.exec_driver_sql(
        "UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = ?", (sql.replace(old, new), table)
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")


def _ensure_every_row(table: str, condition: str) -> None:
    found = op.get_bind().exec_driver_sql(f"SELECT DISTINCT kind FROM {table} WHERE NOT ({condition})").scalars().all()
    if found:
        raise RuntimeError(f"The table {table} has rows of unknown kinds: {', '.join(found)}.")
