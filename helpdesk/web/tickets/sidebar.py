"""The sidebar beside a ticket's conversation: answers, followers, threads, other tickets."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, or_, select

from helpdesk.database import transactions
from helpdesk.domain import tickets
from helpdesk.domain.content_translation.lookup import Part, translate_content
from helpdesk.domain.forms.field_types import get_field_type
from helpdesk.domain.tickets.delivery_status import ThreadStatus
from helpdesk.models.follower import Follower
from helpdesk.models.form import Answer, Field
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import Role, User, format_display_name

MAX_COLLEAGUES = 200  # people offered as followers
MAX_OTHER_TICKETS = 5  # other tickets of the organization

# Built once: every view of a ticket executes them.
_answers_table, _fields_table, _users_table, _followers_table, _tickets_table = (
    model.__table__ for model in (Answer, Field, User, Follower, Ticket)
)
ANSWERS_QUERY = (
    select(_answers_table.c["value", "text"], _fields_table.c["label", "kind", "team_only"])
    .select_from(_answers_table.join(_fields_table))
    .where(_answers_table.c.ticket_id == bindparam("ticket_id"), _answers_table.c.text != "")
    .order_by(_answers_table.c.id)
)
_is_follower = _followers_table.c.user_id.is_not(None)
_is_active = _users_table.c.deactivated_at.is_(None)
_is_colleague = and_(
    _users_table.c.organization_id == bindparam("organization_id"), _users_table.c.role == Role.requester, _is_active
)
_is_agent = and_(_users_table.c.organization_id.is_(None), _users_table.c.role != Role.requester, _is_active)
_follows_ticket = _users_table.c.id.in_(
    select(_followers_table.c.user_id).where(_followers_table.c.ticket_id == bindparam("ticket_id"))
)
_people_query = (
    select(_users_table.c["id", "name", "email", "role", "organization_id", "picture_url"], _is_follower)
    .outerjoin(
        _followers_table,
        and_(_followers_table.c.user_id == _users_table.c.id, _followers_table.c.ticket_id == bindparam("ticket_id")),
    )
    .order_by(_users_table.c.name, _users_table.c.id)
    .limit(MAX_COLLEAGUES)
)
# Each of these conditions uses an index, however many people there are; the team has no organization.
CUSTOMERS_QUERY = _people_query.where(or_(_follows_ticket, _is_colleague))
TEAM_AND_CUSTOMERS_QUERY = _people_query.where(or_(_follows_ticket, _is_colleague, _is_agent))
OTHER_TICKETS_QUERY = (
    select(_tickets_table.c.id.label("number"), _tickets_table.c["subject", "status"])
    .where(
        _tickets_table.c.organization_id == bindparam("organization_id"), _tickets_table.c.id != bindparam("ticket_id")
    )
    .order_by(_tickets_table.c.updated_at.desc(), _tickets_table.c.id.desc())
    .limit(MAX_OTHER_TICKETS)
)


@dataclass(slots=True)
class SidebarAnswer:
    """A question of the form and its answer, in the reader's language; ``kind`` is the type of its field."""

    label: str
    text: str
    kind: str


@dataclass(slots=True)
class SidebarPerson:
    """A person in the lists of the sidebar."""

    id: int
    name: str
    email: str
    role: str
    organization_id: int | None
    picture_url: str | None
    follows: bool

    @property
    def display_name(self) -> str:
        return format_display_name(self.name, self.email)


def sidebar_context(ticket: Ticket, reader: User) -> dict[str, Any]:
    """Return the context of tickets/_facts.html."""
    parameters = {"ticket_id": ticket.id, "organization_id": ticket.organization_id}
    answers = transactions.execute_core(ANSWERS_QUERY, {"ticket_id": ticket.id})
    shown_answers = [
        SidebarAnswer(
            translate_content(row.label, Part.field),
            get_field_type(row.kind).translate_answer(row.value, row.text),
            row.kind,
        )
        for row in answers
        if reader.is_team or not row.team_only
    ]
    people = [
        SidebarPerson(*row)
        for row in transactions.execute_core(
            TEAM_AND_CUSTOMERS_QUERY if reader.is_team else CUSTOMERS_QUERY, parameters
        )
    ]
    return {
        "ticket": ticket,
        "answers": shown_answers,
        "followers": [person for person in people if person.follows],
        "colleagues": [
            (person.id, person.display_name)
            for person in people
            if person.organization_id == ticket.organization_id
            and not person.follows
            and person.id != ticket.requester_id
        ]
        if reader.is_team or reader.ticket_visibility == "organization"
        else [],
        "agents": [(person.id, person.display_name) for person in people if person.role != "requester"]
        if reader.is_team
        else [],
        "places": [(thread, _slack_thread_url(thread)) for thread in list_active_threads(ticket)]
        if reader.is_team
        else [],
        "other_tickets": transactions.execute_core(OTHER_TICKETS_QUERY, parameters).all() if reader.is_team else [],
    }


def list_active_threads(ticket: Ticket) -> list[ThreadStatus]:
    """Return the ticket's threads that have not ended."""
    return [thread for thread in tickets.delivery_threads(ticket) if thread.ended_at is None]


def _slack_thread_url(thread: ThreadStatus) -> str:
    """Return the URL of a Slack thread; "" for other threads."""
    if thread.kind != "slack" or not thread.external_id:
        return ""
    return f"https://slack.com/archives/{thread.channel_id}/p{thread.external_id.replace('.', '')}"
