"""Generates any number of organizations, people, tickets and messages and inserts the rows without the domain layer.

The same numbers make the same data (times count back from now). All in one transaction.
"""

import json
from dataclasses import dataclass
from random import Random

from sqlalchemy import select

from helpdesk import clock
from helpdesk.channels.email import token
from helpdesk.demo.seed import bulk_columns, bulk_insert, phrases
from helpdesk.domain.search_index import entries
from helpdesk.extensions import db
from helpdesk.markup import markdown_rendering, search_words
from helpdesk.models.event import Event
from helpdesk.models.message import Message
from helpdesk.models.organization import Organization, OrganizationDomain
from helpdesk.models.priorities import DEFAULT_PRIORITY, Priority
from helpdesk.models.statuses import DONE, UNSOLVED, Status, WaitingOn, statuses_waiting_on
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import Membership, User

AGENT_COUNT = 12
HISTORY_SECONDS = 730 * 86_400  # age of the first ticket
RECENT_SECONDS = 14 * 86_400  # younger tickets are mostly unsolved
BATCH_SIZE = 10_000  # tickets written at once
TEXTS_PER_KIND = 400  # of each kind of message
# Chosen at random, so repetition is frequency: most tickets wait for the team or were just solved.
OLD_STATUSES = tuple(map(str, (Status.solved, *[Status.closed] * 3)))
RECENT_STATUSES = tuple(map(str, (*UNSOLVED, *statuses_waiting_on(WaitingOn.team), *[Status.solved] * 3)))
PRIORITY_CHOICES = tuple(map(str, (*Priority, *[DEFAULT_PRIORITY] * 4, *list(Priority)[-2:-1])))


@dataclass(frozen=True)
class SeedCounts:
    """How many rows were created."""

    organizations: int
    people: int
    tickets: int
    messages: int


def seed_bulk_data(*, organizations: int, tickets: int, messages: int, random_seed: int = 1) -> SeedCounts:
    """Add the given numbers, with ``messages`` a ticket on average. Commits."""
    random = Random(random_seed)  # noqa: S311, not for secrets
    with bulk_insert.BulkWriter() as writer:
        world = _BulkSeeder(random, writer, organizations, messages)
        world.people()
        if tickets:
            world.tickets(tickets)
    return SeedCounts(organizations, len(world.requesters), tickets, world.said)


class _BulkSeeder:
    def __init__(self, random: Random, writer: bulk_insert.BulkWriter, organizations: int, messages: int):
        self.random, self.writer, self.messages = random, writer, messages
        self.now = clock.now().timestamp()
        self.first_organization = bulk_columns.next_id(Organization)
        self.organizations = range(self.first_organization, self.first_organization + organizations)
        self.requesters: list[tuple[int, int, str]] = []  # user id, organization id, name
        self.agents: list[tuple[int, str]] = []
        self.said = 0

    def people(self) -> None:
        """Add organizations with their domains and people, and agents where there are none."""
        at, random = self._time(HISTORY_SECONDS + 86_400), self.random
        companies, domains, users, members = [], [], [], []
        user_id, domain_id = bulk_columns.next_id(User), bulk_columns.next_id(OrganizationDomain)
        self.agents = [
            (id, name) for id, name in db.session.execute(select(User.id, User.name).where(User.role != "requester"))
        ]
        for number in range(AGENT_COUNT if not self.agents else 0):
            name = phrases.random_person_name(random)
            users.append(
                bulk_columns.build_user_row(user_id, f"agent-{number + 1}@team.example", name, "agent", None, at)
            )
            self.agents.append((user_id, name))
            user_id += 1
        for place, id in enumerate(self.organizations):
            name = phrases.company_name(id - 1)
            slug = name.lower().replace(" ", "-")
            words = search_words.join_words(name, slug)
            companies.append((id, name, slug, at, True, False, "organization", "", words, 1))
            domains.append((domain_id + place, id, f"{slug}.example", at))
            for number in range(random.randrange(3, 16)):
                name = phrases.random_person_name(random)
                email = f"{name.lower().replace(' ', '.')}.{number + 1}@{slug}.example"
                users.append(bulk_columns.build_user_row(user_id, email, name, "requester", id, at))
                members.append((user_id, id, "organization"))
                self.requesters.append((user_id, id, name))
                user_id += 1
        self.writer.write(Organization, bulk_columns.ORGANIZATION_COLUMNS, companies)
        self.writer.write(OrganizationDomain, bulk_columns.ORGANIZATION_DOMAIN_COLUMNS, domains)
        self.writer.write(User, bulk_columns.USER_COLUMNS, users)
        self.writer.write(Membership, bulk_columns.MEMBERSHIP_COLUMNS, members)

    def tickets(self, count: int) -> None:
        """Add tickets in the order of their creation, with messages and changes."""
        self.texts = {
            kind: phrases.random_bodies(self.random, words, TEXTS_PER_KIND)
            for kind, words in (
                ("first", phrases.DESCRIPTION_TEXTS),
                ("team", phrases.AGENT_REPLY_TEXTS),
                ("customer", phrases.CUSTOMER_REPLY_TEXTS),
                ("note", phrases.NOTE_TEXTS),
            )
        }
        self.rendered = {
            text: str(markdown_rendering.markdown_to_html(text)) for texts in self.texts.values() for text in texts
        }
        self.plain = {
            text: markdown_rendering.markdown_to_text(text) for texts in self.texts.values() for text in texts
        }
        self.ids = {model: bulk_columns.next_id(model) for model in (Ticket, Message, Event, Thread)}
        self.mail = bulk_columns.get_mail_channel_id()
        step = HISTORY_SECONDS / count
        weights = [1 / (place + 3) for place in range(len(self.requesters))]
        who = self.random.choices(self.requesters, weights, k=count)
        for start in range(0, count, BATCH_SIZE):
            self.rows: dict[str, list] = {name: [] for name in ("tickets", "messages", "events", "threads", "search")}
            for place in range(start, min(count, start + BATCH_SIZE)):
                self._ticket(who[place], self.now - HISTORY_SECONDS + step * (place + self.random.random()))
            self._write()

    def _ticket(self, requester: tuple[int, int, str], filed_at: float) -> None:
        random = self.random
        user_id, organization_id, name = requester
        id = self._next(Ticket)
        agent_id, agent = random.choice(self.agents)
        age = self.now - filed_at
        status = (
            random.choice(RECENT_STATUSES if age < RECENT_SECONDS else OLD_STATUSES)
            if random.random() > 0.002
            else str(Status.open)
        )
        count = 1 if status == Status.open else max(2, round(random.expovariate(1) * (self.messages - 1.5)) + 1)
        count = min(count, 400)
        ref = f"R-{id:07d}"
        gap = min(age, 3 * 86_400) / (count + 2)
        at = filed_at
        seq, first_response = 1, None
        subject = phrases.random_subject(random)
        first = latest = random.choice(self.texts["first"])
        customer_at = last_public_seq = None
        for number in range(count):
            from_team = number % 2 == 1
            is_note = from_team and number > 1 and random.random() < 0.25
            kind = "first" if number == 0 else "note" if is_note else "team" if from_team else "customer"
            text = first if number == 0 else random.choice(self.texts[kind])
            body = text.replace("{ref}", ref)
            author_id, author = (agent_id, agent) if from_team else (user_id, name)
            self.rows["messages"].append(
                (
                    self._next(Message),
                    id,
                    organization_id,
                    seq,
                    "note" if is_note else "reply",
                    from_team,
                    author_id,
                    author,
                    body,
                    self.rendered[text].replace("{ref}", ref),
                    markdown_rendering.MARKDOWN_VERSION,
                    bulk_columns.format_time(at),
                    1,
                )
            )
            self.rows["search"] += entries.message_entries(id, organization_id, seq, body, (), is_note)
            if not is_note:
                last_public_seq, latest = seq, text
                first_response = first_response or (at if from_team else None)
                customer_at = customer_at if from_team else at
            seq += 1
            if number == 0 and count > 1:
                self._event(
                    id,
                    organization_id,
                    seq,
                    "assigned",
                    True,
                    agent_id,
                    agent,
                    f'{{"old": null, "new": "{agent}"}}',
                    at + gap / 2,
                )
                seq += 1
            at += gap * (0.2 + random.random())
        self.said += count
        ended = None
        if status in DONE:
            ended = at
            self._event(
                id,
                organization_id,
                seq,
                "solved",
                False,
                agent_id,
                agent,
                json.dumps({"old": Status.open.definition.on_agent_reply, "new": Status.solved}),
                at,
            )
            seq += 1
        excerpt = " ".join(self.plain[latest].replace("{ref}", ref).split())[:180]
        last = at if ended else at - gap * 0.2
        self.rows["tickets"].append(
            (
                id,
                organization_id,
                user_id,
                agent_id if count > 1 else None,
                subject,
                status,
                random.choice(PRIORITY_CHOICES),
                excerpt,
                bulk_columns.format_time(filed_at),
                bulk_columns.format_time(last),
                bulk_columns.format_time(last),
                bulk_columns.format_time(customer_at),
                bulk_columns.format_time(first_response),
                bulk_columns.format_time(ended),
                bulk_columns.format_time(ended) if status == Status.closed else None,
                seq,
                last_public_seq,
                1,
            )
        )
        self.rows["search"].append(entries.subject_entry(id, organization_id, subject))
        if not ended:
            issued = token.issue()
            self.rows["threads"].append(
                (
                    self._next(Thread),
                    id,
                    organization_id,
                    self.mail,
                    user_id,
                    issued.nonce,
                    issued.hash,
                    bulk_columns.format_time(filed_at),
                )
            )

    def _event(self, ticket_id, organization_id, seq, kind, team_only, actor_id, actor, data, at) -> None:
        self.rows["events"].append(
            (
                self._next(Event),
                ticket_id,
                organization_id,
                seq,
                kind,
                team_only,
                actor_id,
                actor,
                data,
                bulk_columns.format_time(at),
            )
        )

    def _write(self) -> None:
        write = self.writer.write
        write(
            Ticket,
            bulk_columns.TICKET_COLUMNS,
            self.rows["tickets"],
        )
        write(
            Message,
            bulk_columns.MESSAGE_COLUMNS,
            self.rows["messages"],
        )
        write(
            Event,
            bulk_columns.EVENT_COLUMNS,
            self.rows["events"],
        )
        write(
            Thread,
            bulk_columns.THREAD_COLUMNS,
            self.rows["threads"],
        )
        self.writer.search(self.rows["search"])

    def _next(self, model) -> int:
        id = self.ids[model]
        self.ids[model] = id + 1
        return id

    def _time(self, ago: float) -> str:
        return bulk_columns.format_time(self.now - ago)
