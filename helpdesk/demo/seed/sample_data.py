"""Writes the demo's sample data, dated over the last weeks: people, forms and two dozen tickets.

Nothing is enqueued: the mails of that time are recorded as sent.
"""

from datetime import datetime, timedelta

from sqlalchemy import select

from helpdesk import clock
from helpdesk.channels.email import threads
from helpdesk.demo import personas
from helpdesk.demo.sample_tickets import FormSpec, SampleMessage, SampleTicket
from helpdesk.demo.seed import sample_articles
from helpdesk.domain import forms
from helpdesk.domain.administration import settings
from helpdesk.domain.people import memberships, organizations, users
from helpdesk.domain.search_index import reindexing
from helpdesk.domain.sla import policies
from helpdesk.extensions import db
from helpdesk.markup import markdown_rendering
from helpdesk.models.canned_reply import CannedReply
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery, DeliveryKind, DeliveryState
from helpdesk.models.event import Event
from helpdesk.models.form import Field, Form, FormVersion
from helpdesk.models.message import Message, MessageKind
from helpdesk.models.organization import Organization
from helpdesk.models.priorities import DEFAULT_PRIORITY
from helpdesk.models.rating import Rating
from helpdesk.models.read_receipt import ReadReceipt
from helpdesk.models.statuses import WAITING_ON, Status
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User

SETTING_VALUES = {
    "portal_name": "Northwind Help",
    "team_name": "Northwind Support",
    "system_email": personas.SYSTEM_EMAIL,
    "internal_domains": "support.northwind.example northwind.example",
    "triage_channel": personas.TRIAGE_CHANNEL_ID,
    "undo_seconds": 6,
    "mail_while_reading": True,
}
SERVICE_LEVELS = {
    "urgent-first_response": "1h",
    "urgent-resolution": "8h",
    "high-first_response": "4h",
    "high-resolution": "48h",
    "normal-first_response": "24h",
    "low-first_response": "48h",
}
FIELD_KINDS = {"text": "short_text", "paragraph": "long_text", "select": "select", "date": "date"}
ORGANIZATION_AGE = timedelta(days=120)  # age of the organizations and users
UNREAD_AGE = timedelta(hours=20)  # younger messages are read only by requester and assignee
RECENT_AGE = timedelta(hours=3)  # younger messages are read by nobody
CANNED_REPLIES = (
    (
        "Ask for a screenshot",
        "Hello {{ first_name }},\n\ncould you send a screenshot of the whole window, with the time it happened?",
        "pending",
    ),
    (
        "Known problem, fix on its way",
        "Hello {{ first_name }},\n\nthis is a known problem, and a fix is on its way. I write again when it is in.",
        "on_hold",
    ),
)


def is_database_seeded() -> bool:
    """Whether the database has data already."""
    return db.session.scalar(select(Organization.id).limit(1)) is not None


def seed_sample_data() -> None:
    """Write the sample data. Does not commit."""
    for name, value in SETTING_VALUES.items():
        settings.set(name, value)
    companies = {company.key: _create_organization(company) for company in personas.COMPANIES}
    db.session.add(Channel(kind="slack", external_id=personas.TRIAGE_CHANNEL_ID, name="triage", audience="team"))
    persons = {person.email: _create_user(person, companies) for person in (*personas.AGENTS, *personas.REQUESTERS)}
    versions = {form.slug: _create_form(form, place) for place, form in enumerate(personas.FORMS)}
    for title, body, status in CANNED_REPLIES:
        db.session.add(CannedReply(title=title, body=body, status=status))
    db.session.flush()
    for story in sorted(personas.SAMPLE_TICKETS, key=lambda story: -story.hours_ago):
        _SampleTicketWriter(story, companies[story.organization], persons, versions[story.form]).write_all()
    admin = next(person for person in persons.values() if person.is_admin)
    policies.set_policies(SERVICE_LEVELS, actor=admin)  # a worker applies them to the tickets
    for email in personas.ORGANIZATION_ADMINS:
        memberships.set_admin(persons[email], persons[email].organization, True, actor=admin)
    sample_articles.write_articles(admin)
    db.session.flush()


def _create_organization(company: personas.Company) -> Organization:
    made = organizations.create_organization(company.name, domains=company.domains, slack_channels=[company.channel_id])
    made.created_at = clock.now() - ORGANIZATION_AGE
    channel = db.session.scalar(select(Channel).where(Channel.external_id == company.channel_id))
    slack_channel = next(
        slack_channel for slack_channel in personas.SLACK_CHANNELS if slack_channel.id == company.channel_id
    )
    channel.name, channel.is_shared = slack_channel.name, bool(slack_channel.shared_with)
    return made


def _create_user(person: personas.Person, companies: dict[str, Organization]) -> User:
    made = users.create_user(
        person.email, name=person.name, role=person.role, organization=companies.get(person.company)
    )
    made.slack_user_id = person.slack or None
    made.time_zone = person.zone
    made.created_at = made.email_verified_at = clock.now() - ORGANIZATION_AGE
    return made


def _create_form(spec: FormSpec, position: int) -> FormVersion:
    form = Form(slug=spec.slug, name=spec.name, description=spec.description, position=position)
    version = FormVersion(form=form, number=1, published_at=clock.now() - ORGANIZATION_AGE)
    for place, field in enumerate(spec.fields):
        version.fields.append(
            Field(
                key=field.key,
                kind=FIELD_KINDS[field.kind],
                label=field.label,
                help=field.help,
                required=field.required,
                position=place,
                options=list(field.options),
            )
        )
    db.session.add(version)
    db.session.flush()
    return version


class _SampleTicketWriter:
    """Writes one sample ticket."""

    def __init__(self, story: SampleTicket, organization: Organization, persons: dict[str, User], form: FormVersion):
        self.story, self.organization, self.persons, self.form = story, organization, persons, form
        self.now = clock.now()
        self.has_status_changes = any(kind == "status" for _, kind, _, _ in story.changes)

    def write_all(self) -> None:
        """Write the ticket, then messages and changes in order."""
        self._file()
        changes = [(hours, 1, (kind, by, value)) for hours, kind, by, value in self.story.changes]
        said = [(said.hours_ago, 0, said) for said in self.story.messages]
        for hours, _, thing in sorted(said + changes, key=lambda entry: (-entry[0], entry[1])):
            if isinstance(thing, SampleMessage):
                self._add_message(thing)
            else:
                self._add_change(self._ago(hours), *thing)
        self._finish()

    def _file(self) -> None:
        story, at = self.story, self._ago(self.story.hours_ago)
        changes_later = any(kind == "priority" for _, kind, _, _ in story.changes)
        self.ticket = Ticket(
            organization=self.organization,
            requester=self.persons[story.requester],
            form_version_id=self.form.id,
            subject=story.subject,
            priority=DEFAULT_PRIORITY if changes_later else story.priority,
            status=Status.open,
            excerpt=markdown_rendering.make_excerpt(story.messages[0].body, 180),
            created_at=at,
            updated_at=at,
            turn_since=at,
            next_seq=1,
        )
        db.session.add(self.ticket)
        db.session.flush()
        forms.save_answers(self.ticket, self.form, dict(story.answers))
        self.mail = threads.open_thread(self.ticket, self.ticket.requester)
        self.mail.created_at = at

    def _add_message(self, said: SampleMessage) -> None:
        ticket, author, at = self.ticket, self.persons[said.by], self._ago(said.hours_ago)
        message = Message(
            ticket=ticket,
            organization_id=ticket.organization_id,
            seq=self._next(),
            kind=said.kind,
            from_team=author.is_team,
            author=author,
            author_name=author.display_name,
            created_at=at,
        )
        message.set_body(said.body)
        db.session.add(message)
        db.session.flush()
        ticket.updated_at = at
        if said.kind == MessageKind.note:
            return
        ticket.last_public_seq = message.seq
        ticket.excerpt = markdown_rendering.make_excerpt(said.body, 180)
        if author.is_team:
            ticket.first_response_at = ticket.first_response_at or at
            self._add_mail_delivery(message, at)
            becomes = Status(ticket.status).definition.on_agent_reply
            if becomes and not self.has_status_changes:
                self._set(at, author, Status(becomes), quietly=True)
            return
        ticket.customer_replied_at = at
        becomes = Status(ticket.status).definition.on_requester_reply
        if message.seq > 1 and becomes and not self.has_status_changes:
            self._set(at, author, Status(becomes), quietly=not ticket.is_solved)

    def _add_change(self, at: datetime, kind: str, by: str, value: str) -> None:
        actor = self.persons[by]
        if kind == "status":
            self._set(at, actor, Status(value))
        elif kind == "assigned":
            old = self.ticket.assignee
            self.ticket.assignee = self.persons[value]
            self._event(
                at,
                "assigned",
                actor,
                True,
                old=old.display_name if old else None,
                new=self.ticket.assignee.display_name,
            )
        else:
            self._event(at, "priority", actor, True, old=str(self.ticket.priority), new=value)
            self.ticket.priority = value

    def _set(self, at: datetime, actor: User | None, status: Status, quietly: bool = False) -> None:
        ticket = self.ticket
        if ticket.waiting_on != WAITING_ON[status]:
            ticket.turn_since = at
        kind = status.definition.event_kind
        kind = "reopened" if kind == "status" and ticket.is_solved else kind
        self._event(at, kind, actor, quietly, old=str(ticket.status), new=str(status))
        ticket.status = status
        ticket.solved_at = at if status == Status.solved else ticket.solved_at if status == Status.closed else None
        ticket.closed_at = at if status == Status.closed else None

    def _event(self, at: datetime, kind: str, actor: User | None, team_only: bool, **data) -> None:
        event = Event(ticket_id=self.ticket.id, organization_id=self.organization.id, seq=self._next(), kind=kind)
        event.team_only, event.data, event.created_at = team_only, data, at
        event.actor_id, event.actor_name = (actor.id, actor.display_name) if actor else (None, "")
        db.session.add(event)
        self.ticket.updated_at = max(self.ticket.updated_at, at)

    def _add_mail_delivery(self, message: Message, at: datetime) -> None:
        sent = Delivery(
            thread=self.mail, message=message, kind=DeliveryKind.message, state=DeliveryState.sent, attempts=1
        )
        sent.created_at = sent.due_at = sent.started_at = at
        sent.finished_at = at + timedelta(seconds=2)
        db.session.add(sent)
        db.session.flush()
        sent.external_id = f"<{sent.key}@{personas.SUPPORT_DOMAIN}>"

    def _finish(self) -> None:
        """Apply the sample ticket's final status and assignee, even if no change in it leads there."""
        story, ticket = self.story, self.ticket
        if ticket.status != story.status:
            self._set(ticket.updated_at, None, Status(story.status), quietly=True)
        if story.assignee and ticket.assignee is None:
            ticket.assignee = self.persons[story.assignee]
        if story.rating:
            db.session.add(
                Rating(
                    ticket_id=ticket.id,
                    user_id=ticket.requester_id,
                    score=story.rating,
                    created_at=ticket.solved_at or ticket.updated_at,
                )
            )
        for person in self.persons.values():
            is_theirs = person in (ticket.assignee, ticket.requester) and ticket.updated_at < self.now - RECENT_AGE
            if is_theirs or (self._is_visible_to(person) and ticket.updated_at < self.now - UNREAD_AGE):
                db.session.add(
                    ReadReceipt(user_id=person.id, ticket_id=ticket.id, seq=ticket.next_seq - 1, at=self.now)
                )
        db.session.flush()
        reindexing.reindex_tickets([ticket.id], db.session.connection())

    def _is_visible_to(self, person: User) -> bool:
        return person.is_team or person.organization_id == self.ticket.organization_id

    def _next(self) -> int:
        seq = self.ticket.next_seq
        self.ticket.next_seq = seq + 1
        return seq

    def _ago(self, hours: float) -> datetime:
        return self.now - timedelta(hours=hours)
