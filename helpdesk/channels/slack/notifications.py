"""Notify agents in Slack: mentioned in the ticket's thread, or by a direct message. Slack notifies nobody else of an
answer than those who are mentioned in its thread or wrote there.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, exists, select

from helpdesk import clock, jobs
from helpdesk.database import transactions
from helpdesk.domain.administration import settings
from helpdesk.domain.outbox import enqueue
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

_thread, _channel, _delivery = Thread.__table__, Channel.__table__, Delivery.__table__
# The ticket's thread in the team's channel, and whether a line in it has the mention. Built once: every reply of a
# customer to an agent executes it.
TEAM_THREAD_QUERY = (
    select(
        _thread.c.id,
        exists()
        .where(
            _delivery.c.thread_id == _thread.c.id,
            _delivery.c.kind == DeliveryKind.line,
            _delivery.c.data["mention"].as_string() == bindparam("mention"),
        )
        .correlate(_thread)
        .label("was_mentioned"),
    )
    .select_from(_thread.join(_channel))
    .where(
        _thread.c.ticket_id == bindparam("ticket_id"),
        _thread.c.ended_at.is_(None),
        _channel.c.kind == "slack",
        _channel.c.audience == "team",
        _channel.c.removed_at.is_(None),
    )
    .order_by(_thread.c.id)
    .limit(1)
)


def notify_agent(ticket: Ticket, user: User, sentence: str, due_at: datetime | None, is_repeated: bool) -> bool:
    """Notify one agent as they chose it; at ``due_at`` if that is given, and then directly: a thread waits for nobody.

    ``is_repeated``: not in a thread where they were mentioned already, because Slack notifies them of all its answers.
    Returns whether the thread shows it.
    """
    if not user.slack_user_id:
        return False
    mention = f"<@{user.slack_user_id}>"
    is_in_thread = user.chat_notifications == "thread" and due_at is None
    thread = _find_thread(ticket, mention) if is_in_thread else None
    if thread is None:
        _enqueue_direct_line(user, sentence, mention, due_at)
        return False
    if not (is_repeated and thread.was_mentioned):
        _add_line(thread.id, sentence, mention)
    return True


def notify_group(ticket: Ticket, group: str, sentence: str) -> bool:
    """Mention a user group in the ticket's thread, if there is one."""
    mention = f"<!subteam^{group}>"
    thread = _find_thread(ticket, mention)
    if thread is not None:
        _add_line(thread.id, sentence, mention)
    return thread is not None


def notify_team(sentence: str) -> bool:
    """Post a line in the triage channel, if there is one."""
    if not settings.get("triage_channel"):
        return False
    row = Delivery(kind=DeliveryKind.line, queue_key="talk", due_at=clock.now(), data={"sentence": sentence})
    db.session.add(row)
    db.session.flush()
    jobs.enqueue_after_commit("deliver", row.id)
    return True


def _enqueue_direct_line(user: User, sentence: str, mention: str, due_at: datetime | None) -> None:
    row = {
        "kind": DeliveryKind.line,
        "queue_key": "talk",
        "subject_id": user.id,
        "due_at": due_at or clock.now(),
        "data": {"sentence": sentence, "mention": mention},
    }
    enqueue.enqueue_rows([row])


def _add_line(thread_id: int, sentence: str, mention: str) -> None:
    batch = enqueue.DeliveryBatch()
    batch.add(thread_id, DeliveryKind.line, sentence=sentence, mention=mention, team_only=True)
    batch.write()


def _find_thread(ticket: Ticket, mention: str) -> Row[*tuple[Any, ...]] | None:
    """Return the id of the ticket's thread in the team's channel, and whether a line in it has ``mention``."""
    return transactions.execute_core(TEAM_THREAD_QUERY, {"ticket_id": ticket.id, "mention": mention}).first()
