"""How large the tables and the stored files are, and how they grew in the last week."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from helpdesk import clock
from helpdesk.extensions import Base, db
from helpdesk.models.attachment import Attachment
from helpdesk.models.size_record import SizeRecord

FILES = "files"
GROWTH_PERIOD = timedelta(days=7)
MAX_SHOWN = 15  # the largest
# Estimates of the planner, since counting a large table takes seconds; the size has indexes and long values.
POSTGRESQL_QUERY = text(
    "SELECT relname, greatest(reltuples, 0)::bigint, pg_total_relation_size(oid) FROM pg_class"
    " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
)
SQLITE_BYTES_QUERY = text(
    "SELECT m.tbl_name, sum(s.pgsize) FROM dbstat s JOIN sqlite_schema m ON m.name = s.name GROUP BY m.tbl_name"
)


@dataclass(frozen=True)
class Size:
    """The rows and bytes of one table, or of the files, and what is more than a week ago, if that is known."""

    name: str
    rows: int
    bytes: int | None
    more_rows: int | None = None
    more_bytes: int | None = None


def measure() -> list[Size]:
    """Return the sizes now, the largest first."""
    files = db.session.execute(select(func.count(), func.coalesce(func.sum(Attachment.size), 0))).one()
    measured = [Size(FILES, files[0], int(files[1]))]
    if db.session.get_bind().dialect.name == "postgresql":
        measured += [Size(row[0], row[1], row[2]) for row in db.session.execute(POSTGRESQL_QUERY)]
    else:
        sizes = _measure_sqlite()
        for table in Base.metadata.sorted_tables:
            rows = db.session.scalar(select(func.count()).select_from(table)) or 0
            measured.append(Size(table.name, rows, sizes.get(table.name)))
    return sorted(measured, key=lambda size: (size.bytes or 0, size.rows), reverse=True)


def record() -> None:
    """Store the sizes of today, to be compared with later."""
    for size in measure():
        if size.rows or size.name == FILES:
            db.session.add(SizeRecord(name=size.name[:60], rows=size.rows, bytes=size.bytes))
    db.session.flush()


def list_growth() -> list[Size]:
    """Return the largest tables as they were recorded last, with what they have more than about a week before."""
    latest = db.session.scalar(select(func.max(SizeRecord.at)))
    if latest is None:
        return []
    newest = _read(latest)
    before = db.session.scalar(select(func.max(SizeRecord.at)).where(SizeRecord.at <= latest - GROWTH_PERIOD))
    before = before or db.session.scalar(select(func.min(SizeRecord.at)))
    former = _read(before) if before is not None and before < latest else {}
    sizes = [_compare(row, former.get(name)) for name, row in newest.items()]
    return sorted(sizes, key=lambda size: (size.bytes or 0, size.rows), reverse=True)[:MAX_SHOWN]


def is_due() -> bool:
    """Whether the last record is older than most of a day."""
    latest = db.session.scalar(select(func.max(SizeRecord.at)))
    return latest is None or latest < clock.now() - timedelta(hours=20)


def _compare(row: SizeRecord, former: SizeRecord | None) -> Size:
    more_bytes = None
    if former is not None and row.bytes is not None and former.bytes is not None:
        more_bytes = row.bytes - former.bytes
    more_rows = row.rows - former.rows if former is not None else None
    return Size(row.name.replace("_", " "), row.rows, row.bytes, more_rows, more_bytes)


def _read(at: datetime) -> dict[str, SizeRecord]:
    """Return the records of the measurement that was made at this time, within a minute."""
    near = SizeRecord.at > at - timedelta(minutes=1), SizeRecord.at <= at
    return {row.name: row for row in db.session.scalars(select(SizeRecord).where(*near))}


def _measure_sqlite() -> dict[str, int]:
    """Return the bytes of each table with its indexes; {} where SQLite was built without dbstat."""
    try:
        with db.session.begin_nested():
            return {row[0]: row[1] for row in db.session.execute(SQLITE_BYTES_QUERY)}
    except OperationalError:
        return {}
