"""What stands beside a ticket's conversation."""

from dataclasses import dataclass

from sqlalchemy import and_, bindparam, or_, select

from helpdesk.domain import tickets
from helpdesk.domain.tickets.places import Place
from helpdesk.extensions import db
from helpdesk.models.forms import Answer, Field
from helpdesk.models.people import Role, User, shown_name
from helpdesk.models.tickets import Follower, Ticket

COLLEAGUES = 200  # people offered as followers
OTHERS = 5  # other tickets of the organization

# Put together once: every look at a ticket asks these.
_answer, _field, _user, _follower, _ticket = (noun.__table__ for noun in (Answer, Field, User, Follower, Ticket))
ANSWERS = (
    select(_answer.c.text, _field.c["label", "kind", "team_only"])
    .select_from(_answer.join(_field))
    .where(_answer.c.ticket_id == bindparam("ticket_id"), _answer.c.text != "")
    .order_by(_answer.c.id)
)
_follows = _follower.c.user_id.is_not(None)
_active = _user.c.deactivated_at.is_(None)
_colleague = and_(_user.c.organization_id == bindparam("organization_id"), _user.c.role == Role.requester, _active)
_agent = and_(_user.c.organization_id.is_(None), _user.c.role != Role.requester, _active)
_following = _user.c.id.in_(select(_follower.c.user_id).where(_follower.c.ticket_id == bindparam("ticket_id")))
_people = (
    select(_user.c["id", "name", "email", "role", "organization_id", "picture_url"], _follows)
    .outerjoin(_follower, and_(_follower.c.user_id == _user.c.id, _follower.c.ticket_id == bindparam("ticket_id")))
    .order_by(_user.c.name, _user.c.id)
    .limit(COLLEAGUES)
)
# Each of these conditions is a look into an index, however many people there are; the team has no organization.
CUSTOMERS = _people.where(or_(_following, _colleague))
TEAM_AND_CUSTOMERS = _people.where(or_(_following, _colleague, _agent))
ALSO_FROM_THEM = (
    select(_ticket.c.id.label("number"), _ticket.c["subject", "status"])
    .where(_ticket.c.organization_id == bindparam("organization_id"), _ticket.c.id != bindparam("ticket_id"))
    .order_by(_ticket.c.updated_at.desc(), _ticket.c.id.desc())
    .limit(OTHERS)
)


@dataclass(slots=True)
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
        return shown_name(self.name, self.email)


def of(ticket: Ticket, reader: User) -> dict:
    """What tickets/_facts.html needs."""
    asked = {"ticket_id": ticket.id, "organization_id": ticket.organization_id}
    answers = db.session.execute(ANSWERS, {"ticket_id": ticket.id})
    people = [Person(*row) for row in db.session.execute(TEAM_AND_CUSTOMERS if reader.is_team else CUSTOMERS, asked)]
    return {
        "ticket": ticket,
        "answers": [answer for answer in answers if reader.is_team or not answer.team_only],
        "followers": [person for person in people if person.follows],
        "colleagues": [
            (person.id, person.display_name)
            for person in people
            if person.organization_id == ticket.organization_id
            and not person.follows
            and person.id != ticket.requester_id
        ]
        if reader.is_team or reader.sees == "organization"
        else [],
        "agents": [(person.id, person.display_name) for person in people if person.role != "requester"]
        if reader.is_team
        else [],
        "places": [(place, _link(place)) for place in places(ticket)] if reader.is_team else [],
        "other_tickets": db.session.execute(ALSO_FROM_THEM, asked).all() if reader.is_team else [],
    }


def places(ticket: Ticket) -> list[Place]:
    """Where the ticket lives now."""
    return [place for place in tickets.places(ticket) if place.ended_at is None]


def _link(place: Place) -> str:
    """The address of a Slack thread."""
    if place.kind != "slack" or not place.external_id:
        return ""
    return f"https://slack.com/archives/{place.channel_id}/p{place.external_id.replace('.', '')}"
