"""What stands beside a ticket's conversation."""

from dataclasses import dataclass

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import joinedload, load_only

from helpdesk.domain import tickets
from helpdesk.extensions import db
from helpdesk.models.channels import Thread
from helpdesk.models.forms import Answer
from helpdesk.models.people import Role, User
from helpdesk.models.tickets import Follower, Ticket

COLLEAGUES = 200  # people offered as followers
OTHERS = 5  # other tickets of the organization

# Put together once: every look at a ticket asks these.
ANSWERS = (
    select(Answer).where(Answer.ticket_id == bindparam("ticket_id")).options(joinedload(Answer.field)).order_by(Answer.id)
)
_FOLLOWS = and_(Follower.user_id == User.id, Follower.ticket_id == bindparam("ticket_id"))
_COLLEAGUES = and_(User.organization_id == bindparam("organization_id"), User.role == Role.requester)
_ACTIVE = User.deactivated_at.is_(None)
_PEOPLE = (
    select(
        User.id, User.name, User.email, User.role, User.organization_id, User.picture_url, Follower.user_id.is_not(None)
    )
    .outerjoin(Follower, _FOLLOWS)
    .order_by(User.name, User.id)
    .limit(COLLEAGUES)
)
CUSTOMERS = _PEOPLE.where(or_(Follower.user_id.is_not(None), and_(_COLLEAGUES, _ACTIVE)))
TEAM_AND_CUSTOMERS = _PEOPLE.where(
    or_(Follower.user_id.is_not(None), and_(or_(_COLLEAGUES, User.role != Role.requester), _ACTIVE))
)
ALSO_FROM_THEM = (
    select(Ticket)
    .where(Ticket.organization_id == bindparam("organization_id"), Ticket.id != bindparam("ticket_id"))
    .options(load_only(Ticket.subject, Ticket.status))
    .order_by(Ticket.updated_at.desc(), Ticket.id.desc())
    .limit(OTHERS)
)


@dataclass(frozen=True)
class Person:
    """Somebody as a list of people shows them."""

    id: int
    name: str
    email: str
    role: str
    organization_id: int | None
    picture_url: str | None
    follows: bool

    @property
    def display_name(self) -> str:
        return self.name or self.email.partition("@")[0]


def of(ticket: Ticket, reader: User) -> dict:
    """What tickets/_facts.html needs."""
    answers = db.session.scalars(ANSWERS, {"ticket_id": ticket.id})
    people = _people(ticket, reader)
    return {
        "ticket": ticket,
        "answers": [answer for answer in answers if answer.text and (reader.is_team or not answer.field.team_only)],
        "followers": [person for person in people if person.follows],
        "colleagues": [
            (person.id, person.display_name)
            for person in people
            if person.organization_id == ticket.organization_id and not person.follows and person.id != ticket.requester_id
        ]
        if reader.is_team or reader.sees == "organization"
        else [],
        "agents": [(person.id, person.display_name) for person in people if person.role != "requester"] if reader.is_team else [],
        "places": [_place(thread) for thread in threads(ticket)] if reader.is_team else [],
        "other_tickets": _others(ticket, reader) if reader.is_team else [],
    }


def threads(ticket: Ticket) -> list[Thread]:
    """Where the ticket lives now."""
    return [thread for thread in tickets.threads(ticket) if thread.ended_at is None]


def _people(ticket: Ticket, reader: User) -> list[Person]:
    """Who follows the ticket, who of the organization could, and for the team its own: one query."""
    asked = {"ticket_id": ticket.id, "organization_id": ticket.organization_id}
    rows = db.session.execute(TEAM_AND_CUSTOMERS if reader.is_team else CUSTOMERS, asked)
    return [Person(*row) for row in rows]


def _place(thread: Thread) -> dict:
    channel = thread.channel
    url = ""
    if channel.kind == "slack" and thread.external_id:
        url = f"https://slack.com/archives/{channel.external_id}/p{thread.external_id.replace('.', '')}"
    return {
        "kind": channel.kind,
        "label": f"email to {thread.user.display_name}" if thread.user else channel.label,
        "audience": channel.audience,
        "url": url,
        "trouble": channel.blocked_reason or (thread.user.mail_dead_reason if thread.user else None),
    }


def _others(ticket: Ticket, reader: User) -> list[Ticket]:
    return list(db.session.scalars(ALSO_FROM_THEM, {"ticket_id": ticket.id, "organization_id": ticket.organization_id}))
