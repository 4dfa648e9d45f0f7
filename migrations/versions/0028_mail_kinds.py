"""Two kinds of mail: the daily summary of the quarantine, and the answer to a customer whose mail waits there.

On SQLite the constraint is changed in the table's stored text, as its documentation of ALTER TABLE describes for
changes that leave every row as it is.
"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

OLD_KINDS = (
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
NEW_KINDS = ("mail_waiting", "quarantine_summary")


def upgrade() -> None:
    _change_constraint(OLD_KINDS, OLD_KINDS[:-1] + NEW_KINDS + OLD_KINDS[-1:])


def downgrade() -> None:
    op.execute(f"DELETE FROM deliveries WHERE {_condition(NEW_KINDS)}")
    _change_constraint(OLD_KINDS[:-1] + NEW_KINDS + OLD_KINDS[-1:], OLD_KINDS)


def _condition(kinds: tuple[str, ...]) -> str:
    return f"kind IN ({', '.join(map(repr, kinds))})"


def _change_constraint(old: tuple[str, ...], new: tuple[str, ...]) -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_deliveries_kind"), "deliveries", type_="check")
        op.execute(f"ALTER TABLE deliveries ADD CONSTRAINT ck_deliveries_kind CHECK ({_condition(new)}) NOT VALID")
        op.execute("ALTER TABLE deliveries VALIDATE CONSTRAINT ck_deliveries_kind")
        return
    stored = connection.exec_driver_sql("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = 'deliveries'")
    sql = " ".join(stored.scalar_one().split())
    if sql.count(_condition(old)) != 1:
        raise RuntimeError("The table deliveries is not as the migrations made it.")
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.exec_driver_sql(
        "UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = 'deliveries'",
        (sql.replace(_condition(old), _condition(new)),),
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
