"""Run the rules after a change. What a rule does asks no other rule, so that no two can go round in a circle."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta

from sqlalchemy import exists, select, text

from helpdesk import clock
from helpdesk.domain import locking
from helpdesk.domain.administration import audit_log
from helpdesk.domain.people.reader_language import in_team_language
from helpdesk.domain.rules import actions, definition, matching
from helpdesk.domain.rules.definition import RuleDefinition
from helpdesk.domain.rules.facts import Facts
from helpdesk.domain.tickets import change_listeners, timeline
from helpdesk.extensions import db
from helpdesk.models.message import Message
from helpdesk.models.rule import RuleRun, RuleTrigger
from helpdesk.models.statuses import UNSOLVED_SQL
from helpdesk.models.ticket import Ticket

REPLY_PAUSE = timedelta(hours=24)  # in which a rule answers on one ticket once
MAX_RUNS = 50  # of one rule on one ticket in a day
BATCH_SIZE = 50  # tickets of one transaction

_is_running: ContextVar[bool] = ContextVar("rules_are_running", default=False)


def register() -> None:
    """Let rules run after what people do; called when the application is created."""
    change_listeners.register_listener(sys.modules[__name__])


def after_filing(ticket: Ticket, message: Message) -> None:
    """Run the rules for a new ticket."""
    _run_all(RuleTrigger.filed, Facts(ticket, message))


def after_reply(message: Message) -> None:
    """Run the rules for a new reply on a locked ticket."""
    _run_all(RuleTrigger.replied, Facts(message.ticket, message))


def after_change(ticket: Ticket) -> None:
    """Run the rules for a locked ticket whose status, priority or assignee was changed."""
    _run_all(RuleTrigger.changed, Facts(ticket))


def run_idle() -> int:
    """Run the rules for tickets on which nothing was done for their hours, a batch of each; returns how many acted.

    The caller commits and calls again while the result is not 0. A rule acts once on the same quiet; one that is for
    certain hours waits for these.
    """
    count = 0
    for rule in definition.list_active(RuleTrigger.idle):
        if not matching.is_its_time(rule.conditions):
            continue
        before = clock.now() - timedelta(hours=rule.idle_hours or 1)
        acted = exists().where(
            RuleRun.rule_id == rule.id, RuleRun.ticket_id == Ticket.id, RuleRun.at >= Ticket.updated_at
        )
        idle = select(Ticket.id).where(text(f"tickets.{UNSOLVED_SQL}"), Ticket.updated_at <= before, ~acted)
        ids = list(db.session.scalars(idle.order_by(Ticket.updated_at, Ticket.id).limit(BATCH_SIZE)))
        for ticket in locking.lock_tickets(ids):
            if not ticket.is_done and ticket.updated_at <= before:
                count += 1
                with _running():
                    _run(rule, Facts(ticket))
    db.session.flush()
    return count


def _run_all(trigger: RuleTrigger, facts: Facts) -> None:
    if _is_running.get():
        return
    rules = definition.list_active(trigger)
    if rules:
        with _running():
            for rule in rules:
                _run(rule, facts)


@in_team_language
def _run(rule: RuleDefinition, facts: Facts) -> None:
    """Do what ``rule`` says if its conditions hold, and write down why."""
    ticket = facts.ticket
    reasons = matching.find_reasons(rule.conditions, facts)
    done: list[str] = []
    if reasons is not None and _count_runs(rule, ticket) < MAX_RUNS:
        done = actions.apply_actions(rule, ticket, may_reply=not _has_replied_lately(rule, ticket))
        if done:
            timeline.add_event(ticket, "rule", None, team_only=True, rule=rule.name, reasons=reasons, done=done)
        for name in done:
            audit_log.add_entry("a rule acted", None, f"#{ticket.number} {rule.name}", ticket.organization_id, did=name)
    if done or rule.trigger == RuleTrigger.idle:
        db.session.flush()
        run = RuleRun(rule_id=rule.id, ticket_id=ticket.id, has_replied=actions.REPLIED in done, at=clock.now())
        db.session.add(run)
        db.session.flush()


def _count_runs(rule: RuleDefinition, ticket: Ticket) -> int:
    lately = RuleRun.at > clock.now() - timedelta(days=1)
    query = select(RuleRun.id).where(RuleRun.rule_id == rule.id, RuleRun.ticket_id == ticket.id, lately)
    return len(db.session.scalars(query.limit(MAX_RUNS)).all())


def _has_replied_lately(rule: RuleDefinition, ticket: Ticket) -> bool:
    answered = exists().where(
        RuleRun.rule_id == rule.id,
        RuleRun.ticket_id == ticket.id,
        RuleRun.has_replied,
        RuleRun.at > clock.now() - REPLY_PAUSE,
    )
    return bool(db.session.scalar(select(answered)))


@contextmanager
def _running() -> Iterator[None]:
    token = _is_running.set(True)
    try:
        yield
    finally:
        _is_running.reset(token)
