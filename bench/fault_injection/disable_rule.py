"""Rules of safe delivery, each undone in the rig's own processes and nowhere else, so that a check can be seen to fail.

``python -m bench.fault_injection.disable_rule RULE serve|worker …`` is ``helpdesk serve|worker …`` without that rule.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

RULES = {}
POST_METHOD = "chat.postMessage"


@dataclass(frozen=True)
class DisabledRule:
    """What undoes it, the check that has to notice, and the misbehaviour of Slack that it protects from, laid on thick."""

    undo: Callable[[], None]
    check: str
    against: tuple[tuple[str, str, float, dict], ...]


def register_rule(name: str, check: str, *against: tuple[str, str, float, dict]):
    """Keep the function under the rule's ``name``."""

    def keep(function):
        RULES[name] = DisabledRule(function, check, against)
        return function

    return keep


@register_rule("hold-off", "slack once", (POST_METHOD, "late", 0.12, {"seconds": 5, "answer": "reset"}))
def disable_hold_off() -> None:
    """Look, and try again, at once after an unknown outcome: what lands late is not there yet."""
    from helpdesk import config

    load = config.load_config

    def impatient(*arguments):
        loaded = load(*arguments)
        loaded.DELIVERY_HOLD_OFF = 0
        return loaded

    config.load_config = impatient


@register_rule("look-up", "slack once", (POST_METHOD, "reset_after", 0.1, {}))
def disable_look_up() -> None:
    """Try again without looking whether the first try arrived."""
    from helpdesk.channels.slack.channel import SlackChannel

    SlackChannel.find = lambda self, request: None


@register_rule("head-of-thread", "order", (POST_METHOD, "500_before", 0.1, {}))
def disable_head_of_thread() -> None:
    """Let any due row of a thread be claimed, not only the first unfinished one."""
    from sqlalchemy import bindparam, exists, or_

    from helpdesk.domain.outbox import claim as claims

    row, threads, channels = claims.deliveries.c, claims.threads.c, claims.channels.c
    has_root = exists().where(
        threads.id == row.thread_id,
        threads.channel_id == channels.id,
        or_(
            row.kind == "card",
            channels.kind.not_in(bindparam("kinds_with_root", expanding=True)),
            threads.external_id.is_not(None),
        ),
    )
    free = row.state.in_(claims.CLAIMABLE_STATES) & (row.due_at <= bindparam("now", type_=row.due_at.type))
    free &= or_(row.thread_id.is_(None), has_root)
    claims.DUE_QUERY = claims.due_statement(free)
    claims.CLAIMABLE_QUERY = claims.claimable_statement(free)
    claims.CLAIM_STATEMENT = claims.claim_statement(free)


@register_rule("immediate", "answers")
def disable_begin_immediate() -> None:
    """Begin SQLite's writing transactions as any other: two that read first and write later exclude each other."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    from helpdesk.database import sqlite

    event.remove(Engine, "begin", sqlite._begin)
    event.listen(Engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))


@register_rule("http-retries", "slack once", (POST_METHOD, "reset_after", 0.1, {}))
def http_retries() -> None:
    """Let the HTTP library post a second time by itself after a reset, as it does where it is not told otherwise."""
    import urllib3

    from helpdesk.channels.slack.api import http_pool

    http_pool.RETRIES = urllib3.Retry(1, allowed_methods=None)


def main() -> None:
    """Undo the rule named first, then run the command."""
    RULES[sys.argv[1]].undo()
    from helpdesk import cli

    cli.main(sys.argv[2:])


if __name__ == "__main__":
    main()
