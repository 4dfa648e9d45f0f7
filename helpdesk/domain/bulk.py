"""The same change to many tickets, each through its own verb, each allowed to say no."""

from dataclasses import dataclass, field

from sqlalchemy import select

from helpdesk.domain import permissions, tickets
from helpdesk.domain.errors import Invalid, Refused
from helpdesk.extensions import db
from helpdesk.models.people import User
from helpdesk.models.tickets import Ticket

MOST = 100  # tickets in one go


@dataclass
class Outcome:
    """How many tickets were changed, and why the others were not: (number, sentence)."""

    changed: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """What happened, for the person who asked."""
        said = f"Changed {self.changed} {'ticket' if self.changed == 1 else 'tickets'}."
        if self.refused:
            number, why = self.refused[0]
            said += f" {len(self.refused)} stayed as {'it was' if len(self.refused) == 1 else 'they were'}: #{number}: {why}"
        return said


def change(numbers: list[int], *, actor: User, status: str = "", assignee: str = "", priority: str = "") -> Outcome:
    """Set what is given on each ticket; ``assignee`` is a user's id, or "none" for nobody. Empty means as it is.

    Tickets are locked in the order of their numbers, so that two such calls never wait for each other. Raises Invalid.
    """
    permissions.require(actor.is_team and actor.is_active, "Only the team changes many tickets at once.")
    if not numbers:
        raise Invalid("Select at least one ticket.", "tickets")
    if len(numbers) > MOST:
        raise Invalid(f"Change at most {MOST} tickets at once.", "tickets")
    if not (status or assignee or priority):
        raise Invalid("Choose what to change.", "status")
    person = _person(assignee)
    outcome = Outcome()
    visible = permissions.visible_tickets(actor).where(Ticket.id.in_(sorted(set(numbers)))).order_by(Ticket.id)
    for ticket in db.session.scalars(visible).all():
        try:
            if status:
                tickets.set_status(ticket, status, actor=actor)
            if assignee:
                tickets.assign(ticket, person, actor=actor)
            if priority:
                tickets.set_priority(ticket, priority, actor=actor)
            outcome.changed += 1
        except Invalid:
            raise
        except Refused as error:
            outcome.refused.append((ticket.number, error.sentence))
    return outcome


def _person(assignee: str) -> User | None:
    if assignee in ("", "none"):
        return None
    if not (assignee.isascii() and assignee.isdecimal() and len(assignee) < 19):
        raise Invalid("There is no such person.", "assignee")
    person = db.session.scalar(select(User).where(User.id == int(assignee)))
    if person is None:
        raise Invalid("There is no such person.", "assignee")
    return person
