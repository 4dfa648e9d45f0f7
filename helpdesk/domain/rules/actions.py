"""Do what a rule says on a locked ticket. Each action adds what it did to the ticket's history and to the audit log."""

import logging
from collections.abc import Callable

from sqlalchemy import func, select, text, update

from helpdesk import urls
from helpdesk.domain import tickets
from helpdesk.domain.errors import DomainError
from helpdesk.domain.notifications import notify
from helpdesk.domain.rules.definition import RuleDefinition
from helpdesk.domain.tickets import canned_replies, status, tags
from helpdesk.extensions import db
from helpdesk.models.canned_reply import CannedReply
from helpdesk.models.notification import NotificationKind
from helpdesk.models.rule import Rule
from helpdesk.models.statuses import UNSOLVED_SQL, Status
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import Role, User
from helpdesk.translation import gettext

log = logging.getLogger(__name__)

REPLIED = "replied"


def apply_actions(rule: RuleDefinition, ticket: Ticket, *, may_reply: bool) -> list[str]:
    """Do what ``rule`` says; returns the names of what was done. What is so already is not done again, and what is
    refused, such as a reply that its variables make too long, is left out: what a customer does never fails by it.
    """
    wanted = [name for name, (field, _) in ACTIONS.items() if getattr(rule.actions, field)]
    return [name for name in wanted if (name != REPLIED or may_reply) and _is_done(name, rule, ticket)]


def choose_assignee(rule: RuleDefinition) -> User | None:
    """Whom ``rule`` assigns the next ticket to; None where nobody of its people is active."""
    people = load_team(rule.actions.assignees)
    if not people:
        return None
    if rule.actions.assign == "turn":
        return _next_in_turn(rule, people)
    if rule.actions.assign == "least":
        counts = _count_open([person.id for person in people])
        return min(people, key=lambda person: counts.get(person.id, 0))
    return people[0]


def load_team(ids: tuple[int, ...]) -> list[User]:
    """Return the active members of the team with these ids, in this order."""
    query = select(User).where(User.id.in_(ids), User.role != Role.requester, User.deactivated_at.is_(None))
    found = {user.id: user for user in db.session.scalars(query)} if ids else {}
    return [found[user_id] for user_id in ids if user_id in found]


def _is_done(name: str, rule: RuleDefinition, ticket: Ticket) -> bool:
    try:
        with db.session.begin_nested():
            _, action = ACTIONS[name]
            return action(rule, ticket)
    except DomainError as error:
        log.warning("Rule %s could not do what it says on ticket %s (%s): %s", rule.id, ticket.id, name, error.message)
        return False


def _assign(rule: RuleDefinition, ticket: Ticket) -> bool:
    if ticket.assignee_id is not None and not rule.actions.reassign:
        return False
    person = choose_assignee(rule)
    if person is None or person.id == ticket.assignee_id:
        return False
    status.change_assignee(ticket, person, actor=None)
    return True


def _set_priority(rule: RuleDefinition, ticket: Ticket) -> bool:
    if rule.actions.priority == ticket.priority:
        return False
    status.change_priority(ticket, rule.actions.priority, actor=None)
    return True


def _add_tags(rule: RuleDefinition, ticket: Ticket) -> bool:
    return tags.add_tags(ticket, rule.actions.tags).event is not None


def _reply(rule: RuleDefinition, ticket: Ticket) -> bool:
    authors = load_team((rule.actions.reply_author_id or 0,))
    canned = db.session.get(CannedReply, rule.actions.reply_id or 0)
    if not authors or canned is None or not canned.body or ticket.is_closed:
        return False
    author = authors[0]
    body = canned_replies.fill_variables(canned, ticket, author)
    tickets.reply(ticket, author=author, body=body, is_automatic=True)
    return True


def _set_status(rule: RuleDefinition, ticket: Ticket) -> bool:
    if ticket.is_closed or rule.actions.status == ticket.status:
        return False
    status.change_status(ticket, Status(rule.actions.status), actor=None)
    return True


def _notify(rule: RuleDefinition, ticket: Ticket) -> bool:
    people = load_team(rule.actions.notify)
    if not people:
        return False
    sentence = gettext(
        "The rule “%(rule)s” applies to #%(number)s %(subject)s (%(address)s).",
        rule=rule.name,
        number=ticket.number,
        subject=ticket.subject,
        address=urls.ticket_url(ticket.number),
    )
    notify.notify(notify.Occasion(NotificationKind.rule, ticket, detail=rule.name, sentence=sentence), people)
    return True


# In the order in which they are done, by the name that the history keeps: the field of ``Actions`` that asks for it.
ACTIONS: dict[str, tuple[str, Callable[[RuleDefinition, Ticket], bool]]] = {
    "assigned": ("assign", _assign),
    "priority": ("priority", _set_priority),
    "tagged": ("tags", _add_tags),
    REPLIED: ("reply_id", _reply),
    "status": ("status", _set_status),
    "notified": ("notify", _notify),
}


def _next_in_turn(rule: RuleDefinition, people: list[User]) -> User:
    """The person after the one who was assigned last; the rule's row is locked, so that no turn is given twice."""
    last = db.session.scalar(select(Rule.last_assignee_id).where(Rule.id == rule.id).with_for_update())
    ids = rule.actions.assignees  # with those who are away now: who comes after one of them keeps their turn
    begin = ids.index(last) + 1 if last in ids else 0
    active = {person.id: person for person in people}
    chosen = next(active[user_id] for user_id in (*ids[begin:], *ids[:begin]) if user_id in active)
    turn = update(Rule).where(Rule.id == rule.id).values(last_assignee_id=chosen.id)
    db.session.execute(turn.execution_options(synchronize_session=False))
    return chosen


def _count_open(ids: list[int]) -> dict[int, int]:
    query = (
        select(Ticket.assignee_id, func.count())
        .where(text(f"tickets.{UNSOLVED_SQL}"), Ticket.assignee_id.in_(ids))
        .group_by(Ticket.assignee_id)
    )
    return {assignee_id: count for assignee_id, count in db.session.execute(query) if assignee_id is not None}
