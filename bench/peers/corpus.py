"""The tickets that every site holds: the demo's generated ones as they are in our database, and some long ones.

The peers get the same organizations, subjects, texts and times. What only we have is left out (forms, events, Slack).
An organization is one customer there, who filed all its tickets: nobody else could see them.
"""

from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from bench.environment import BenchEnvironment

LONG_TICKET_MESSAGES = 100
RARE_WORD = "pumpernickel"  # in three tickets of the customer who reads
COMMON_WORD = "printer"
TYPICAL_TICKETS = 100  # of the organization whose customer reads
SHORT_MESSAGES = 5
ANSWERED_AT_ONCE = 8  # tickets that are answered, one for each client
LONG_TICKETS = 5  # the first is read, the others are answered


@dataclass(frozen=True)
class Message:
    """What somebody said; ``agent_id`` is 0 for a customer."""

    agent_id: int
    is_note: bool
    body: str
    html: str
    created_at: datetime


@dataclass
class Ticket:
    """One ticket with its messages."""

    id: int
    organization_id: int
    agent_id: int
    subject: str
    status: str
    created_at: datetime
    updated_at: datetime
    messages: list[Message] = field(default_factory=list)


@dataclass
class Corpus:
    """All tickets, people, and which of them are asked for."""

    organizations: dict[int, tuple[str, str]]  # name, and its customer's email address
    agents: dict[int, tuple[str, str]]  # name, email address
    tickets: list[Ticket]
    reader: int = 0  # the organization whose customer reads and replies
    filer: int = 0  # the organization whose customer files, so that the reader's list stays as it is
    short: int = 0  # a ticket of five messages
    long: int = 0  # a ticket of a hundred
    customer_answered: list[int] = field(default_factory=list)
    agent_answered: list[int] = field(default_factory=list)
    long_answered: list[int] = field(default_factory=list)

    @property
    def message_count(self) -> int:
        return sum(len(ticket.messages) for ticket in self.tickets)


def fill(environment: BenchEnvironment, organizations: int, tickets: int) -> Corpus:
    """Make the tickets in our database, read them, and choose which are asked for."""
    from sqlalchemy import func, select, text

    from helpdesk.demo.seed import bulk_data
    from helpdesk.domain.administration import settings
    from helpdesk.extensions import db
    from helpdesk.models.ticket import Ticket as TicketRow

    with environment.app.app_context():
        settings.set("close_after_days", 0)
        db.session.commit()
        bulk_data.seed_bulk_data(organizations=organizations, tickets=tickets, messages=SHORT_MESSAGES)
        counted = select(TicketRow.organization_id, func.count()).group_by(TicketRow.organization_id)
        by_distance = sorted(db.session.execute(counted).all(), key=lambda row: abs(row[1] - TYPICAL_TICKETS))
        reader, filer = by_distance[0][0], by_distance[1][0]
        chosen = _file_chosen_tickets(reader)
        db.session.commit()
        corpus = _read(reader, filer)
        db.session.remove()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    corpus.short, corpus.long, *corpus.long_answered = chosen[: 1 + LONG_TICKETS]
    answered = chosen[1 + LONG_TICKETS :]
    corpus.customer_answered, corpus.agent_answered = answered[:ANSWERED_AT_ONCE], answered[ANSWERED_AT_ONCE:]
    return corpus


def _file_chosen_tickets(organization_id: int) -> list[int]:
    """File what is asked for by number: a short ticket, the long ones, those that are answered."""
    from helpdesk.demo import personas
    from helpdesk.demo.seed import phrases
    from helpdesk.domain import tickets
    from helpdesk.domain.people import users
    from helpdesk.extensions import db

    random = Random(2)  # noqa: S311, not for secrets
    customer = users.find_user(find_customer_email(organization_id))
    agent = users.find_user(personas.AGENTS[2].email)
    first, team, theirs = (
        phrases.random_bodies(random, texts, 50)
        for texts in (phrases.DESCRIPTION_TEXTS, phrases.AGENT_REPLY_TEXTS, phrases.CUSTOMER_REPLY_TEXTS)
    )
    lengths = [SHORT_MESSAGES] + [LONG_TICKET_MESSAGES] * LONG_TICKETS + [SHORT_MESSAGES] * (2 * ANSWERED_AT_ONCE)
    made = []
    for place, length in enumerate(lengths):
        word = f" {RARE_WORD}" if place in (0, len(lengths) - 1, len(lengths) - 2) else ""
        body = random.choice(first).replace("{ref}", f"R-9{place:06d}") + word
        ticket = tickets.create_ticket(requester=customer, subject=phrases.random_subject(random), body=body)
        for number in range(1, length):
            body = random.choice(team if number % 2 else theirs).replace("{ref}", f"R-9{place:06d}")
            tickets.reply(ticket, author=agent if number % 2 else customer, body=body)
        made.append(ticket.id)
        db.session.commit()
    return made


def find_customer_email(organization_id: int) -> str:
    """The address of the first customer of an organization who sees all its tickets."""
    from sqlalchemy import select

    from helpdesk.extensions import db
    from helpdesk.models.user import User

    query = select(User.email).where(User.organization_id == organization_id).order_by(User.id).limit(1)
    return db.session.scalar(query)


def _read(reader: int, filer: int) -> Corpus:
    """Everything in our database that the peers have a place for."""
    from sqlalchemy import select

    from helpdesk.extensions import db
    from helpdesk.models.message import Message as MessageRow
    from helpdesk.models.organization import Organization
    from helpdesk.models.ticket import Ticket as TicketRow
    from helpdesk.models.user import User

    names = db.session.execute(select(Organization.id, Organization.name)).all()
    emails: dict[int, str] = {}
    for organization_id, email in db.session.execute(
        select(User.organization_id, User.email).where(User.role == "requester").order_by(User.id)
    ):
        emails.setdefault(organization_id, email)
    people = select(User.id, User.name, User.email).where(User.role != "requester")
    agents = {id: (name, email) for id, name, email in db.session.execute(people)}
    columns = (
        TicketRow.id,
        TicketRow.organization_id,
        TicketRow.assignee_id,
        TicketRow.subject,
        TicketRow.status,
        TicketRow.created_at,
        TicketRow.updated_at,
    )
    tickets = {
        row[0]: Ticket(row[0], row[1], row[2] or 0, *row[3:])
        for row in db.session.execute(select(*columns).order_by(TicketRow.id))
    }
    said = select(
        MessageRow.ticket_id,
        MessageRow.author_id,
        MessageRow.kind,
        MessageRow.body,
        MessageRow.rendered,
        MessageRow.created_at,
    ).order_by(MessageRow.ticket_id, MessageRow.seq)
    for ticket_id, author_id, kind, body, html, created_at in db.session.execute(said):
        author = author_id if author_id in agents else 0
        tickets[ticket_id].messages.append(Message(author, kind == "note", body, html, created_at))
    organizations = {id: (name, emails[id]) for id, name in names if id in emails}
    return Corpus(organizations, agents, [*tickets.values()], reader, filer)
