"""What the rig knows from having been there: what was said and accepted, what was answered, when the database was out."""

import threading
import time
from dataclasses import dataclass, field

TICKET_CREATED, REPLY, NOTE = "filed", "reply", "note"


@dataclass
class SentMessage:
    """One thing somebody said. ``ticket`` is its subject's word. ``accepted`` once the other side has said so; the times are
    those of the request that was accepted."""

    word: str
    kind: str
    organization: str
    ticket: str
    author: str
    via: str
    accepted: bool = False
    began: float = 0.0
    ended: float = 0.0
    origin: str = ""


@dataclass(frozen=True)
class RecordedResponse:
    """What the portal answered to one request."""

    when: float
    began: float
    method: str
    path: str
    status: int
    retry_after: str


@dataclass
class TicketRecord:
    """A ticket as the rig knows it: its number once filed, its threads once its cards are on Slack."""

    subject: str
    organization: str
    requester: str
    number: int = 0
    threads: dict[str, str] = field(default_factory=dict)


class Journal:
    """Shared by everybody who acts."""

    def __init__(self):
        self.lock = threading.Lock()
        self.said: list[SentMessage] = []
        self.answers: list[RecordedResponse] = []
        self.cases: dict[str, TicketRecord] = {}
        self.outages: list[list[float]] = []
        self.foreign: list[str] = []
        self.broken = 0

    def say(self, said: SentMessage) -> SentMessage:
        with self.lock:
            self.said.append(said)
        return said

    def open_case(self, case: TicketRecord) -> None:
        with self.lock:
            self.cases[case.subject] = case

    def filed(self) -> list[TicketRecord]:
        """The tickets with a number."""
        with self.lock:
            return [case for case in self.cases.values() if case.number]

    def accepted(self) -> list[SentMessage]:
        with self.lock:
            return [said for said in self.said if said.accepted]

    def answer(self, answer: RecordedResponse) -> None:
        with self.lock:
            self.answers.append(answer)

    def database_is_out(self) -> list[float]:
        """Note that the database is out from now on; end it with ``database_is_back``."""
        outage = [time.monotonic(), float("inf")]
        self.outages.append(outage)
        return outage

    def database_is_back(self, outage: list[float], grace: float) -> None:
        """Requests that had to wait for it may still say so for ``grace`` seconds."""
        outage[1] = time.monotonic() + grace

    def in_outage(self, began: float, ended: float) -> bool:
        """Whether a request between those times may have met a database that was out."""
        return any(began <= end and ended >= start for start, end in self.outages)
