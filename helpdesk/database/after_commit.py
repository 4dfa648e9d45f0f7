"""What Redis receives once the open transaction has committed, in one round trip; after a rollback nothing.

While Redis does not answer, nothing is lost: workers and pages look by themselves.
"""

from collections.abc import Callable, Hashable, Iterable

from redis.client import Pipeline
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from helpdesk import extensions

KEY = "redis_after_commit"  # in the session's ``info``

AddCommands = Callable[[Pipeline, list[Hashable]], None]


def send_after_commit(add_commands: AddCommands, items: Iterable[Hashable]) -> None:
    """Let ``add_commands`` add its commands for all items that were given for it, each once, after the commit."""
    waiting = extensions.db.session().info.setdefault(KEY, {})
    waiting.setdefault(add_commands, {}).update(dict.fromkeys(items))


@event.listens_for(extensions.db.session, "after_commit")
def _send(session: Session) -> None:
    if session.in_nested_transaction():
        return
    if waiting := session.info.pop(KEY, None):

        def fill(pipeline: Pipeline) -> None:
            for add_commands, items in waiting.items():
                add_commands(pipeline, list(items))

        extensions.send_to_redis(fill)


@event.listens_for(extensions.db.session, "after_soft_rollback")
def _discard_after_rollback(session: Session, previous_transaction: SessionTransaction) -> None:
    if not previous_transaction.nested:
        session.info.pop(KEY, None)
