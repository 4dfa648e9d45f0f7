"""Disables one rule of safe delivery in the processes of a run, to show that a check then fails.

``python -m bench.fault_injection.disable_rule RULE serve|worker …`` is ``helpdesk serve|worker …`` without that rule.
A rule that patches a name which the product no longer has ends the process, because its run would prove nothing.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

RULES: dict[str, "DisabledRule"] = {}
POST_METHOD = "chat.postMessage"


@dataclass(frozen=True)
class DisabledRule:
    """``disable`` patches the product, ``check`` has to fail then, ``against`` are Slack faults it handles."""

    disable: Callable[[], None]
    check: str
    against: tuple[tuple[str, str, float, dict], ...]


def register_rule(name: str, check: str, *against: tuple[str, str, float, dict]):
    """Register the function as what disables the rule ``name``."""

    def register(function):
        RULES[name] = DisabledRule(function, check, against)
        return function

    return register


def replace_attribute(owner: object, name: str, value: Any) -> Any:
    """Replace ``owner.name`` and return what it was. Raises SystemExit when there is nothing to replace."""
    missing = object()
    original = getattr(owner, name, missing)
    if original is missing:
        raise SystemExit(f"Rule not disabled: {owner!r} has no {name}.")
    setattr(owner, name, value)
    return original


@register_rule("hold-off", "slack once", (POST_METHOD, "late", 0.12, {"seconds": 5, "answer": "reset"}))
def disable_hold_off() -> None:
    """Look for the message, and send it again, at once after an unknown outcome: a late post is not stored yet."""
    from helpdesk import config

    load_config = config.load_config

    def load_without_hold_off(*arguments):
        loaded = load_config(*arguments)
        replace_attribute(loaded, "DELIVERY_HOLD_OFF", 0)
        return loaded

    replace_attribute(config, "load_config", load_without_hold_off)


@register_rule("look-up", "slack once", (POST_METHOD, "reset_after", 0.1, {}))
def disable_look_up() -> None:
    """Send again without looking whether the first attempt arrived."""
    from helpdesk.channels.slack.channel import SlackChannel

    replace_attribute(SlackChannel, "find", lambda self, request: None)


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
    replace_attribute(claims, "DUE_QUERY", claims.due_statement(free))
    replace_attribute(claims, "CLAIMABLE_QUERY", claims.claimable_statement(free))
    replace_attribute(claims, "CLAIM_STATEMENT", claims.claim_statement(free))


@register_rule("immediate", "answers")
def disable_begin_immediate() -> None:
    """Begin SQLite's writing transactions without the lock: two that read first and write later exclude each other."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    from helpdesk.database import sqlite

    event.remove(Engine, "begin", sqlite._begin)
    event.listen(Engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))


@register_rule("http-retries", "slack once", (POST_METHOD, "reset_after", 0.1, {}))
def enable_http_retries() -> None:
    """Let the HTTP library post a second time by itself after a reset, as its default is."""
    import urllib3

    from helpdesk.channels.slack.api import http_pool

    replace_attribute(http_pool, "RETRIES", urllib3.Retry(1, allowed_methods=None))


def main() -> None:
    """Disable the rule named first, then run the command."""
    RULES[sys.argv[1]].disable()
    from helpdesk import cli

    cli.main(sys.argv[2:])


if __name__ == "__main__":
    main()
