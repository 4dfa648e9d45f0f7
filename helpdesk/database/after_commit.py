"""What Redis receives once the open transaction has committed, in one round trip; after a rollback nothing.

While Redis does not answer, nothing is lost: workers and pages look by themselves.
"""

from collections.abc import Callable, Hashable, Iterable

from redis.client import Pipeline
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session, SessionTransaction

from helpdesk import extensions
from helpdesk.database import replica, transactions

KEY = "redis_after_commit"  # in the session's ``info``
CONNECTION_KEY = "written_by"

AddCommands = Callable[[Pipeline, list[Hashable]], None]


def send_after_commit(add_commands: AddCommands, items: Iterable[Hashable]) -> None:
    """Let ``add_commands`` add its commands for all items that were given for it, each once, after the commit."""
    waiting = extensions.db.session().info.setdefault(KEY, {})
    waiting.setdefault(add_commands, {}).update(dict.fromkeys(items))


@event.listens_for(extensions.db.session, "after_begin")
def _note_connection(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    """Keep the connection that may write, by which the position of its commit is asked for."""
    if replica.is_configured() and not transactions.is_read_only():
        session.info[CONNECTION_KEY] = connection


@event.listens_for(extensions.db.session, "after_commit")
def _send(session: Session) -> None:
    if session.in_nested_transaction():
        return
    waiting, connection = session.info.pop(KEY, None), session.info.pop(CONNECTION_KEY, None)
    position = None
    if connection is not None and (waiting or replica.must_note_commit()):
        position = replica.note_commit(connection)
    if waiting:

        def fill(pipeline: Pipeline) -> None:
            if position is not None:  # first, so that whoever hears of the change is not answered from before it
                replica.add_announcement(pipeline, position)
            for add_commands, items in waiting.items():
                add_commands(pipeline, list(items))

        extensions.send_to_redis(fill)


@event.listens_for(extensions.db.session, "after_soft_rollback")
def _discard_after_rollback(session: Session, previous_transaction: SessionTransaction) -> None:
    if not previous_transaction.nested:
        session.info.pop(KEY, None)
        session.info.pop(CONNECTION_KEY, None)
