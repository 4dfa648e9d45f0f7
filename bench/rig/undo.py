"""Rules of safe delivery, each undone in the rig's own processes and nowhere else, so that a check can be seen to fail.

``python -m bench.rig.undo RULE serve|worker …`` is ``helpdesk serve|worker …`` without that rule.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

UNDONE = {}
POST = "chat.postMessage"


@dataclass(frozen=True)
class Rule:
    """What undoes it, the check that has to notice, and the misbehaviour of Slack that it protects from, laid on thick."""

    undo: Callable[[], None]
    check: str
    against: tuple[tuple[str, str, float, dict], ...]


def rule(name: str, check: str, *against: tuple[str, str, float, dict]):
    """Keep the function under the rule's ``name``."""

    def keep(function):
        UNDONE[name] = Rule(function, check, against)
        return function

    return keep


@rule("hold-off", "slack once", (POST, "late", 0.12, {"seconds": 5, "answer": "reset"}))
def hold_off() -> None:
    """Look, and try again, at once after an unknown outcome: what lands late is not there yet."""
    from helpdesk import config

    load = config.load

    def impatient(*arguments):
        loaded = load(*arguments)
        loaded.DELIVERY_HOLD_OFF = 0
        return loaded

    config.load = impatient


@rule("look-up", "slack once", (POST, "reset_after", 0.1, {}))
def look_up() -> None:
    """Try again without looking whether the first try arrived."""
    from helpdesk.channels import slack

    slack.find = lambda post, client=None: None


@rule("head-of-thread", "order", (POST, "500_before", 0.1, {}))
def head_of_thread() -> None:
    """Let any due row of a thread be claimed, not only the first unfinished one."""
    from sqlalchemy import bindparam, exists, or_

    from helpdesk.domain.outbox import claiming

    row, threads, channels = claiming.deliveries.c, claiming.threads.c, claiming.channels.c
    has_root = exists().where(
        threads.id == row.thread_id,
        threads.channel_id == channels.id,
        or_(row.kind == "card", channels.kind != "slack", threads.external_id.is_not(None)),
    )
    free = row.state.in_(claiming.WAITING) & (row.due_at <= bindparam("now", type_=row.due_at.type))
    free &= or_(row.thread_id.is_(None), has_root)
    for statement in (claiming.DUE, claiming.CLAIMABLE, claiming.CLAIM):  # made once, the condition last in each
        statement._where_criteria = (*statement._where_criteria[:-1], free)


@rule("immediate", "answers")
def immediate() -> None:
    """Begin SQLite's writing transactions as any other: two that read first and write later exclude each other."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    from helpdesk import extensions

    event.remove(Engine, "begin", extensions._begin)
    event.listen(Engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))


@rule("sdk-retries", "slack once", (POST, "reset_after", 0.1, {}))
def sdk_retries() -> None:
    """Let the SDK post a second time by itself after a reset, as it does by default."""
    from helpdesk.channels.slack import keeping

    make = keeping.KeepingClient
    keeping.KeepingClient = lambda *arguments, retry_handlers, **more: make(*arguments, **more)


def main() -> None:
    """Undo the rule named first, then run the command."""
    UNDONE[sys.argv[1]].undo()
    from helpdesk import cli

    cli.main(sys.argv[2:])


if __name__ == "__main__":
    main()
