"""The verdict. Every check compares what people were told was accepted with what the outside and the pages show."""

import time
from collections import Counter, defaultdict
from dataclasses import dataclass

from bench.fault_injection import scenario
from bench.fault_injection.journal import NOTE, REPLY, TICKET_CREATED, Journal, SentMessage, TicketRecord
from bench.fault_injection.observations import MailObservations, PageObservations, SlackObservations

CHECKS = {
    "stored once": "what was accepted is on its ticket's page, once",
    "slack once": "each message is on Slack exactly once in every thread it belongs to",
    "order": "each thread begins with its card and is in the portal's order",
    "mail": "each mail came at least once, with one Message-ID and the same bytes",
    "agents": "what agents typed in Slack is in the portal exactly once",
    "walls": "no organization's word, and no note, where it does not belong",
    "drained": "everything had left within two minutes",
    "scripts": "everybody could do what they wanted to do",
    "answers": "no 5xx but 503 with Retry-After, and that only while the database was out",
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
    """Judges one run by its ledger and by what was seen."""

    def __init__(self, ledger: Journal):
        self.ledger = ledger
        self.subjects = set(ledger.cases)

    def missing(self, records: dict) -> list[str]:
        """What has been accepted and is not yet where it belongs on Slack and in the mail."""
        slack, mails = SlackObservations(records["channels"]), MailObservations(records["mails"], self.subjects)
        gone = []
        for said in self.ledger.accepted():
            case = self.ledger.cases[said.ticket]
            for channel in list_expected_channels(said):
                if not slack.having(channel, said.word):
                    gone.append(f"{said.kind} {said.word} (by {said.via}) is not in {channel}")
            if is_mailed(said, case) and not mails.to(case.requester, said.word):
                gone.append(f"{said.kind} {said.word} (by {said.via}) was not mailed to {case.requester}")
        return gone

    def verdict(
        self, records: dict, pages: PageObservations, drained_after: float | None, missing: list[str], wrong: list[str]
    ) -> Verdict:
        """Every check, on the final records."""
        slack, mails = SlackObservations(records["channels"]), MailObservations(records["mails"], self.subjects)
        findings = {
            "stored once": self._stored_once(pages),
            "slack once": self._slack_once(slack),
            "order": self._order(slack, pages),
            "mail": self._mail(mails),
            "agents": self._agents(pages),
            "walls": self._walls(slack, mails, pages),
            "drained": missing if drained_after is None else [],
            "scripts": wrong or ([] if self.ledger.accepted() else ["nothing was said at all"]),
            "answers": self._answers(records["events"]),
        }
        if not pages.complete:
            findings["stored once"].append("not every page could be read afterwards")
        return Verdict(findings, self._facts(records, drained_after))

    def _stored_once(self, pages: PageObservations) -> list[str]:
        wrong = []
        for said in self.ledger.said:
            if said.via == "slack" or (said.kind != TICKET_CREATED and not self.ledger.cases[said.ticket].number):
                continue
            times = _count_word(pages.team.get(said.ticket, ()), said.word)
            if said.kind == TICKET_CREATED:
                rows = sum(said.ticket in row for row in pages.lists[said.organization])
                if rows > 1 or (said.accepted and rows != 1):
                    wrong.append(f"ticket {said.ticket} is in the list {rows} times")
            if times > 1 or (said.accepted and times != 1):
                wrong.append(f"{said.kind} {said.word} is on its page {times} times")
        return wrong

    def _slack_once(self, slack: SlackObservations) -> list[str]:
        wrong = []
        for said in self.ledger.said:
            case = self.ledger.cases[said.ticket]
            for channel in list_expected_channels(said):
                found = slack.having(channel, said.word)
                if len(found) > 1 or (said.accepted and not found):
                    wrong.append(f"{said.kind} {said.word} is {len(found)} times in {channel}")
                elif found and said.kind != TICKET_CREATED and found[0]["root"] != slack.root(channel, case.subject):
                    wrong.append(f"{said.kind} {said.word} is in another thread of {channel}")
        return wrong

    def _order(self, slack: SlackObservations, pages: PageObservations) -> list[str]:
        wrong = []
        for channel, messages in slack.channels.items():
            for message in messages:
                top = message["root"] == message["ts"]
                if message["ours"] and top and message["words"] and not set(message["title"]) & self.subjects:
                    wrong.append(f"{message['words']} stands outside its thread in {channel}")
        for case in self.ledger.filed():
            order = [shown.word for shown in pages.team.get(case.subject, ())]
            place = {word: position for position, word in enumerate(order)}
            wrong += self._said_in_order(case, place)
            for channel in (scenario.TRIAGE_CHANNEL_ID, _get_channel(case.organization)):
                root = slack.root(channel, case.subject)
                posted = (
                    [m["words"][0] for m in slack.thread(channel, root) if m["ours"] and m["words"]] if root else []
                )
                known = [word for word in posted if word in place]
                wrong += [
                    f"in {channel} {after} came before {before}"
                    for after, before in zip(known, known[1:], strict=False)
                    if place[after] > place[before]
                ]
        return wrong

    def _said_in_order(self, case: TicketRecord, place: dict[str, int]) -> list[str]:
        """What one person said on the web after an earlier thing was accepted stands after it."""
        web = [said for said in self.ledger.accepted() if said.ticket == case.subject and said.via == "web"]
        by_author: dict[str, list[SentMessage]] = defaultdict(list)
        for said in web:
            by_author[said.author].append(said)
        return [
            f"on the page {later.word} stands before {earlier.word}"
            for sayings in by_author.values()
            for earlier, later in zip(sayings, sayings[1:], strict=False)
            if earlier.ended < later.began and place.get(earlier.word, 0) > place.get(later.word, len(place))
        ]

    def _mail(self, mails: MailObservations) -> list[str]:
        wrong = []
        for said in self.ledger.said:
            case = self.ledger.cases[said.ticket]
            if not is_mailed(said, case):
                continue
            found = mails.to(case.requester, said.word)
            if said.accepted and not found:
                wrong.append(f"{said.kind} {said.word} was not mailed to {case.requester}")
            if len({mail["message_id"] for mail in found}) > 1:
                wrong.append(f"{said.kind} {said.word} was mailed with {len(found)} Message-IDs")
        bytes_of = defaultdict(set)
        for mail in mails.all:
            bytes_of[mail["message_id"]].add(mail["hash"])
        return wrong + [f"{id} came with different bytes" for id, hashes in bytes_of.items() if len(hashes) > 1]

    def _agents(self, pages: PageObservations) -> list[str]:
        wrong = []
        for said in self.ledger.said:
            if said.via == "slack" and said.accepted:
                shown = (pages.team if said.kind == NOTE else pages.customers).get(said.ticket, ())
                times = _count_word(shown, said.word)
                if times != 1:
                    wrong.append(f"{said.kind} {said.word} typed in {said.origin} is in the portal {times} times")
        return wrong

    def _walls(self, slack: SlackObservations, mails: MailObservations, pages: PageObservations) -> list[str]:
        wrong = list(self.ledger.foreign)
        notes = {said.word for said in self.ledger.said if said.kind == NOTE}
        for channel, company in scenario.CHANNELS.items():
            for message in slack.channels.get(channel, ()):
                strange = [word for word in message["words"] if scenario.get_owner(word) != company or word in notes]
                wrong += [f"{word} was put into {channel}" for word in strange]
        for mail in mails.all:
            for address in mail["to"]:
                company = address.partition("@")[2].partition(".")[0]
                strange = [word for word in mail["all"] if scenario.get_owner(word) != company or word in notes]
                wrong += [f"{word} was mailed to {address}" for word in strange]
        for subject, shown in pages.customers.items():
            wrong += [
                f"the note {one.word} is on the customers' page of {subject}" for one in shown if one.word in notes
            ]
        return wrong

    def _answers(self, events: list[dict]) -> list[str]:
        wrong = []
        for answer in self.ledger.answers:
            if answer.status < 500:
                continue
            where = f"{answer.method} {answer.path}"
            if answer.status != 503:
                wrong.append(f"{where} was answered {answer.status}")
            elif not answer.retry_after:
                wrong.append(f"{where} was answered 503 without Retry-After")
            elif not self.ledger.in_outage(answer.began, answer.when):
                wrong.append(f"{where} was answered 503 while the database was there")
        statuses = Counter(event["status"] for event in events if event["status"] >= 500)
        wrong += [f"{count} events were answered {status}" for status, count in statuses.items() if status != 503]
        if statuses[503] and not self.ledger.outages:
            wrong.append(f"{statuses[503]} events were answered 503 while the database was there")
        return wrong

    def _facts(self, records: dict, drained_after: float | None) -> dict[str, object]:
        accepted = self.ledger.accepted()
        kinds = Counter(said.kind if said.via == "web" else f"{said.kind} from Slack" for said in accepted)
        answers = Counter(answer.status for answer in self.ledger.answers)
        return {
            "accepted": dict(kinds),
            "answers": dict(sorted(answers.items())),
            "broken lines": self.ledger.broken,
            "posts to Slack": records["calls"].get("chat.postMessage", 0),
            "look-ups": records["calls"].get("conversations.replies", 0)
            + records["calls"].get("conversations.history", 0),
            "mails": len(records["mails"]),
            "mails sent again": len(records["mails"]) - len({mail["message_id"] for mail in records["mails"]}),
            "events given up": records["failed"],
            "drained after": None if drained_after is None else round(drained_after, 1),
        }


def list_expected_channels(said: SentMessage) -> list[str]:
    """Where on Slack it belongs."""
    if said.kind == NOTE:
        return [scenario.TRIAGE_CHANNEL_ID]
    return [scenario.TRIAGE_CHANNEL_ID, _get_channel(said.organization)]


def is_mailed(said: SentMessage, case: TicketRecord) -> bool:
    """Whether the ticket's requester gets a mail of it."""
    return said.kind == TICKET_CREATED or (said.kind == REPLY and said.author != case.requester)


def wait_until_drained(
    judge: Verifier, records, patience: float, quiet: float, work=lambda missing: None
) -> tuple[dict, float | None, list[str]]:
    """Ask for ``records()`` until nothing is missing, then until nothing has moved for ``quiet`` seconds.

    Gives the last records, after how many seconds nothing was missing (None: not within ``patience``), and what was.
    """
    began = time.monotonic()
    drained_after, missing = None, []
    calls, since = None, began
    while True:
        seen, now = records(), time.monotonic()
        missing = judge.missing(seen)
        work(missing)
        if not missing and seen["waiting"] == 0 and drained_after is None:
            drained_after = now - began
        moved = (seen["calls"].get("chat.postMessage"), len(seen["mails"]))
        if moved != calls:
            calls, since = moved, now
        is_quiet = now - since > quiet
        if (drained_after is not None and is_quiet) or now - began > patience + quiet:
            return seen, drained_after, missing
        if now - began > patience and is_quiet:
            return seen, drained_after, missing
        time.sleep(1)


def _get_channel(organization: str) -> str:
    return next(company.channel for company in scenario.COMPANIES if company.key == organization)


def _count_word(shown, word: str) -> int:
    return sum(one.word == word for one in shown)
