"""Every function that changes a ticket, as a call by names on one small world; for tests that walk all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from helpdesk import clock
from helpdesk.domain import outbox, tickets
from helpdesk.domain.errors import DomainError, PermissionDenied
from helpdesk.domain.people import drafts, permissions
from helpdesk.domain.privacy import erasure
from helpdesk.domain.reporting import qa_reviews
from helpdesk.domain.tickets import (
    auto_close,
    bulk_update,
    links,
    merge_undo,
    merging,
    ratings,
    reactions,
    read_receipts,
    requester,
    splitting,
    subject,
    transfer,
)
from helpdesk.extensions import db
from helpdesk.models.delivery import Delivery
from helpdesk.models.form import Field
from helpdesk.models.message import Message
from helpdesk.models.organization import Organization
from helpdesk.models.qa_review import QaReview
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User


@dataclass(frozen=True)
class World:
    """The ids of a world. Ann filed ``ticket``, ``other`` and ``merged``, which was merged into ``ticket``, and wrote
    ``hers``; Maya answered with ``answer``.
    """

    here: int
    there: int
    ann: int
    bo: int
    cy: int
    maya: int
    ada: int
    ticket: int
    other: int
    merged: int
    hers: int
    answer: int
    field: int
    delivery: int
    seq: int


class Loaded:
    """The rows of a world as one request loads them: what is used later is loaded when the request begins."""

    MODELS = {
        "here": Organization,
        "there": Organization,
        **dict.fromkeys(("ann", "bo", "cy", "maya", "ada"), User),
        "ticket": Ticket,
        "other": Ticket,
        "merged": Ticket,
        "hers": Message,
        "answer": Message,
        "field": Field,
        "delivery": Delivery,
    }

    def __init__(self, world: World):
        self.world = world
        for name, model in self.MODELS.items():
            setattr(self, name, db.session.get(model, getattr(world, name)))
        self.receipt = self.ticket and read_receipts.PendingReadReceipt(world.bo, world.ticket, 1, False)
        for row in (self.ticket, self.other, self.merged, self.hers, self.answer, self.delivery):
            _ = row and [getattr(row, name, None) for name in ("ticket", "organization", "thread", "merged_into")]


@dataclass(frozen=True)
class Verb:
    """One function. ``actor`` calls it; a ``customer`` may only while they see the ticket. ``covers``: its name."""

    name: str
    covers: str
    actor: str
    call: Callable[[Loaded], object]

    @property
    def is_customers(self) -> bool:
        return self.actor in ("ann", "bo")

    def run(self, loaded: Loaded) -> str:
        """Call it and commit; the outcome: "done" or "refused"."""
        try:
            self.call(loaded)
            db.session.commit()
            return "done"
        except DomainError:
            db.session.rollback()
            return "refused"

    def run_as_request(self, world: World) -> str:
        """Load what the actor may see, as a view does, then run it."""
        loaded = Loaded(world)
        if self.is_customers and permissions.find_ticket(getattr(loaded, self.actor), world.ticket) is None:
            return "refused"
        if None in (loaded.ticket, loaded.other, loaded.merged, loaded.hers, loaded.delivery):
            return "refused"
        return self.run(loaded)


def _erase_tickets(it: Loaded) -> None:
    permissions.ensure(it.ada.is_admin)
    erasure.erase_tickets([it.world.ticket])


def _change_many(it):
    both = [it.world.ticket, it.world.other]
    return bulk_update.update_tickets(both, actor=it.maya, priority="low", status="pending", add_tags="late")


def _save_receipt(it: Loaded) -> None:
    if not read_receipts.save_read_receipt(it.receipt):
        raise PermissionDenied("nothing to save")


def _split(it: Loaded) -> None:
    splitting.split_message(it.hers, subject="Split", actor=it.maya)


def _save_draft(it: Loaded) -> None:
    name, content = f"message-{it.world.ticket}", '{"body": "half a thought"}'
    drafts.save_draft(it.ann, name, content, revision="revision1", ticket=it.ticket)


VERBS = (
    Verb("customer replies", "reply", "ann", lambda it: tickets.reply(it.ticket, author=it.ann, body="ann replies")),
    Verb("colleague replies", "reply", "bo", lambda it: tickets.reply(it.ticket, author=it.bo, body="bo replies")),
    Verb("agent replies", "reply", "maya", lambda it: tickets.reply(it.ticket, author=it.maya, body="maya replies")),
    Verb("agent notes", "add_note", "maya", lambda it: tickets.add_note(it.ticket, author=it.maya, body="maya notes")),
    Verb("customer edits", "edit_message", "ann", lambda it: tickets.edit_message(it.hers, editor=it.ann, body="anew")),
    Verb("agent edits", "edit_message", "maya", lambda it: tickets.edit_message(it.answer, editor=it.maya, body="anew")),
    Verb("customer deletes", "delete_message", "ann", lambda it: tickets.delete_message(it.hers, editor=it.ann)),
    Verb("agent deletes", "delete_message", "maya", lambda it: tickets.delete_message(it.answer, editor=it.maya)),
    Verb("make internal", "convert_to_note", "maya", lambda it: tickets.convert_to_note(it.answer, editor=it.maya)),
    Verb("take back", "take_back_reply", "maya", lambda it: tickets.take_back_reply(it.answer, editor=it.maya)),
    Verb("undo status", "undo_status", "maya", lambda it: tickets.undo_status(it.ticket, it.world.seq, actor=it.maya)),
    Verb("end undo", "end_undo_window", "maya", lambda it: outbox.end_undo_window(it.answer, actor=it.maya)),
    Verb("set status", "set_status", "maya", lambda it: tickets.set_status(it.ticket, "on_hold", actor=it.maya)),
    Verb("set closed", "set_status", "maya", lambda it: tickets.set_status(it.ticket, "closed", actor=it.maya)),
    Verb("solve", "solve", "ann", lambda it: tickets.solve(it.ticket, actor=it.ann)),
    Verb("reopen", "reopen", "bo", lambda it: tickets.reopen(it.ticket, actor=it.bo)),
    Verb("close", "close", "", lambda it: tickets.close(it.ticket)),
    Verb("close due", "close_due_tickets", "", lambda it: auto_close.close_due_tickets()),
    Verb("warn", "warn_before_closing", "", lambda it: auto_close.warn_before_closing()),
    Verb("assign", "assign", "maya", lambda it: tickets.assign(it.ticket, it.ada, actor=it.maya)),
    Verb("set priority", "set_priority", "maya", lambda it: tickets.set_priority(it.ticket, "urgent", actor=it.maya)),
    Verb("follow", "add_follower", "bo", lambda it: tickets.add_follower(it.ticket, it.bo, actor=it.bo)),
    Verb("unfollow", "remove_follower", "ann", lambda it: tickets.remove_follower(it.ticket, it.bo, actor=it.ann)),
    Verb("answer", "change_answer", "maya", lambda it: tickets.change_answer(it.ticket, it.field, ["X2"], it.maya)),
    Verb("follow up", "create_follow_up", "ann", lambda it: tickets.create_follow_up(it.ticket, requester=it.ann, body="x")),
    Verb("merge", "merge_tickets", "maya", lambda it: merging.merge_tickets(it.ticket, it.other, actor=it.maya)),
    Verb("merge here", "merge_tickets", "maya", lambda it: merging.merge_tickets(it.other, it.ticket, actor=it.maya)),
    Verb("undo merge", "undo_merge", "maya", lambda it: merge_undo.undo_merge(it.merged, actor=it.maya)),
    Verb("split", "split_message", "maya", _split),
    Verb("subject", "change_subject", "maya", lambda it: subject.change_subject(it.ticket, "Anew", actor=it.maya)),
    Verb("save a draft", "save_draft", "", _save_draft),
    Verb("react", "set_reaction", "bo", lambda it: reactions.set_reaction(it.answer, "👍", actor=it.bo)),
    Verb("link", "link_tickets", "maya", lambda it: links.link_tickets(it.other, it.ticket, actor=it.maya)),
    Verb("unlink", "unlink_tickets", "maya", lambda it: links.unlink_tickets(it.ticket, it.other, actor=it.maya)),
    Verb("move", "transfer_ticket", "maya", lambda it: transfer.transfer_ticket(it.ticket, it.there, requester=it.cy, actor=it.maya)),
    Verb("requester", "change_requester", "maya", lambda it: requester.change_requester(it.ticket, it.bo, actor=it.maya)),
    Verb("rate", "save_rating", "ann", lambda it: ratings.save_rating(it.ticket, user=it.ann, score=5)),
    Verb("review", "save_review", "ada", lambda it: qa_reviews.save_review(it.ticket, reviewer=it.ada, rating="good")),
    Verb("answer a review", "answer_review", "maya", lambda it: qa_reviews.answer_review(it.ticket, "So be it.", agent=it.maya)),
    Verb("change many", "update_tickets", "maya", _change_many),
    Verb("read", "save_read_receipt", "bo", _save_receipt),
    Verb("retry", "retry_delivery", "maya", lambda it: outbox.retry_delivery(it.delivery, actor=it.maya)),
    Verb("release", "release_delivery", "maya", lambda it: outbox.release_delivery(it.delivery, actor=it.maya)),
    Verb("leave out", "skip_delivery", "maya", lambda it: outbox.skip_delivery(it.delivery, actor=it.maya)),
    Verb("erase a person", "erase_person", "ada", lambda it: erasure.erase_person(it.ann, actor=it.ada)),
    Verb("erase a ticket", "erase_tickets", "ada", _erase_tickets),
)  # fmt: skip


def make_world(make, session, solved: bool = False, mark: str = "") -> World:
    """Make the world. ``solved``: the ticket is, long enough ago that it may be closed.

    ``mark`` tells apart the names of several worlds in one database.
    """
    make.channel(f"TRIAGE{mark}")
    here = make.organization(f"Here{mark}", slack=f"CHERE{mark}")
    there = make.organization(f"There{mark}", slack=f"CTHERE{mark}")
    ann, bo, cy = make.user(here, "Ann"), make.user(here, "Bo"), make.user(there, "Cy")
    maya, ada = make.agent(f"Maya {mark}"), make.agent(f"Ada {mark}", role="admin")
    form = make.form(f"repair{mark}", fields=({"key": "serial"},))
    ticket, other = make.ticket(ann, subject="One", form=form), make.ticket(ann, subject="Other")
    merged = make.ticket(ann, subject="Merged")
    hers = tickets.reply(ticket, author=ann, body="ann first")
    undo = clock.now() + timedelta(hours=1)
    answer = tickets.reply(ticket, author=maya, body="maya first", release_at=undo)
    tickets.add_follower(other, bo, actor=ann)
    merging.merge_tickets(merged, ticket, actor=maya)
    tickets.set_status(ticket, "pending", actor=maya)
    changed = ticket.next_seq - 1
    if solved:
        tickets.solve(ticket, actor=ann)
        ticket.solved_at = clock.now() - timedelta(days=400)
    session.add(QaReview(ticket_id=ticket.id, reviewer_id=ada.id, agent_id=maya.id, rating="good"))
    session.flush()
    waiting = select(Delivery).where(Delivery.message_id == answer.id).order_by(Delivery.id).limit(1)
    delivery = session.scalars(waiting).one()
    delivery.state = "failed"
    session.commit()
    rows = {"here": here, "there": there, "ann": ann, "bo": bo, "cy": cy, "maya": maya, "ada": ada}
    rows |= {"ticket": ticket, "other": other, "merged": merged, "hers": hers, "answer": answer, "delivery": delivery}
    world = World(**{name: row.id for name, row in rows.items()}, field=form.fields[0].id, seq=changed)
    session.rollback()
    return world
