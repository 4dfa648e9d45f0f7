"""Agents' home pages in Slack, refreshed while somebody may be looking: one row of the outbox for each, reused."""

from datetime import timedelta

from sqlalchemy import Select, select, update

from helpdesk import clock, jobs, urls
from helpdesk.channels.slack import ticket_rows
from helpdesk.channels.slack.render import blocks
from helpdesk.database import transactions
from helpdesk.domain.ticket_lists import agent_queue
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

ACTIVE_WITHIN = timedelta(hours=2)  # after it was last opened; opening it again renders it again anyway
OWN_REFRESH_DELAY, OTHERS_REFRESH_DELAY = (
    timedelta(seconds=3),
    timedelta(seconds=15),
)  # the least time between two renderings, by whose ticket it is
FINISHED_STATES = (DeliveryState.sent, DeliveryState.cancelled, DeliveryState.failed)
PAGE_SIZE = 15


def mark_opened(user: User) -> None:
    """Render the home page of ``user``, who has just opened it."""
    row = db.session.scalar(_home_rows().where(Delivery.subject_id == user.id).order_by(Delivery.id).limit(1))
    if row is None:
        row = Delivery(kind=DeliveryKind.home, queue_key="card", subject_id=user.id)
        db.session.add(row)
    row.created_at = clock.now()
    if row.state in (None, *FINISHED_STATES, DeliveryState.pending):
        row.state, row.due_at, row.attempts, row.finished_at = DeliveryState.pending, clock.now(), 0, None
    db.session.flush()
    jobs.enqueue_after_commit("deliver", row.id)


def refresh_homes(ticket_id: int) -> int:
    """Schedule a rendering of every home page that somebody may be looking at. Returns how many. Commits."""
    fresh = Delivery.created_at > clock.now() - ACTIVE_WITHIN
    with transactions.read_only():
        rows = _home_rows().with_only_columns(Delivery.id, Delivery.subject_id)
        waiting = [tuple(row) for row in db.session.execute(rows.where(fresh, Delivery.state.in_(FINISHED_STATES)))]
        assignee_id = db.session.scalar(select(Ticket.assignee_id).where(Ticket.id == ticket_id)) if waiting else None
    for id, user_id in sorted(waiting):
        soon = clock.now() + (OWN_REFRESH_DELAY if user_id == assignee_id else OTHERS_REFRESH_DELAY)
        db.session.execute(
            update(Delivery)
            .where(Delivery.id == id, Delivery.state.in_(FINISHED_STATES))
            .values(state=DeliveryState.pending, due_at=soon, attempts=0, finished_at=None)
            .execution_options(synchronize_session=False)
        )
        db.session.commit()
    return len(waiting)


def render_home(user: User) -> dict:
    """Return the current home page of ``user``."""
    mine = agent_queue.fetch_tickets_page(user, {"view": "mine"}, size=PAGE_SIZE).tickets
    unassigned = agent_queue.fetch_tickets_page(user, {"view": "unassigned"}, size=PAGE_SIZE).tickets
    counts = {each.key: each.count or 0 for each in agent_queue.list_views(user)}
    return blocks.home_view(
        blocks.HomeValues(
            name=user.display_name,
            url=urls.absolute_url("/desk"),
            mine=ticket_rows.build_rows(mine),
            unassigned=ticket_rows.build_rows(unassigned),
            mine_total=counts.get("mine", 0),
            unassigned_total=counts.get("unassigned", 0),
        )
    )


def _home_rows() -> Select[tuple[Delivery]]:
    return select(Delivery).where(Delivery.kind == DeliveryKind.home, Delivery.thread_id.is_(None))
