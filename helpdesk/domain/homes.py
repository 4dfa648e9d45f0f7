"""Agents' home pages in Slack, kept fresh while somebody may be looking: one row of the outbox for each, used again."""

from datetime import timedelta

from sqlalchemy import select, update

from helpdesk import after_commit, clock, extensions, urls
from helpdesk.channels.slack import blocks
from helpdesk.domain import desk, words
from helpdesk.extensions import db
from helpdesk.models.people import User
from helpdesk.models.sync import Delivery, State
from helpdesk.models.tickets import UNSOLVED, Ticket

FRESH_FOR = timedelta(hours=2)  # after it was last opened; opening it again draws it anew anyway
OWN, OTHERS = timedelta(seconds=3), timedelta(seconds=15)  # the least time between two drawings, by whose ticket it is
AT_REST = (State.sent, State.skipped, State.failed)
SHOWN = 15


def opened(user: User) -> None:
    """``user`` looks at their home page: draw it now."""
    row = db.session.scalar(_rows().where(Delivery.subject_id == user.id).order_by(Delivery.id).limit(1))
    if row is None:
        row = Delivery(kind="home", lane="card", subject_id=user.id)
        db.session.add(row)
    row.created_at = clock.now()
    if row.state in (None, *AT_REST, State.pending):
        row.state, row.due_at, row.attempts, row.finished_at = State.pending, clock.now(), 0, None
    db.session.flush()
    after_commit.call_later("deliver", row.id)


def refresh(ticket_id: int) -> int:
    """Have every home page that somebody may look at drawn anew soon. Returns how many. Commits."""
    fresh = Delivery.created_at > clock.now() - FRESH_FOR
    with extensions.reading():
        rows = _rows().with_only_columns(Delivery.id, Delivery.subject_id)
        waiting = [tuple(row) for row in db.session.execute(rows.where(fresh, Delivery.state.in_(AT_REST)))]
        assignee_id = db.session.scalar(select(Ticket.assignee_id).where(Ticket.id == ticket_id)) if waiting else None
    for id, user_id in sorted(waiting):
        soon = clock.now() + (OWN if user_id == assignee_id else OTHERS)
        db.session.execute(
            update(Delivery)
            .where(Delivery.id == id, Delivery.state.in_(AT_REST))
            .values(state=State.pending, due_at=soon, attempts=0, finished_at=None)
            .execution_options(synchronize_session=False)
        )
        db.session.commit()
    return len(waiting)


def view(user: User) -> dict:
    """The home page of ``user`` as it is now."""
    mine = desk.tickets_page(user, {"view": "mine"}, size=SHOWN).tickets
    unassigned = desk.tickets_page(user, {"view": "unassigned"}, size=SHOWN).tickets
    counts = {each.key: each.count or 0 for each in desk.views(user)}
    return blocks.home(
        blocks.HomeValues(
            name=user.display_name,
            url=urls.absolute("/desk"),
            mine=tuple(row(ticket) for ticket in mine),
            unassigned=tuple(row(ticket) for ticket in unassigned),
            mine_total=counts.get("mine", 0),
            unassigned_total=counts.get("unassigned", 0),
        )
    )


def row(ticket: Ticket) -> blocks.ListRow:
    """One ticket in a list."""
    waits = ticket.status in UNSOLVED
    return blocks.ListRow(
        number=ticket.number,
        subject=ticket.subject,
        status_word=words.status(ticket.status),
        organization=ticket.organization.name,
        url=urls.ticket(ticket.number),
        assignee=ticket.assignee.display_name if ticket.assignee else None,
        status=str(ticket.status),
        waiting=f"for {words.length((clock.now() - ticket.status_since).total_seconds())}" if waits else "",
    )


def _rows():
    return select(Delivery).where(Delivery.kind == "home", Delivery.thread_id.is_(None))
