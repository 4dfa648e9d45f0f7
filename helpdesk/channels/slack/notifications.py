"""Notify agents in Slack: mentioned in the ticket's thread, or by a direct message. Slack notifies nobody else of an
answer than those who are mentioned in its thread or wrote there.
"""

from datetime import datetime

from sqlalchemy import select

from helpdesk import clock, jobs
from helpdesk.domain.administration import settings
from helpdesk.domain.outbox import enqueue
from helpdesk.extensions import db
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryKind
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User


def notify_agent(ticket: Ticket, user: User, sentence: str, due_at: datetime | None, is_repeated: bool) -> bool:
    """Notify one agent as they chose it; at ``due_at`` if that is given, and then directly: a thread waits for nobody.

    ``is_repeated``: not in a thread where they were mentioned already, because Slack notifies them of all its answers.
    Returns whether the thread shows it.
    """
    if not user.slack_user_id:
        return False
    thread = _find_thread(ticket) if user.chat_notifications == "thread" and due_at is None else None
    if thread is None:
        row = Delivery(
            kind=DeliveryKind.line,
            queue_key="talk",
            subject_id=user.id,
            due_at=due_at or clock.now(),
            data={"sentence": sentence, "mention": f"<@{user.slack_user_id}>"},
        )
        db.session.add(row)
        db.session.flush()
        if due_at is None:
            jobs.enqueue_after_commit("deliver", row.id)
        return False
    mention = f"<@{user.slack_user_id}>"
    if not (is_repeated and _was_mentioned(thread, mention)):
        _add_line(thread, sentence, mention)
    return True


def notify_group(ticket: Ticket, group: str, sentence: str) -> bool:
    """Mention a user group in the ticket's thread, if there is one."""
    thread = _find_thread(ticket)
    if thread is not None:
        _add_line(thread, sentence, f"<!subteam^{group}>")
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


def _add_line(thread: Thread, sentence: str, mention: str) -> None:
    line = enqueue.enqueue_delivery(thread, DeliveryKind.line, sentence=sentence, mention=mention, team_only=True)
    enqueue.wake_worker(line)


def _find_thread(ticket: Ticket) -> Thread | None:
    """Return the ticket's thread in the team's channel."""
    ours = (
        select(Thread)
        .join(Channel, Channel.id == Thread.channel_id)
        .where(Thread.ticket_id == ticket.id, Thread.ended_at.is_(None))
        .where(Channel.kind == "slack", Channel.audience == "team", Channel.removed_at.is_(None))
    )
    return db.session.scalar(ours.order_by(Thread.id).limit(1))


def _was_mentioned(thread: Thread, mention: str) -> bool:
    lines = select(Delivery.data).where(Delivery.thread_id == thread.id, Delivery.kind == DeliveryKind.line)
    return any(data.get("mention") == mention for data in db.session.scalars(lines))
