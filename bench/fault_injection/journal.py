"""Records what the simulated users sent, what was accepted, what was answered, and database outages."""

import threading
import time
from dataclasses import dataclass, field

TICKET_CREATED, REPLY, NOTE = "filed", "reply", "note"
LOST = "lost with the primary"


@dataclass
class SentMessage:
    """One message of a simulated user.

    ``word`` is its unique text and ``ticket`` the unique word of the ticket's subject. ``accepted`` is set once the
    other side has answered so; the times (monotonic seconds) are those of the request that was accepted. ``outcome`` is
    "edited" or "deleted" once its author took it back, "uncertain" if the answer to that was lost. ``original`` is what
    an edit replaced.
    """

    word: str
    kind: str
    organization: str
    ticket: str
    author: str
    via: str
    accepted: bool = False
    started_at: float = 0.0
    ended_at: float = 0.0
    origin: str = ""
    outcome: str = ""
    original: "SentMessage | None" = None

    @property
    def first_written_at(self) -> float:
        """When the message was written whose copies this text is in (monotonic seconds)."""
        return self.original.first_written_at if self.original else self.started_at


@dataclass(frozen=True)
class RecordedResponse:
    """What the portal answered to one request; times are monotonic seconds."""

    when: float
    started_at: float
    method: str
    path: str
    status: int
    retry_after: str


@dataclass
class TicketRecord:
    """A ticket: its number once filed, its threads (ts by channel) once its cards are on Slack.

    It moves to another organization at most once: ``moving_to`` is set before the request, ``moved_from`` and
    ``moved_at`` (monotonic seconds) once the portal has accepted it; then ``organization`` and ``requester`` are new.
    ``is_lost`` is set when a database server that lacked the latest commits took over, and perhaps lacked this ticket.
    """

    subject: str
    organization: str
    requester: str
    number: int = 0
    threads: dict[str, str] = field(default_factory=dict)
    moving_to: str = ""
    moved_from: str = ""
    moved_at: float = float("inf")
    is_lost: bool = False

    def list_readers(self, since: float) -> set[str]:
        """The organizations that may read what is written on the ticket, or asked of it, at the time ``since``."""
        if since > self.moved_at:
            return {self.organization}
        return {self.organization, self.moving_to, self.moved_from} - {""}


class Journal:
    """The records of a run, shared by all threads."""

    def __init__(self):
        self.lock = threading.Lock()
        self.messages: list[SentMessage] = []
        self.responses: list[RecordedResponse] = []
        self.tickets: dict[str, TicketRecord] = {}
        self.subjects: dict[str, str] = {}  # of messages, by their words
        self.outages: list[list[float]] = []
        self.foreign_words: list[str] = []
        self.deleted_cards: set[tuple[str, str]] = set()  # (subject of the ticket, channel)
        self.deleted_roots: set[str] = set()  # timestamps of the cards that somebody deleted in Slack
        self.lost_until = 0.0  # (monotonic seconds) what was recorded shortly before this time may have been forgotten
        self.broken_connections = 0

    def add_message(self, message: SentMessage) -> SentMessage:
        with self.lock:
            self.messages.append(message)
            self.subjects[message.word] = message.ticket
            if message.ticket in self.tickets and self.tickets[message.ticket].is_lost:
                message.outcome = LOST  # whoever writes had opened the ticket before
        return message

    def add_ticket(self, ticket: TicketRecord) -> None:
        with self.lock:
            self.tickets[ticket.subject] = ticket

    def list_filed(self) -> list[TicketRecord]:
        """The tickets with a number."""
        with self.lock:
            return [ticket for ticket in self.tickets.values() if ticket.number and not ticket.is_lost]

    def list_accepted(self) -> list[SentMessage]:
        """The accepted messages that their authors have not taken back."""
        with self.lock:
            return [message for message in self.messages if message.accepted and not message.outcome]

    def list_taken_back(self) -> list[SentMessage]:
        """The messages whose words must be nowhere any more."""
        with self.lock:
            return [message for message in self.messages if message.outcome in ("edited", "deleted")]

    def forget_between(self, begin: float, end: float) -> int:
        """Expect nothing any more of what was being accepted then, nor of any edit; returns how many messages it was.

        With a ticket goes everything that was written on it: what is typed below its card later reaches nobody.
        """
        with self.lock:
            lost = [
                message
                for message in self.messages
                if message.accepted and message.ended_at > begin and message.started_at < end
            ]
            gone = {message.ticket for message in lost if message.kind == TICKET_CREATED}
            lost += [message for message in self.messages if message.ticket in gone and message not in lost]
            for message in lost:
                message.outcome = LOST
            for subject in gone:
                self.tickets[subject].number, self.tickets[subject].is_lost = 0, True
            self.lost_until = end
            for message in self.messages:
                if message.outcome in ("edited", "deleted"):
                    message.outcome = "uncertain"
        return len(lost)

    def may_come_again(self, words: list[str], via: str = "") -> bool:
        """Whether something of these words, by ``via`` if given, may be sent or filed a second time.

        It was written before a server took over that perhaps does not know what was done with it.
        """
        with self.lock:
            early = [message for message in self.messages if message.started_at < self.lost_until]
        return any(message.word in words and via in ("", message.via) for message in early)

    def find_ticket(self, word: str) -> TicketRecord | None:
        """The ticket whose subject or message ``word`` is."""
        with self.lock:
            subject = word if word in self.tickets else self.subjects.get(word, "")
            return self.tickets.get(subject)

    def add_response(self, response: RecordedResponse) -> None:
        with self.lock:
            self.responses.append(response)

    def start_outage(self) -> list[float]:
        """Record that the database is unavailable from now on; ``end_outage`` ends it."""
        outage = [time.monotonic(), float("inf")]
        self.outages.append(outage)
        return outage

    def end_outage(self, outage: list[float], grace: float) -> None:
        """Record the end. Requests that waited for the database may still be answered 503 for ``grace`` seconds."""
        outage[1] = time.monotonic() + grace

    def in_outage(self, started_at: float, ended_at: float) -> bool:
        """Whether a request between those times may have met an unavailable database."""
        return any(started_at <= end and ended_at >= start for start, end in self.outages)
