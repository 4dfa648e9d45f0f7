"""The scripted people. Each is a thread with dice of its own; what they said and what came of it goes into the ledger."""

import random
import secrets
import threading
import time

from bench.fault_injection import scenario
from bench.fault_injection.installation import Installation
from bench.fault_injection.journal import NOTE, REPLY, TICKET_CREATED, Journal, SentMessage, TicketRecord
from bench.fault_injection.retrying_browser import RetryingBrowser, parse_hidden_fields

TIMEOUT_SECONDS = 45.0  # seconds that somebody goes on trying after the run has ended
MAX_BURST = 3
MAX_TICKETS = 4  # per customer


class SimulatedUser(threading.Thread):
    """Does one thing after another until ``until`` (monotonic seconds), ``pace`` seconds apart on average."""

    def __init__(
        self,
        person: scenario.Person,
        there: Installation,
        ledger: Journal,
        words: scenario.WordGenerator,
        seed: str,
        pace: float,
    ):
        super().__init__(name=person.email, daemon=True)
        self.person = person
        self.there = there
        self.ledger = ledger
        self.words = words
        self.dice = random.Random(f"{seed} {person.email}")  # noqa: S311, a script's dice
        self.pace = pace
        self.until = 0.0
        self.browser = RetryingBrowser(there.portal, person, there.people, ledger)
        self.wrong: list[str] = []

    def begin(self, until: float) -> None:
        self.until = until
        self.start()

    def run(self) -> None:
        time.sleep(self.dice.uniform(0, self.pace))
        while time.monotonic() < self.until:
            try:
                self.act()
            except Exception as error:  # a script that stops would make the run prove less than it says
                self.wrong.append(f"{self.person.email}: {type(error).__name__}: {error}")
            time.sleep(self.dice.expovariate(1 / self.pace))

    def act(self) -> None:
        raise NotImplementedError

    def reply(self, case: TicketRecord, kind: str = REPLY) -> None:
        """Open the ticket's page and say something on it; sometimes a burst, sometimes with a double click."""
        limit = self.until + TIMEOUT_SECONDS
        page = self.browser.page(f"/tickets/{case.number}", limit)
        if page is None:
            return
        address = f"/tickets/{case.number}/" + ("replies" if kind == REPLY else "notes")
        fields = parse_hidden_fields(page.text, address)
        for _ in range(MAX_BURST if self.dice.random() < 0.3 else 1):
            said = self._saying(case, kind, "web")
            form = fields | {"form_token": secrets.token_hex(16), "body": f"About this: {said.word} is what I see."}
            if self.dice.random() < 0.15:
                self._double_click(address, form)
            self._note_answer(said, self.browser.send(address, form, limit), f"/tickets/{case.number}")

    def _double_click(self, address: str, form: dict) -> None:
        twin = self.browser.another()
        threading.Thread(target=twin.post, args=(address, form), daemon=True).start()

    def _saying(self, case: TicketRecord, kind: str, via: str) -> SentMessage:
        word = self.words.new(case.organization)
        return self.ledger.say(SentMessage(word, kind, case.organization, case.subject, self.person.email, via))

    def _note_answer(self, said: SentMessage, sent, place: str) -> str:
        """Where the answer leads, if it accepts what was said."""
        if sent is None:
            return ""
        answer, said.began, said.ended = sent
        leads_to = answer.headers.get("Location", "")
        said.accepted = answer.status_code < 400 and (answer.status_code == 200 or place in leads_to)
        if not said.accepted:
            self.wrong.append(f"{self.person.email}: {said.kind} was answered {answer.status_code} {leads_to}")
        return leads_to if said.accepted else ""


class SimulatedCustomer(SimulatedUser):
    """Files tickets and replies on their company's, in the portal."""

    filed = 0

    def act(self) -> None:
        cases = [case for case in self.ledger.filed() if case.organization == self.person.company]
        what = self.dice.random()
        if not cases or (what < 0.25 and self.filed < MAX_TICKETS):
            self.file()
        elif what < 0.9:
            self.reply(self.dice.choice(cases))
        else:
            self.browser.get("/tickets")

    def file(self) -> None:
        limit = self.until + TIMEOUT_SECONDS
        page = self.browser.page("/tickets/new", limit)
        if page is None:
            return
        self.filed += 1
        case = TicketRecord(self.words.new(self.person.company), self.person.company, self.person.email)
        self.ledger.open_case(case)
        said = self._saying(case, TICKET_CREATED, "web")
        form = parse_hidden_fields(page.text, "/tickets") | {
            "subject": f"Broken {case.subject}",
            "body": f"It says {said.word} to me.",
        }
        if self.dice.random() < 0.15:
            self._double_click("/tickets", form)
        leads_to = self._note_answer(said, self.browser.send("/tickets", form, limit), "/tickets/")
        if leads_to:
            case.number = int(leads_to.rstrip("/").rpartition("/")[2])


class SimulatedAgent(SimulatedUser):
    """Answers in Slack's threads and at the desk; now and then a note. There are fewer agents, so each does more."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.pace /= 3

    def act(self) -> None:
        cases = self.ledger.filed()
        known = [case for case in cases if case.threads]
        if not cases:
            return
        case = self.dice.choice(known if known and self.person.slack else cases)
        kind = NOTE if self.dice.random() < 0.2 else REPLY
        channels = [channel for channel in case.threads if kind == REPLY or channel == scenario.TRIAGE_CHANNEL_ID]
        if self.person.slack and channels and self.dice.random() < 0.85:
            self.answer_in_slack(case, self.dice.choice(channels), kind)
        else:
            self.reply(case, kind)

    def answer_in_slack(self, case: TicketRecord, channel: str, kind: str) -> None:
        for _ in range(2 if self.dice.random() < 0.2 else 1):
            said = self._saying(case, kind, "slack")
            said.origin = channel
            text = f"{'note: ' if kind == NOTE else ''}Look at {said.word} for this."
            said.began = time.monotonic()
            self.there.control(
                "say", user=self.person.slack, channel=channel, text=text, thread_ts=case.threads[channel]
            )
            said.accepted, said.ended = True, time.monotonic()
