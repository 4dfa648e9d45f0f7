"""What a rule would have done in the last month, without doing it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.domain.rules import actions, matching
from helpdesk.domain.rules.definition import ASSIGN_LABELS, RuleDefinition
from helpdesk.domain.rules.facts import Facts
from helpdesk.domain.rules.reasons import Reason, describe_reason
from helpdesk.extensions import db
from helpdesk.models.canned_reply import CannedReply
from helpdesk.models.message import Message, MessageKind
from helpdesk.models.priorities import Priority
from helpdesk.models.rule import RuleTrigger
from helpdesk.models.statuses import UNSOLVED_SQL, Status
from helpdesk.models.ticket import Ticket
from helpdesk.translation import format_list, gettext

PERIOD = timedelta(days=30)
MAX_EXAMINED = 1000  # of the newest
MAX_SHOWN = 50


@dataclass(frozen=True)
class Match:
    """A ticket on which the rule would have acted, when, and why."""

    ticket: Ticket
    at: datetime
    reasons: list[Reason]

    def describe_reasons(self) -> list[str]:
        """Return the reasons in the reader's language."""
        return [describe_reason(reason) for reason in self.reasons]


@dataclass(frozen=True)
class DryRun:
    """``matches``: the newest, at most MAX_SHOWN; ``count``: all of them, among ``examined``."""

    matches: list[Match]
    count: int
    examined: int


def try_rule(rule: RuleDefinition) -> DryRun:
    """Compare the rule with what the last month brought for its trigger; nothing is changed.

    Priority, assignee and answers are asked as they are now.
    """
    examined = _list_facts(rule)
    matches = [
        Match(facts.ticket, facts.at, reasons)
        for facts in examined
        if (reasons := matching.find_reasons(rule.conditions, facts)) is not None
    ]
    return DryRun(matches[:MAX_SHOWN], len(matches), len(examined))


def describe_actions(rule: RuleDefinition) -> list[str]:
    """What the rule does, a sentence each."""
    wanted, found = rule.actions, []
    if wanted.assign:
        names = format_list([person.display_name for person in actions.load_team(wanted.assignees)])
        found.append(gettext("Assigns: %(how)s (%(people)s)", how=ASSIGN_LABELS[wanted.assign], people=names))
    if wanted.priority:
        found.append(gettext("Priority: %(priority)s", priority=Priority(wanted.priority).definition.label))
    if wanted.tags:
        found.append(gettext("Adds tags: %(tags)s", tags=format_list(wanted.tags, "unit")))
    if wanted.reply_id and (canned := db.session.get(CannedReply, wanted.reply_id)):
        found.append(gettext("Replies with “%(macro)s”", macro=canned.title))
    if wanted.status:
        found.append(gettext("Status: %(status)s", status=Status(wanted.status).definition.team_label))
    if wanted.notify:
        names = format_list([person.display_name for person in actions.load_team(wanted.notify)])
        found.append(gettext("Notifies %(people)s", people=names))
    return found


def _list_facts(rule: RuleDefinition) -> list[Facts]:
    since = clock.now() - PERIOD
    if rule.trigger in (RuleTrigger.filed, RuleTrigger.replied):
        is_first = rule.trigger == RuleTrigger.filed
        messages = (
            select(Message)
            .join(Message.ticket)
            .where(Message.created_at >= since, Message.kind == MessageKind.reply, Message.deleted_at.is_(None))
            .where(Message.seq == 1 if is_first else Message.seq > 1)
            .options(joinedload(Message.ticket))
        )
        found = db.session.scalars(messages.order_by(Message.id.desc()).limit(MAX_EXAMINED))
        return [Facts(each.ticket, each, each.created_at, is_as_filed=is_first) for each in found]
    query, pause = select(Ticket), timedelta()
    if rule.trigger == RuleTrigger.idle:
        pause = timedelta(hours=rule.idle_hours or 1)
        query = query.where(text(f"tickets.{UNSOLVED_SQL}"), Ticket.updated_at <= clock.now() - pause)
    else:
        query = query.where(Ticket.updated_at >= since)
    newest = query.order_by(Ticket.updated_at.desc(), Ticket.id.desc()).limit(MAX_EXAMINED)
    return [Facts(ticket, at=ticket.updated_at + pause) for ticket in db.session.scalars(newest)]
