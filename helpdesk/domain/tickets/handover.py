"""Hand over the open tickets of somebody who leaves the team."""

from sqlalchemy import Select, func, select

from helpdesk.domain import locking, outbox
from helpdesk.domain.administration import audit_log
from helpdesk.domain.errors import ValidationError
from helpdesk.domain.people import users
from helpdesk.domain.tickets import status
from helpdesk.extensions import db
from helpdesk.markup.name_order import sort_by_name
from helpdesk.models.canned_reply import CannedReply
from helpdesk.models.rule import Rule
from helpdesk.models.saved_view import SavedView
from helpdesk.models.statuses import Status
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from helpdesk.translation import gettext


def count_open_tickets(user: User) -> int:
    """The number of tickets assigned to ``user`` that are not closed."""
    return db.session.scalar(select(func.count()).select_from(_open_tickets(user).subquery())) or 0


def list_naming(user: User) -> list[str]:
    """The names of the saved views that filter by ``user`` and of the macros and rules that name them, of everybody."""
    mine = SavedView.filters["assignee"].as_string() == str(user.id)
    views = db.session.scalars(select(SavedView.name).where(mine, SavedView.owner_id != user.id))
    macros = db.session.scalars(select(CannedReply.title).where(CannedReply.assignee_id == user.id))
    rules = [rule.name for rule in db.session.scalars(select(Rule)) if _names(rule, user)]
    return [name for names in (views, macros, rules) for name in sort_by_name(names, str)]


def deactivate_user(user: User, *, actor: User | None, successor: User | None = None) -> int:
    """Deactivate ``user`` and assign their open tickets to ``successor``, or to nobody. Returns their number.

    Solved tickets count as open, since a customer's answer opens them again. Raises ConflictError and ValidationError.
    """
    if successor is not None and (not successor.is_team or not successor.is_active or successor.id == user.id):
        raise ValidationError(gettext("Choose somebody of the team who is active."), "successor")
    users.deactivate_user(user, actor=actor)
    number = reassign_open_tickets(user, successor, actor=actor)
    if number:
        receiver = successor.email if successor else "nobody"
        audit_log.add_entry("handed over tickets", actor, user.email, number=number, to=receiver)
    return number


def reassign_open_tickets(user: User, successor: User | None, *, actor: User | None) -> int:
    """Assign the open tickets of ``user`` to ``successor``, or to nobody. Returns their number."""
    tickets = [
        ticket
        for ticket in locking.lock_tickets(db.session.scalars(_open_tickets(user)))
        if ticket.assignee_id == user.id
    ]
    for ticket in tickets:
        status.record_assignment(ticket, successor, actor=actor)
        outbox.enqueue_card_update(ticket)
    return len(tickets)


def _names(rule: Rule, user: User) -> bool:
    """Whether ``rule`` assigns to ``user``, notifies them, or answers in their name."""
    done = rule.actions
    return user.id in (*done.get("assignees", ()), *done.get("notify", ()), done.get("reply_author_id"))


def _open_tickets(user: User) -> Select[int]:
    return select(Ticket.id).where(Ticket.assignee_id == user.id, Ticket.status != Status.closed)
