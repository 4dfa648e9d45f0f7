"""Checks a run: what was accepted from users is compared with what Slack, the mail server and the pages show."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from bench.fault_injection import expectations, scenario
from bench.fault_injection.draining import Drained
from bench.fault_injection.journal import (
    LOST,
    NOTE,
    TICKET_CREATED,
    Journal,
    RecordedResponse,
    SentMessage,
    TicketRecord,
)
from bench.fault_injection.observations import MailObservations, PageObservations, SlackObservations

CHECKS = {
    "stored once": "what was accepted is on its ticket's page, once",
    "slack once": "each message is on Slack exactly once in every thread it belongs to",
    "order": "each thread begins with its card and is in the portal's order",
    "mail": "each mail arrived at least once, with one Message-ID and the same bytes",
    "agents": "what agents typed in Slack is in the portal exactly once",
    "isolation": "no organization's word, and no note, where it does not belong",
    "taken back": "what was edited or deleted is nowhere any more",
    "late": "everything was delivered in the time that is promised",
    "lost": "nothing is missing after a longer time",
    "scripts": "every user could do everything",
    "limits": "people, Slack and logs of a failover are within their limits",
    "answers": "no 5xx but 503 with Retry-After, and that only while the database was unavailable",
}


@dataclass
class Verdict:
    """Which checks failed and by what; empty lists passed."""

    findings: dict[str, list[str]]
    facts: dict[str, object]

    @property
    def failed(self) -> list[str]:
        return [name for name in CHECKS if self.findings[name]]


class Verifier:
    """Checks one run by its journal and the records of the external services.

    ``was_starved`` tells whether other programs took the processors between two monotonic times; a 503 is then right.
    """

    def __init__(self, journal: Journal, was_starved: Callable[[float, float], bool] = lambda start, end: False):
        self.journal, self.was_starved = journal, was_starved
        self.subjects = set(journal.tickets)

    def list_missing(self, records: dict) -> list[str]:
        """The accepted messages that are not yet where they belong on Slack and in the mail."""
        slack, mails = SlackObservations(records["channels"]), MailObservations(records["mails"], self.subjects)
        missing = []
        for message in self.journal.list_accepted():
            ticket = self.journal.tickets[message.ticket]
            if expectations.is_typed_in_former_channel(message, ticket):
                continue
            for channel in expectations.list_expected_channels(message, ticket, self.journal):
                if not slack.find_containing(channel, message.word):
                    missing.append(f"{message.kind} {message.word} (by {message.via}) is not in {channel}")
            if expectations.must_be_mailed(message, ticket) and not mails.list_for(ticket.requester, message.word):
                missing.append(f"{message.kind} {message.word} (by {message.via}) was not mailed to {ticket.requester}")
        return missing

    def verdict(self, records: dict, pages: PageObservations, drained: Drained, wrong: list[str]) -> Verdict:
        """Every check, on the final records."""
        slack, mails = SlackObservations(records["channels"]), MailObservations(records["mails"], self.subjects)
        findings = {
            "stored once": self._check_stored_once(pages),
            "slack once": self._check_sent_once(slack),
            "order": self._check_order(slack, pages),
            "mail": self._check_mail(mails),
            "agents": self._check_agents(pages),
            "isolation": self._check_isolation(slack, mails, pages),
            "taken back": self._check_taken_back(slack, pages),
            "late": drained.late,
            "lost": drained.missing,
            "scripts": wrong or ([] if self.journal.list_accepted() else ["no message was accepted"]),
            "limits": [],
            "answers": self._check_responses(records["events"]),
        }
        if not pages.complete:
            findings["stored once"].append("not every page could be read afterwards")
        return Verdict(findings, self._collect_facts(records, drained))

    def _check_stored_once(self, pages: PageObservations) -> list[str]:
        wrong = []
        for message in self.journal.messages:
            if (
                message.outcome
                or message.via == "slack"
                or (message.kind != TICKET_CREATED and not self.journal.tickets[message.ticket].number)
            ):
                continue
            times = _count_word(pages.team.get(message.ticket, ()), message.word)
            if message.kind == TICKET_CREATED:
                rows = sum(
                    message.ticket in row for row in pages.lists[self.journal.tickets[message.ticket].organization]
                )
                if rows > 1 or (message.accepted and rows != 1):
                    wrong.append(f"ticket {message.ticket} is in the list {rows} times")
            if times > 1 or (message.accepted and times != 1):
                wrong.append(f"{message.kind} {message.word} is on its page {times} times")
        return wrong

    def _check_sent_once(self, slack: SlackObservations) -> list[str]:
        wrong = []
        for message in self.journal.messages:
            ticket = self.journal.tickets[message.ticket]
            if message.outcome not in ("", LOST) or expectations.is_typed_in_former_channel(message, ticket):
                continue
            for channel in expectations.list_expected_channels(message, ticket, self.journal):
                found = slack.find_containing(channel, message.word)
                if message.via == "slack" and message.origin == channel and len(found) > 1:
                    # Typed below a card that was deleted before we heard of it: the new card's thread shows it, too.
                    found = [each for each in found if each["root"] not in self.journal.deleted_roots]
                if len(found) > 1 or (message.accepted and not found and not message.outcome):
                    where = ", ".join(f"{each['ts']} below {each['root']}" for each in found)
                    wrong.append(
                        f"{message.kind} {message.word} (by {message.via}) is {len(found)} times in {channel}: {where}"
                    )
                elif found and not message.outcome and not self._is_in_thread(slack, channel, message, found[0]):
                    wrong.append(f"{message.kind} {message.word} is in another thread of {channel}")
        return wrong

    def _is_in_thread(self, slack: SlackObservations, channel: str, message: SentMessage, found: dict) -> bool:
        """Whether a message is below its ticket's card, or below one that somebody deleted; a card is by itself."""
        if message.kind == TICKET_CREATED or found["root"] in self.journal.deleted_roots:
            return True
        return found["root"] == slack.root(channel, message.ticket)

    def _check_taken_back(self, slack: SlackObservations, pages: PageObservations) -> list[str]:
        wrong = []
        for message in self.journal.list_taken_back():
            ticket = self.journal.tickets[message.ticket]
            wrong += [
                f"{message.word}, {message.outcome}, is still in {channel}"
                for channel in expectations.list_expected_channels(message, ticket, self.journal)
                if slack.find_containing(channel, message.word)
            ]
            for who, shown in (("team", pages.team), ("customers", pages.customers)):
                if _count_word(shown.get(message.ticket, ()), message.word):
                    wrong.append(f"{message.word}, {message.outcome}, is still on the page of the {who}")
        return wrong

    def _check_order(self, slack: SlackObservations, pages: PageObservations) -> list[str]:
        wrong = []
        for channel, messages in slack.channels.items():
            for message in messages:
                top = message["root"] == message["ts"]
                if message["ours"] and top and message["words"] and not set(message["title"]) & self.subjects:
                    wrong.append(f"{message['words']} is outside its thread in {channel}")
        for ticket in self.journal.list_filed():
            order = [shown.word for shown in pages.team.get(ticket.subject, ())]
            place = {word: position for position, word in enumerate(order)}
            wrong += self._check_author_order(ticket, place)
            for channel in (scenario.TRIAGE_CHANNEL_ID, expectations.get_channel(ticket.organization)):
                root = slack.root(channel, ticket.subject)
                posted = (
                    [m["words"][0] for m in slack.thread(channel, root) if m["ours"] and m["words"]] if root else []
                )
                # What is filed again comes after what was written meanwhile; its copies stay where they were.
                known = [word for word in posted if word in place and not self.journal.may_come_again([word])]
                wrong += [
                    f"in {channel} {after} came before {before}"
                    for after, before in zip(known, known[1:], strict=False)
                    if place[after] > place[before]
                ]
        return wrong

    def _check_author_order(self, ticket: TicketRecord, place: dict[str, int]) -> list[str]:
        """A person's later message in the portal has to be after their earlier accepted one."""
        web = [
            message
            for message in self.journal.list_accepted()
            if message.ticket == ticket.subject and message.via == "web"
        ]
        by_author: dict[str, list[SentMessage]] = defaultdict(list)
        for message in web:
            by_author[message.author].append(message)
        return [
            f"on the page {later.word} is before {earlier.word}"
            for messages in by_author.values()
            for earlier, later in zip(messages, messages[1:], strict=False)
            if earlier.ended_at < later.started_at and place.get(earlier.word, 0) > place.get(later.word, len(place))
        ]

    def _check_mail(self, mails: MailObservations) -> list[str]:
        wrong = []
        for message in self.journal.messages:
            ticket = self.journal.tickets[message.ticket]
            if not expectations.must_be_mailed(message, ticket) or message.outcome:
                continue
            found = mails.list_for(ticket.requester, message.word)
            if message.accepted and not found:
                wrong.append(f"{message.kind} {message.word} was not mailed to {ticket.requester}")
            if len({mail["message_id"] for mail in found}) > 1:
                wrong.append(f"{message.kind} {message.word} was mailed with {len(found)} Message-IDs")
        bytes_of = defaultdict(set)
        for mail in mails.all:
            if not self.journal.may_come_again(mail["words"]):
                bytes_of[mail["message_id"]].add(mail["hash"])
        return wrong + [f"{id} arrived with different bytes" for id, hashes in bytes_of.items() if len(hashes) > 1]

    def _check_agents(self, pages: PageObservations) -> list[str]:
        wrong = []
        for message in self.journal.messages:
            if message.via == "slack" and message.accepted and not self.journal.tickets[message.ticket].is_lost:
                shown = (pages.team if message.kind == NOTE else pages.customers).get(message.ticket, ())
                times = _count_word(shown, message.word)
                is_late = expectations.is_typed_in_former_channel(message, self.journal.tickets[message.ticket])
                if times != 1 and not (is_late and times == 0):
                    wrong.append(
                        f"{message.kind} {message.word} of {message.ticket} typed in {message.origin} is in the portal "
                        f"{times} times"
                    )
        return wrong

    def _check_isolation(self, slack: SlackObservations, mails: MailObservations, pages: PageObservations) -> list[str]:
        wrong = list(self.journal.foreign_words)
        notes = {message.word for message in self.journal.messages if message.kind == NOTE}
        may_read = expectations.Readers(self.journal).may_read
        # What somebody typed below the card of a ticket that has just left is where they wrote it.
        typed = {
            (message.origin, message.word)
            for message in self.journal.messages
            if expectations.is_typed_in_former_channel(message, self.journal.tickets[message.ticket])
        }
        for channel, company in scenario.CHANNELS.items():
            for message in slack.channels.get(channel, ()):
                words = [word for word in message["words"] if (channel, word) not in typed]
                foreign = [word for word in words if word in notes or not may_read(company, word)]
                wrong += [f"{word} was put into {channel}" for word in foreign]
        for mail in mails.all:
            for address in mail["to"]:
                company = address.partition("@")[2].partition(".")[0]
                foreign = [word for word in mail["all"] if word in notes or not may_read(company, word)]
                wrong += [f"{word} was mailed to {address}" for word in foreign]
        for subject, shown in pages.customers.items():
            wrong += [
                f"the note {one.word} is on the customers' page of {subject}" for one in shown if one.word in notes
            ]
        return wrong

    def _check_responses(self, events: list[dict]) -> list[str]:
        wrong = []
        for response in self.journal.responses:
            if response.status < 500:
                continue
            where = f"{response.method} {response.path}"
            if response.status != 503:
                wrong.append(f"{where} was answered {response.status}")
            elif not response.retry_after:
                wrong.append(f"{where} was answered 503 without Retry-After")
            elif not self._may_be_unavailable(response):
                wrong.append(f"{where} was answered 503 while the database was available")
        statuses = Counter(event["status"] for event in events if event["status"] >= 500)
        wrong += [f"{count} events were answered {status}" for status, count in statuses.items() if status != 503]
        if statuses[503] and not self.journal.outages:
            wrong.append(f"{statuses[503]} events were answered 503 while the database was available")
        return wrong

    def _may_be_unavailable(self, response: RecordedResponse) -> bool:
        during = response.started_at, response.when
        return self.journal.in_outage(*during) or self.was_starved(*during)

    def _collect_facts(self, records: dict, drained: Drained) -> dict[str, object]:
        accepted = self.journal.list_accepted()
        kinds = Counter(
            message.kind if message.via != "slack" else f"{message.kind} from Slack" for message in accepted
        )
        answers = Counter(response.status for response in self.journal.responses)
        return {
            "accepted": dict(kinds),
            "taken back": dict(Counter(message.outcome for message in self.journal.messages if message.outcome)),
            "answers": dict(sorted(answers.items())),
            "broken connections": self.journal.broken_connections,
            "posts to Slack": records["calls"].get("chat.postMessage", 0),
            "look-ups": records["calls"].get("conversations.replies", 0)
            + records["calls"].get("conversations.history", 0),
            "mails": len(records["mails"]),
            "mails sent again": len(records["mails"]) - len({mail["message_id"] for mail in records["mails"]}),
            "events given up": records["failed"],
            "drained after": None if drained.after is None else round(drained.after, 1),
            "in its own time": None if drained.own_seconds is None else round(drained.own_seconds, 1),
        }


def _count_word(shown, word: str) -> int:
    return sum(one.word == word for one in shown)
