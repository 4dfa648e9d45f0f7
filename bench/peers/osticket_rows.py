"""The corpus as rows of osTicket's tables, with what it stores by itself: form entries, events, search index."""

from collections.abc import Iterator
from datetime import datetime

from bench.peers.corpus import Corpus, Message, Ticket

TICKET_FORM, USER_FORM = 2, 1
SUBJECT_FIELD, PRIORITY_FIELD = 20, 22
NORMAL_PRIORITY = 2
DEPARTMENT, LEVEL, TOPIC = 1, 1, 10
OPEN, RESOLVED, CLOSED = 1, 2, 3
STATUSES = {"solved": RESOLVED, "closed": CLOSED}
CREATED_EVENT, CLOSED_EVENT = 1, 2
FIRST_MESSAGE_FLAG = 1
CONFIRMED_ACCOUNT = 1
FIRST_TICKET_ENTRY = 1_000_000  # ids of form entries of tickets, above those of customers

Row = tuple[object, ...]

COLUMNS = {
    "organization": "id name manager status domain created updated",
    "organization__cdata": "org_id name",
    "user": "id org_id default_email_id status name created updated",
    "user_email": "id user_id flags address",
    "user_account": "id user_id status timezone passwd",
    "user__cdata": "user_id",
    "staff": "staff_id dept_id role_id username firstname lastname email signature permissions created updated",
    "form_entry": "id form_id object_id object_type sort created updated",
    "form_entry_values": "entry_id field_id value value_id",
    "ticket": "ticket_id number user_id user_email_id status_id dept_id sla_id topic_id staff_id source isanswered"
    " closed lastupdate created updated ip_address",
    "ticket__cdata": "ticket_id subject priority",
    "thread": "id object_id object_type lastresponse lastmessage created",
    "thread_entry": "id thread_id staff_id user_id type flags poster source body format ip_address created updated",
    "thread_event": "thread_id thread_type event_id staff_id team_id dept_id topic_id username uid uid_type timestamp",
    "_search": "object_type object_id title content",
}


def make_rows(corpus: Corpus, agent_email: str, password_hash: str) -> dict[str, list[Row]]:
    """Rows by table, in the order of ``COLUMNS``. The agent with ``agent_email`` is the one whom the set-up made."""
    rows: dict[str, list[Row]] = {table: [] for table in COLUMNS}
    staff = number_agents(corpus, agent_email)
    now = format_time(max(ticket.updated_at for ticket in corpus.tickets))
    for agent_id, number in staff.items():
        name, email = corpus.agents[agent_id]
        first, _, last = name.partition(" ")
        if number > 1:
            rows["staff"].append((number, DEPARTMENT, 1, f"agent{number}", first, last, email, "", "{}", now, now))
    for id, (name, email) in corpus.organizations.items():
        number = id + 1  # the set-up has made the first organization
        rows["organization"].append((number, name, "", 8, "", now, now))
        rows["organization__cdata"].append((number, name))
        rows["user"].append((id, number, id, 0, email.partition("@")[0], now, now))
        rows["user_email"].append((id, id, 0, email))
        password = password_hash if id in (corpus.reader, corpus.filer) else ""
        rows["user_account"].append((id, id, CONFIRMED_ACCOUNT, "UTC", password))
        rows["user__cdata"].append((id,))
        rows["form_entry"].append((1000 + id, USER_FORM, id, "U", 1, now, now))
        rows["_search"] += [("U", id, email.partition("@")[0], email), ("O", number, name, "")]
    ids = iter(range(1, corpus.message_count + 1))
    for ticket in corpus.tickets:
        _add_ticket(rows, ticket, staff, corpus, ids)
    return rows


def number_agents(corpus: Corpus, agent_email: str) -> dict[int, int]:
    """The number of each agent: 1 for the one who signs in."""
    others = [id for id, (_, email) in corpus.agents.items() if email != agent_email]
    return {id: 1 for id, (_, email) in corpus.agents.items() if email == agent_email} | {
        id: place + 2 for place, id in enumerate(others)
    }


def _add_ticket(rows: dict[str, list[Row]], ticket: Ticket, staff: dict, corpus: Corpus, ids: Iterator[int]) -> None:
    user, status = ticket.organization_id, STATUSES.get(ticket.status, OPEN)
    created, updated = format_time(ticket.created_at), format_time(ticket.updated_at)
    number, agent = str(100_000 + ticket.id), staff.get(ticket.agent_id, 0)
    public = [message for message in ticket.messages if not message.is_note]
    said = {from_team: [m for m in public if bool(m.agent_id) is from_team] for from_team in (True, False)}
    last = {from_team: format_time(found[-1].created_at) if found else None for from_team, found in said.items()}
    closed = updated if status != OPEN else None
    answered = int(bool(public and public[-1].agent_id))
    rows["ticket"].append(
        (ticket.id, number, user, user, status, DEPARTMENT, LEVEL, TOPIC, agent, "Web", answered)
        + (closed, updated, created, updated, "127.0.0.1")
    )
    rows["ticket__cdata"].append((ticket.id, ticket.subject, NORMAL_PRIORITY))
    rows["thread"].append((ticket.id, ticket.id, "T", last[True], last[False], created))
    entry = FIRST_TICKET_ENTRY + ticket.id
    rows["form_entry"].append((entry, TICKET_FORM, ticket.id, "T", 1, created, created))
    rows["form_entry_values"] += [
        (entry, SUBJECT_FIELD, ticket.subject, None),
        (entry, PRIORITY_FIELD, "Normal", NORMAL_PRIORITY),
    ]
    customer = corpus.organizations[user][1].partition("@")[0]
    event = ("T", 0, DEPARTMENT, TOPIC, customer)
    rows["thread_event"].append((ticket.id, "T", CREATED_EVENT, 0, 0, DEPARTMENT, TOPIC, event[4], user, "U", created))
    if closed:
        name = corpus.agents[ticket.agent_id][0] if agent else "SYSTEM"
        rows["thread_event"].append(
            (ticket.id, "T", CLOSED_EVENT, agent, 0, DEPARTMENT, TOPIC, name, agent, "S", updated)
        )
    rows["_search"].append(("T", ticket.id, f"{number} {ticket.subject}", ""))
    for place, message in enumerate(ticket.messages):
        _add_message(rows, next(ids), ticket, message, place, staff, customer, corpus)


def _add_message(
    rows: dict, id: int, ticket: Ticket, message: Message, place: int, staff: dict, customer: str, corpus: Corpus
) -> None:
    agent = staff.get(message.agent_id, 0)
    user = 0 if agent else ticket.organization_id
    kind = "N" if message.is_note else "R" if agent else "M"
    poster = corpus.agents[message.agent_id][0] if agent else customer
    created = format_time(message.created_at)
    flags = 0 if place else FIRST_MESSAGE_FLAG
    rows["thread_entry"].append(
        (id, ticket.id, agent, user, kind, flags, poster, "Web", message.html, "html", "127.0.0.1", created, created)
    )
    rows["_search"].append(("H", id, "", message.body))


def format_time(value: datetime) -> str:
    """A time as MariaDB reads it."""
    return f"{value:%Y-%m-%d %H:%M:%S}"


def format_row(row: Row) -> str:
    """A row as LOAD DATA reads it."""
    return "\t".join(map(_format_value, row)) + "\n"


def _format_value(value: object) -> str:
    if value is None:
        return r"\N"
    return str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
