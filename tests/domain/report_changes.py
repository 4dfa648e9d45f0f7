"""Changes of what reports count and are asked by, each of a ticket at random, as verbs and as single statements."""

from datetime import timedelta

from sqlalchemy import delete, func, insert, select, update

from helpdesk import clock
from helpdesk.domain import tickets
from helpdesk.domain.privacy import erasure
from helpdesk.domain.tickets import bulk_update, merge_undo, merging, transfer
from helpdesk.extensions import db
from helpdesk.models.event import Event
from helpdesk.models.form import FormVersion
from helpdesk.models.message import Message
from helpdesk.models.organization import Organization
from helpdesk.models.rating import Rating
from helpdesk.models.sla import SlaTimer
from helpdesk.models.tag import Tag, TicketTag
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User


class Changes:
    """Each public method is one change; ``chance`` chooses what it is about."""

    def __init__(self, chance, lead):
        self.chance = chance
        self.lead_id = lead.id

    @classmethod
    def list_names(cls):
        """The names of the changes."""
        return [name for name in vars(cls) if not name.startswith("_") and name != "list_names"]

    @property
    def _lead(self):
        return db.session.get(User, self.lead_id)

    def _ticket(self, *conditions):
        ids = db.session.scalars(select(Ticket.id).where(*conditions).order_by(Ticket.id)).all()
        return db.session.get(Ticket, self.chance.choice(ids))

    def _any(self, model, *conditions):
        rows = db.session.scalars(select(model).where(*conditions)).all()
        return self.chance.choice(sorted(rows, key=lambda row: [getattr(row, each) for each in KEYS[model]]))

    def _past(self, days=60):
        return clock.now() - timedelta(minutes=self.chance.randrange(1, days * 1440))

    def _set(self, ticket, **values):
        db.session.execute(update(Ticket).where(Ticket.id == ticket.id).values(**values))

    def file(self):
        requester = self._any(User, User.role == "requester", User.organization_id.is_not(None))
        tickets.create_ticket(requester=requester, subject="New", body="Something is new.")

    def reply(self):
        tickets.reply(self._ticket(Ticket.status != "closed"), author=self._lead, body="We look into it.")

    def solve(self):
        tickets.solve(self._ticket(Ticket.status.in_(("open", "pending", "on_hold"))), actor=self._lead)

    def reopen(self):
        tickets.set_status(self._ticket(Ticket.status == "solved"), "open", actor=self._lead)

    def wait(self):
        tickets.set_status(self._ticket(Ticket.status == "open"), "pending", actor=self._lead)

    def change_many(self):
        ids = [self._ticket(Ticket.status != "closed").id for _ in range(3)]
        bulk_update.update_tickets(ids, actor=self._lead, priority="high", add_tags="vip")

    def assign(self):
        tickets.assign(
            self._ticket(Ticket.assignee_id.is_(None), Ticket.status != "closed"), self._lead, actor=self._lead
        )

    def merge_and_undo(self):
        source = self._ticket(Ticket.status.in_(("open", "pending")))
        target = self._ticket(
            Ticket.organization_id == source.organization_id, Ticket.id != source.id, Ticket.status != "closed"
        )
        merging.merge_tickets(source, target, actor=self._lead)
        db.session.commit()
        yield
        merge_undo.undo_merge(db.session.get(Ticket, source.id), actor=self._lead)

    def move(self):
        ticket = self._ticket(Ticket.status != "closed")
        target = self._any(Organization, Organization.id != ticket.organization_id, Organization.id.in_(_with_people()))
        requester = self._any(User, User.organization_id == target.id)
        transfer.transfer_ticket(ticket, target, requester=requester, actor=self._lead)

    def erase_tickets(self):
        erasure.erase_tickets([self._ticket().id, self._ticket().id])

    def erase_person(self):
        requester = self._any(User, User.role == "requester")
        erasure.erase_person(requester, actor=self._lead, words=True, subjects=True)

    def import_ticket(self):
        like, filed = self._ticket(Ticket.solved_at.is_not(None)), self._past()
        values = {"created_at": filed, "updated_at": filed, "turn_since": filed, "status": "solved", "subject": "Old"}
        names = ("organization_id", "requester_id", "assignee_id")
        values |= {name: getattr(like, name) for name in names} | {"solved_at": filed + timedelta(hours=3)}
        db.session.execute(insert(Ticket).values(**values, first_response_at=filed + timedelta(minutes=9)))

    def backdate(self):
        ticket = self._ticket()
        self._set(ticket, created_at=ticket.created_at - timedelta(days=3))

    def answer_earlier(self):
        ticket = self._ticket(Ticket.first_response_at.is_not(None))
        self._set(ticket, first_response_at=ticket.created_at + timedelta(seconds=77))

    def forget_the_answer(self):
        self._set(self._ticket(Ticket.first_response_at.is_not(None)), first_response_at=None)

    def solve_later(self):
        ticket = self._ticket(Ticket.solved_at < clock.now() - timedelta(days=4))
        self._set(ticket, solved_at=ticket.solved_at + timedelta(days=3))

    def end_without_a_time(self):
        self._set(self._ticket(Ticket.solved_at.is_(None), Ticket.status != "closed"), status="closed")

    def change_the_priority(self):
        ticket = self._ticket()
        self._set(ticket, priority="urgent" if ticket.priority == "low" else "low")

    def change_the_form(self):
        ticket = self._ticket()
        other = self._any(FormVersion, FormVersion.id != (ticket.form_version_id or 0))
        self._set(ticket, form_version_id=other.id)

    def take_the_assignee(self):
        self._set(self._ticket(Ticket.assignee_id.is_not(None)), assignee_id=None)

    def add_an_event(self):
        ticket = self._ticket()
        seq = 1 + db.session.scalar(select(func.coalesce(func.max(Event.seq), 0)).where(Event.ticket_id == ticket.id))
        at = ticket.created_at + timedelta(minutes=3)
        owner = {"ticket_id": ticket.id, "organization_id": ticket.organization_id}
        data = {"old": "solved", "new": "on_hold"}
        db.session.execute(insert(Event).values(**owner, seq=seq + 500, kind="reopened", data=data, created_at=at))

    def change_an_event(self):
        event = self._any(Event, Event.kind == "status")
        new = "on_hold" if event.data["new"] != "on_hold" else "pending"
        db.session.execute(update(Event).where(Event.id == event.id).values(data=event.data | {"new": new}))

    def delete_an_event(self):
        db.session.execute(delete(Event).where(Event.id == self._any(Event, Event.kind == "reopened").id))

    def rate(self):
        rated = select(Rating.ticket_id)
        ticket = self._ticket(Ticket.solved_at.is_not(None), Ticket.id.not_in(rated))
        db.session.execute(insert(Rating).values(ticket_id=ticket.id, score=2, created_at=clock.now()))

    def rate_anew(self):
        rating = self._any(Rating)
        new = 1 + rating.score % 5
        db.session.execute(update(Rating).where(Rating.ticket_id == rating.ticket_id).values(score=new))

    def take_a_rating(self):
        db.session.execute(delete(Rating).where(Rating.ticket_id == self._any(Rating).ticket_id))

    def say_earlier(self):
        ticket = self._ticket(Ticket.solved_at.is_not(None))
        owner = {"ticket_id": ticket.id, "organization_id": ticket.organization_id, "kind": "reply", "from_team": True}
        seqs = (700 + self.chance.randrange(10_000), 20_000 + self.chance.randrange(10_000))
        rows = [{**owner, "seq": seq, "body": "x", "created_at": ticket.created_at} for seq in seqs]
        db.session.execute(insert(Message), rows)

    def make_replies_notes(self):
        replies = (Message.from_team, Message.kind == "reply", Message.created_at < clock.now() - timedelta(days=2))
        db.session.execute(update(Message).where(*replies).values(kind="note"))

    def delete_replies(self):
        ticket = self._ticket(Ticket.id.in_(select(Message.ticket_id).where(Message.from_team)))
        db.session.execute(delete(Message).where(Message.ticket_id == ticket.id))

    def miss_a_target(self):
        met = (SlaTimer.stopped_at.is_not(None), SlaTimer.breached.is_(False))
        timer = self._any(SlaTimer, *met)
        same = (SlaTimer.ticket_id == timer.ticket_id, SlaTimer.kind == timer.kind)
        db.session.execute(update(SlaTimer).where(*same).values(breached=True))

    def begin_a_timer(self):
        timed = select(SlaTimer.ticket_id)
        ticket = self._ticket(Ticket.id.not_in(timed))
        values = {"ticket_id": ticket.id, "kind": "resolution", "target": 60, "due_at": self._past(20)}
        db.session.execute(insert(SlaTimer).values(**values))

    def end_timers(self):
        timer = self._any(SlaTimer)
        db.session.execute(delete(SlaTimer).where(SlaTimer.ticket_id == timer.ticket_id))

    def tag(self):
        tag = self._any(Tag)
        ticket = self._ticket(Ticket.id.not_in(select(TicketTag.ticket_id).where(TicketTag.tag_id == tag.id)))
        db.session.execute(insert(TicketTag).values(ticket_id=ticket.id, tag_id=tag.id))

    def change_a_tag(self):
        other = db.session.scalar(select(Tag.id).where(Tag.name == "late"))
        link = self._any(TicketTag, TicketTag.tag_id != other)
        same = (TicketTag.ticket_id == link.ticket_id, TicketTag.tag_id == link.tag_id)
        db.session.execute(update(TicketTag).where(*same).values(tag_id=other))

    def delete_a_tag(self):
        db.session.execute(delete(TicketTag).where(TicketTag.tag_id == self._any(Tag, Tag.name == "refund").id))


KEYS = {
    **dict.fromkeys((User, Organization, FormVersion, Event, Tag), ("id",)),
    Rating: ("ticket_id",),
    SlaTimer: ("ticket_id", "kind"),
    TicketTag: ("ticket_id", "tag_id"),
}


def _with_people():
    return select(User.organization_id).where(User.organization_id.is_not(None))
