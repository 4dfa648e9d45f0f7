"""Simulated users: each is a thread with its own random numbers, which records in the journal what it sent."""

import random
import re
import secrets
import threading
import time

from bench.fault_injection import expectations, scenario
from bench.fault_injection.installation import Installation
from bench.fault_injection.journal import NOTE, REPLY, TICKET_CREATED, Journal, SentMessage, TicketRecord
from bench.fault_injection.retrying_browser import RetryingBrowser, parse_hidden_fields

TIMEOUT_SECONDS = 45.0  # a user goes on trying so long after the run has ended
MAX_BURST = 3
TAKE_BACK_CHANCE = 0.12  # of an action
ARTICLE_PATTERN = re.compile(r'<article\s+class="message[^>]*id="message-(\d+)".*?</article>', re.DOTALL)
MOVE_CHANCE = 0.15  # of an action of the agent without Slack
MAX_TICKETS = 4  # per customer
MAX_SAID_LENGTH = 300  # of a page that refuses a message, in a finding


class SimulatedUser(threading.Thread):
    """Does one thing after another until ``until`` (monotonic seconds), ``pace`` seconds apart on average."""

    def __init__(
        self,
        person: scenario.Person,
        installation: Installation,
        journal: Journal,
        words: scenario.WordGenerator,
        seed: str,
        pace: float,
    ):
        super().__init__(name=person.email, daemon=True)
        self.person = person
        self.installation = installation
        self.journal = journal
        self.words = words
        self.random = random.Random(f"{seed} {person.email}")  # noqa: S311, not for secrets
        self.pace = pace
        self.until = 0.0
        self.browser = RetryingBrowser(installation.portal, person, installation.people, journal)
        self.errors: list[str] = []

    def start_until(self, until: float) -> None:
        self.until = until
        self.start()

    def run(self) -> None:
        time.sleep(self.random.uniform(0, self.pace))
        while time.monotonic() < self.until:
            try:
                if self.random.random() >= TAKE_BACK_CHANCE or not self.take_back():
                    self.act()
            except Exception as error:  # a stopped user would make the run prove less
                self.errors.append(f"{self.person.email}: {type(error).__name__}: {error}")
            time.sleep(self.random.expovariate(1 / self.pace))

    def act(self) -> None:
        raise NotImplementedError

    def reply(self, ticket: TicketRecord, kind: str = REPLY) -> None:
        """Open the ticket's page and send a message; sometimes a burst, sometimes with a double click."""
        limit, own = self.until + TIMEOUT_SECONDS, f"/tickets/{ticket.number}"
        page = self.browser.page(own, limit)
        if page is None:
            return
        address = f"{own}/" + ("replies" if kind == REPLY else "notes")
        fields = parse_hidden_fields(page.text, address)
        for _ in range(MAX_BURST if self.random.random() < 0.3 else 1):
            message = self._add_message(ticket, kind, "web")
            form = fields | {"form_token": secrets.token_hex(16), "body": f"About this: {message.word} is what I see."}
            if self.random.random() < 0.15:
                self._double_click(address, form)
            self._record_result(message, self._send_reply(address, form, limit), own)

    def _send_reply(self, address: str, form: dict, limit: float):
        """Send the form; where a colleague's newer reply is shown first, send it again as having seen that one."""
        while True:
            sent = self.browser.send(address, form, limit)
            if sent is None or sent[0].status_code != 422:
                return sent
            seen = parse_hidden_fields(sent[0].text, address).get("seen", "")
            if seen == form.get("seen"):
                return sent
            form = form | {"seen": seen}

    def take_back(self) -> bool:
        """Edit or delete one of one's own messages from the portal; False if there is none."""
        mine = [
            message
            for message in self.journal.list_accepted()
            if message.author == self.person.email and message.via == "web" and message.kind != TICKET_CREATED
        ]
        if not mine:
            return False
        limit, message = self.until + TIMEOUT_SECONDS, self.random.choice(mine)
        number = self.journal.tickets[message.ticket].number
        page = self.browser.page(f"/tickets/{number}", limit)
        articles = ARTICLE_PATTERN.finditer(page.text) if page is not None else ()
        id = next((found[1] for found in articles if message.word in found[0]), None)
        address = f"/tickets/{number}/messages/{id}"
        form = self.browser.page(f"{address}/edit", limit) if id else None
        if form is None:
            return False
        fields = parse_hidden_fields(form.text, address)
        if self.random.random() < 0.5:
            self._delete_message(message, address, fields, limit)
        else:
            self._edit_message(message, address, fields, limit)
        return True

    def _delete_message(self, message: SentMessage, address: str, fields: dict, limit: float) -> None:
        message.outcome = "uncertain"
        sent = self.browser.send(f"{address}/delete", fields, limit)
        if sent is not None and (sent[0].status_code < 400 or sent[0].status_code == 404):  # 404: an earlier try did it
            message.outcome = "deleted"

    def _edit_message(self, message: SentMessage, address: str, fields: dict, limit: float) -> None:
        word = self.words.new(message.organization)
        new = SentMessage(
            word, message.kind, message.organization, message.ticket, message.author, "edit", original=message
        )
        self.journal.add_message(new)
        new.outcome = message.outcome = "uncertain"
        body = f"About this: {word} is what I see now."
        sent = self.browser.send(address, fields | {"body": body}, limit)
        if sent is not None and sent[0].status_code < 400:
            new.started_at, new.ended_at = sent[1:]
            message.outcome, new.outcome, new.accepted = "edited", "", True

    def _double_click(self, address: str, form: dict) -> None:
        second = self.browser.clone()
        threading.Thread(target=second.post, args=(address, form), daemon=True).start()

    def _add_message(self, ticket: TicketRecord, kind: str, via: str) -> SentMessage:
        word = self.words.new(ticket.organization)
        return self.journal.add_message(
            SentMessage(word, kind, ticket.organization, ticket.subject, self.person.email, via)
        )

    def _record_result(self, message: SentMessage, sent, expected_path: str) -> str:
        """The response's Location if it accepts the message, else an empty string."""
        if sent is None:
            return ""
        response, message.started_at, message.ended_at = sent
        location = response.headers.get("Location", "")
        message.accepted = response.status_code < 400 and (response.status_code == 200 or expected_path in location)
        ticket = self.journal.tickets[message.ticket]
        is_gone = bool(ticket.moving_to) or ticket.is_lost
        if not message.accepted and response.status_code in (403, 404) and is_gone:
            return ""  # the ticket moved meanwhile, or was lost with the primary
        if not message.accepted:
            shown = re.sub("<[^>]*>", " ", response.text.partition("<main")[2])
            said = location or " ".join(shown.split())[:MAX_SAID_LENGTH]
            self.errors.append(f"{self.person.email}: {message.kind} was answered {response.status_code} {said}")
        return location if message.accepted else ""


class SimulatedCustomer(SimulatedUser):
    """Files tickets and replies on those of their company, in the portal."""

    filed = 0

    def act(self) -> None:
        tickets = [ticket for ticket in self.journal.list_filed() if ticket.organization == self.person.company]
        what = self.random.random()
        if not tickets or (what < 0.25 and self.filed < MAX_TICKETS):
            self.file()
        elif what < 0.9:
            self.reply(self.random.choice(tickets))
        else:
            self.browser.get("/tickets")

    def file(self) -> None:
        limit = self.until + TIMEOUT_SECONDS
        page = self.browser.page("/tickets/new", limit)
        if page is None:
            return
        self.filed += 1
        ticket = TicketRecord(self.words.new(self.person.company), self.person.company, self.person.email)
        self.journal.add_ticket(ticket)
        message = self._add_message(ticket, TICKET_CREATED, "web")
        form = parse_hidden_fields(page.text, "/tickets") | {
            "subject": f"Broken {ticket.subject}",
            "body": f"It says {message.word} to me.",
        }
        if self.random.random() < 0.15:
            self._double_click("/tickets", form)
        location = self._record_result(message, self.browser.send("/tickets", form, limit), "/tickets/")
        if location:
            ticket.number = int(location.rstrip("/").rpartition("/")[2])
            self._look_for(ticket)

    def _look_for(self, ticket: TicketRecord) -> None:
        """Whoever has filed a ticket finds it in their list at once, also where a replica shows the list."""
        page = self.browser.get("/tickets")
        if page is not None and page.status_code == 200 and ticket.subject not in page.text and not ticket.moving_to:
            self.errors.append(f"{self.person.email}: {ticket.subject} was filed and is not in the list")


class SimulatedAgent(SimulatedUser):
    """Replies in Slack's threads and in the portal, now and then with a note; three times as often as a customer."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.pace /= 3

    def act(self) -> None:
        tickets = self.journal.list_filed()
        known = [ticket for ticket in tickets if ticket.threads]
        if not tickets:
            return
        ticket = self.random.choice(known if known and self.person.slack else tickets)
        if not self.person.slack and self.random.random() < MOVE_CHANCE and not ticket.moving_to:
            self.move(ticket)
            return
        kind = NOTE if self.random.random() < 0.2 else REPLY
        channels = [channel for channel in ticket.threads if kind == REPLY or channel == scenario.TRIAGE_CHANNEL_ID]
        if self.person.slack and channels and self.random.random() < 0.85:
            self.answer_in_slack(ticket, self.random.choice(channels), kind)
        else:
            self.reply(ticket, kind)

    def move(self, ticket: TicketRecord) -> None:
        """Move the ticket to another organization, whose first person becomes its requester."""
        limit, address = self.until + TIMEOUT_SECONDS, f"/tickets/{ticket.number}/move"
        target = self.random.choice([each.key for each in scenario.COMPANIES if each.key != ticket.organization])
        requester = f"person1@{target}.example"
        page = self.browser.page(f"{address}?organization={target}", limit)
        found = re.search(rf'<option[^>]*value="(\d+)"[^>]*>[^<]*{re.escape(requester)}', page.text) if page else None
        if found is None:
            return
        ticket.moving_to = target
        fields = {**parse_hidden_fields(page.text, address), "requester": found[1], "understood": "1"}
        sent = self.browser.send(address, fields | {"organization": target}, limit)
        # Refused as done already: an earlier try whose answer was lost has moved it.
        if sent is not None and (sent[0].status_code < 400 or "already" in sent[0].text):
            ticket.threads.pop(expectations.get_channel(ticket.organization), None)
            ticket.moved_from, ticket.organization, ticket.requester = ticket.organization, target, requester
            ticket.moved_at = time.monotonic()

    def answer_in_slack(self, ticket: TicketRecord, channel: str, kind: str) -> None:
        for _ in range(2 if self.random.random() < 0.2 else 1):
            message = self._add_message(ticket, kind, "slack")
            message.origin = channel
            text = f"{'note: ' if kind == NOTE else ''}Look at {message.word} for this."
            message.started_at, root = time.monotonic(), ticket.threads[channel]
            try:
                self.installation.control("say", user=self.person.slack, channel=channel, text=text, thread_ts=root)
            except RuntimeError:
                if root in self.journal.deleted_roots:  # without an answer nothing is left below which to write
                    return
                raise
            message.accepted, message.ended_at = True, time.monotonic()
