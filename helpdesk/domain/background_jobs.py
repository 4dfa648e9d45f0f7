"""Jobs as rows: asked for in the transaction of what they are about, and taken under a lock by one worker.

Redis is not needed: it only wakes a worker. Two schedulers at once run a job once.
"""

import os
import secrets
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk import clock, config, jobs
from helpdesk.database import transactions
from helpdesk.extensions import db
from helpdesk.models.background_job import BackgroundJob

LEASE_SECONDS = 60  # renewed while the job runs; after it another worker takes the job of one that was killed
MAX_RETRY_SECONDS = 900

rows = BackgroundJob.__table__


@dataclass(frozen=True)
class JobClaim:
    """A claimed row as plain values; ``requests`` is how often it had been asked for when it was claimed."""

    id: int
    name: str
    argument: int
    interval_seconds: int | None
    requests: int
    attempts: int
    owner: str


def _is_claimable() -> ColumnElement[bool]:
    now = bindparam("now", type_=rows.c.due_at.type)
    return (rows.c.due_at <= now) & or_(rows.c.lease_until.is_(None), rows.c.lease_until < now)


DUE_QUERY = select(rows.c.id).where(_is_claimable(), rows.c.name.in_(bindparam("names", expanding=True)))
INTERVALS_QUERY = select(rows.c.name, rows.c.interval_seconds).where(rows.c.interval_seconds.is_not(None))
CLAIM_STATEMENT = (
    update(rows)
    .where(rows.c.id == bindparam("claimed"), _is_claimable())
    .values(lease_until=bindparam("until"), lease_owner=bindparam("owner"), attempts=rows.c.attempts + 1)
    .returning(rows.c.id, rows.c.name, rows.c.argument, rows.c.interval_seconds, rows.c.requests, rows.c.attempts)
)


def enqueue_job(name: str, argument: int = 0) -> None:
    """Ask for ``workers.jobs.<name>(argument)`` in the open transaction. Asked for twice, it may run once."""
    insert = _insert().values(name=name, argument=argument, due_at=clock.now(), created_at=clock.now())
    again = {"due_at": insert.excluded.due_at, "requests": rows.c.requests + 1}
    db.session.execute(insert.on_conflict_do_update(index_elements=["name", "argument"], set_=again))
    jobs.enqueue_after_commit(jobs.JOB_ROWS, 0)


def register_periodic_jobs(intervals: Mapping[str, int]) -> None:
    """Have each job run every so many seconds, from now on. Commits. What is registered already keeps its time."""
    with transactions.read_only():
        known = {row.name: row.interval_seconds for row in db.session.execute(INTERVALS_QUERY)}
    changed = [(name, seconds) for name, seconds in intervals.items() if known.get(name) != seconds]
    for name, seconds in changed:
        insert = _insert().values(
            name=name, argument=0, interval_seconds=seconds, due_at=clock.now(), created_at=clock.now()
        )
        again = {"interval_seconds": seconds}
        db.session.execute(insert.on_conflict_do_update(index_elements=["name", "argument"], set_=again))
    if changed:
        db.session.commit()


def list_due(names: Iterable[str], limit: int) -> list[int]:
    """Ids of the jobs with one of ``names`` that are due and that nobody runs, the longest due first."""
    with transactions.read_only():
        query = DUE_QUERY.order_by(rows.c.due_at, rows.c.id).limit(limit)
        return list(db.session.scalars(query, {"now": clock.now(), "names": list(names)}))


def claim_job(job_id: int) -> JobClaim | None:
    """Claim a job that is due; None if another worker has it. Commits."""
    now = clock.now()
    values = {"claimed": job_id, "now": now, "until": now + timedelta(seconds=LEASE_SECONDS), "owner": _new_owner()}
    if config.current().is_sqlite:
        with transactions.read_only():  # what is taken already must not wait for SQLite's one write lock
            claimable = select(rows.c.id).where(rows.c.id == bindparam("claimed"), _is_claimable())
            if db.session.scalar(claimable, {"claimed": job_id, "now": now}) is None:
                return None
    row = db.session.execute(CLAIM_STATEMENT, values).one_or_none()
    db.session.commit()
    return JobClaim(**row._asdict(), owner=str(values["owner"])) if row is not None else None


def renew_lease(claim: JobClaim) -> None:
    """Keep the job for another LEASE_SECONDS. Commits."""
    until = clock.now() + timedelta(seconds=LEASE_SECONDS)
    db.session.execute(update(rows).where(_is_own(claim)).values(lease_until=until))
    db.session.commit()


def finish_job(claim: JobClaim) -> None:
    """Record that the job is done: it returns after its interval, or is deleted. Commits."""
    done: dict[str, Any] = {"lease_until": None, "lease_owner": None, "attempts": 0}
    if claim.interval_seconds is not None:
        due_at = clock.now() + timedelta(seconds=claim.interval_seconds)
        unchanged = _is_own(claim) & (rows.c.requests == claim.requests)
        db.session.execute(update(rows).where(unchanged).values(done | {"due_at": due_at}))
    else:
        db.session.execute(delete(rows).where(_is_own(claim), rows.c.requests == claim.requests))
    db.session.execute(update(rows).where(_is_own(claim)).values(done))  # it was asked for again meanwhile
    db.session.commit()


def fail_job(claim: JobClaim) -> None:
    """Record that the job ended with an error: it is run again, later with each attempt. Commits."""
    seconds = claim.interval_seconds or min(MAX_RETRY_SECONDS, 15 * 2 ** min(claim.attempts, 10))
    due_at = clock.now() + timedelta(seconds=seconds)
    db.session.execute(update(rows).where(_is_own(claim)).values(lease_until=None, lease_owner=None, due_at=due_at))
    db.session.commit()


def _is_own(claim: JobClaim) -> ColumnElement[bool]:
    return (rows.c.id == claim.id) & (rows.c.lease_owner == claim.owner)


def _new_owner() -> str:
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(6)}"


def _insert() -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(rows) if db.engine.dialect.name == "postgresql" else sqlite.insert(rows)
