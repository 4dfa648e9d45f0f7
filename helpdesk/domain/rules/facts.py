"""What a rule can ask about a ticket at one moment."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from helpdesk import clock
from helpdesk.domain.people import reader_language
from helpdesk.domain.rules.definition import WEB
from helpdesk.domain.sla import business_hours, timers
from helpdesk.extensions import db
from helpdesk.markup import whole_words
from helpdesk.models.message import Message
from helpdesk.models.statuses import Status
from helpdesk.models.thread import Thread
from helpdesk.models.ticket import Ticket


@dataclass(frozen=True)
class Facts:
    """A ticket, and the message that it is about, if any. ``at`` is its time, for business hours.

    ``is_as_filed``: the status is that of a new ticket, whatever it became since.
    """

    ticket: Ticket
    message: Message | None = None
    at: datetime = field(default_factory=clock.now)
    is_as_filed: bool = False

    @property
    def status(self) -> str:
        return Status.open if self.is_as_filed else self.ticket.status

    @property
    def priority(self) -> str:
        return self.ticket.priority

    @property
    def tags(self) -> tuple[str, ...]:
        """The names of the tags that it has."""
        return self.ticket.tags

    @property
    def form(self) -> str:
        """The slug of the form, "" for none."""
        return self.ticket.form_version.form.slug if self.ticket.form_version else ""

    @property
    def text(self) -> str:
        """Subject and message, for comparing words."""
        return whole_words.fold(f"{self.ticket.subject}\n{self.message.body if self.message else ''}")

    @property
    def language(self) -> str:
        """The code of the language in which the requester reads."""
        return reader_language.get_reader_language(self.ticket.requester, (), self.ticket.organization)

    @property
    def channel(self) -> str:
        """The kind of the channel by which the message came."""
        thread_id = self.message.origin_thread_id if self.message else None
        thread = db.session.get(Thread, thread_id) if thread_id else None
        return thread.channel.kind if thread else WEB

    @property
    def writer(self) -> str:
        """Whose message it is: "customer" or "team"; "" without one."""
        return "" if self.message is None else "team" if self.message.from_team else "customer"

    @property
    def is_in_hours(self) -> bool:
        """Whether the team works at that time."""
        return is_in_hours(self.at)

    def find_answer(self, key: str) -> str:
        """Return the answer to the field ``key`` as text, "" for none."""
        return next((answer.text for answer in self.ticket.answers if answer.field.key == key), "")


def is_in_hours(moment: datetime) -> bool:
    """Whether the team works at ``moment``."""
    end = moment + timedelta(seconds=1)
    return business_hours.working_seconds_between(timers.working_schedule(), moment, end) == 1
