"""The sidebar beside a ticket's conversation: answers, followers, threads, other tickets."""

from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, or_, select

from helpdesk.database import kept_plan, transactions
from helpdesk.domain import tickets
from helpdesk.domain.content_translation.lookup import Part, translate_content
from helpdesk.domain.forms.field_types import get_field_type
from helpdesk.domain.tickets.delivery_status import ThreadStatus
from helpdesk.markup.name_order import sort_by_name
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
_is_follower = _followers_table.c.user_id.is_not(None).label("follows")
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
    .order_by(_users_table.c.search_words, _users_table.c.id)
    .limit(kept_plan.fixed_limit(MAX_COLLEAGUES))
)
# Each of these conditions uses an index, however many people there are; the team has no organization.
CUSTOMERS_QUERY = _people_query.where(or_(_follows_ticket, _is_colleague))
TEAM_AND_CUSTOMERS_QUERY = _people_query.where(or_(_follows_ticket, _is_colleague, _is_agent))
OTHER_TICKETS_QUERY = (
    select(_tickets_table.c.id.label("number"), _tickets_table.c["subject", "status"])
    .where(
        kept_plan.hide_values(_tickets_table.c.organization_id == bindparam("organization_id")),
        _tickets_table.c.id != bindparam("ticket_id"),
    )
    .order_by(_tickets_table.c.updated_at.desc(), _tickets_table.c.id.desc())
    .limit(kept_plan.fixed_limit(MAX_OTHER_TICKETS))
)


class SidebarAnswer(NamedTuple):
    """A question of the form and its answer, in the reader's language."""

    label: str
    text: str
    is_link: bool


class SidebarPlace(NamedTuple):
    """A thread of the ticket; ``link`` leads to it, ``trouble`` says why nothing reaches it."""

    kind: str
    label: str
    link: str
    audience: str
    trouble: str


class OtherTicket(NamedTuple):
    """Another ticket of the organization."""

    number: int
    subject: str
    status: str


class SidebarPerson(NamedTuple):
    """A person in the sidebar."""

    id: int
    display_name: str
    email: str
    picture_url: str | None


class ListedPerson(NamedTuple):
    """Somebody who follows the ticket or may be asked to: a colleague of the requester, or for the team an agent."""

    person: SidebarPerson
    role: str
    organization_id: int | None
    follows: bool


def sidebar_context(
    ticket: Ticket,
    reader: User,
    people: tickets.Rows | None = None,
    answers: tickets.Rows | None = None,
    others: tickets.Rows | None = None,
) -> dict[str, Any]:
    """Return the context of tickets/_facts.html: plain values, by which what is rendered of them is kept.

    ``people``, ``answers`` and ``others``: rows of the queries above, where they were executed already.
    """
    for_team = reader.is_team
    parameters = {"ticket_id": ticket.id, "organization_id": ticket.organization_id}
    if people is None:
        query = TEAM_AND_CUSTOMERS_QUERY if for_team else CUSTOMERS_QUERY
        people = transactions.execute_core(query, parameters)
    listed = _list_people(people)
    followers = tuple(each.person for each in listed if each.follows)
    organization_name = ticket.organization.name if for_team else ""
    facts_people = {
        "for_team": for_team,
        "reader_id": reader.id,
        "status": str(ticket.status),
        "priority": str(ticket.priority),
        "is_done": ticket.is_done,
        "tags": tuple(ticket.tags) if for_team else (),
        "requester_id": ticket.requester_id,
        "requester": _show_person(ticket.requester),
        "assignee_id": ticket.assignee_id,
        "assignee": _show_person(ticket.assignee),
        "organization_slug": ticket.organization.slug if for_team else "",
        "organization_name": organization_name,
        "followers": followers,
        "follows": any(person.id == reader.id for person in followers),
        "colleagues": tuple(
            (str(each.person.id), each.person.display_name)
            for each in listed
            if each.organization_id == ticket.organization_id
            and not each.follows
            and each.person.id != ticket.requester_id
        )
        if for_team or reader.ticket_visibility == "organization"
        else (),
        "agents": tuple(
            (str(each.person.id), each.person.display_name) for each in listed if each.role != Role.requester
        )
        if for_team
        else (),
        "answers": _list_answers(ticket, for_team, answers),
        "has_form": ticket.form_version_id is not None,
    }
    return {"ticket": ticket, "facts_people": facts_people, "facts_places": _show_places(ticket, for_team, others)}


def _list_people(rows: tickets.Rows) -> list[ListedPerson]:
    listed = (
        ListedPerson(
            SidebarPerson(id, format_display_name(name, email), email, picture_url), role, organization_id, follows
        )
        for id, name, email, role, organization_id, picture_url, follows in rows
    )
    return sort_by_name(listed, lambda each: each.person.display_name)


def _list_answers(ticket: Ticket, for_team: bool, rows: tickets.Rows | None) -> tuple[SidebarAnswer, ...]:
    if rows is None:
        rows = transactions.execute_core(ANSWERS_QUERY, {"ticket_id": ticket.id})
    return tuple(
        SidebarAnswer(
            str(translate_content(label, Part.field)),
            str(get_field_type(kind).translate_answer(value, text)),
            get_field_type(kind).is_link,
        )
        for value, text, label, kind, team_only in rows
        if for_team or not team_only
    )


def _show_places(ticket: Ticket, for_team: bool, others: tickets.Rows | None) -> dict[str, Any]:
    if not for_team:
        return {"for_team": False, "places": (), "other_tickets": (), "organization_name": ""}
    if others is None:
        parameters = {"ticket_id": ticket.id, "organization_id": ticket.organization_id}
        others = transactions.execute_core(OTHER_TICKETS_QUERY, parameters)
    return {
        "for_team": True,
        "places": tuple(
            SidebarPlace(thread.kind, thread.label, _slack_thread_url(thread), thread.audience, thread.trouble or "")
            for thread in list_active_threads(ticket)
        ),
        "other_tickets": tuple(OtherTicket(*row) for row in others),
        "organization_name": ticket.organization.name,
    }


def _show_person(user: User | None) -> SidebarPerson | None:
    return SidebarPerson(user.id, user.display_name, user.email, user.picture_url) if user else None


def list_active_threads(ticket: Ticket) -> list[ThreadStatus]:
    """Return the ticket's threads that have not ended."""
    return [thread for thread in tickets.delivery_threads(ticket) if thread.ended_at is None]


def _slack_thread_url(thread: ThreadStatus) -> str:
    """Return the URL of a Slack thread; "" for other threads."""
    if thread.kind != "slack" or not thread.external_id:
        return ""
    return f"https://slack.com/archives/{thread.channel_id}/p{thread.external_id.replace('.', '')}"
