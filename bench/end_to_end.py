"""Measures from filing to the card in Slack, and from a reply in Slack to the customer's page, with real processes."""

import argparse
import json
import re
import threading
import time

from bench import processes, report
from bench.background_load import BackgroundLoad
from bench.environment import BenchEnvironment

DANA_EMAIL, PRIYA_SLACK_ID = "dana@globex.example", "U0PRIYA0001"
TRIAGE_CHANNEL_ID, GLOBEX_CHANNEL_ID = "C0TRIAGE001", "C0GLOBEX001"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--pages", type=int, default=0, help="live pages that are open meanwhile")
    parser.add_argument("--requests", type=float, default=0.0, help="pages that are asked for a second meanwhile")
    arguments = parser.parse_args()
    with BenchEnvironment(arguments.database, LIVE_STREAMS=max(100, arguments.pages + 20)) as environment:
        environment.start()
        with BackgroundLoad(environment, arguments.pages, arguments.requests) as load:
            started_at = time.perf_counter()
            rows = measure(environment, arguments.count)
            rate = load.asked / (time.perf_counter() - started_at)
    print(report.describe_versions())
    beside = f", beside {arguments.pages} open pages and {rate:.0f} requests a second" if load.asked else ""
    header = ("what", "p50", "p95", "worst")
    report.print_table(f"The loop on {arguments.database}, {arguments.count} times, in ms{beside}", header, rows)
    if load.failed:
        raise SystemExit(f"{load.failed} of the requests beside it were not answered with a page.")


def measure(environment: BenchEnvironment, count: int) -> list[tuple]:
    """Rows of (what, p50, p95, worst) in milliseconds."""
    dana = environment.browser(DANA_EMAIL)
    elapsed: dict[str, list[float]] = {
        "filed until the card is in triage": [],
        "Slack reply until it is in the open page": [],
        "Slack reply until it is in the other thread": [],
        "portal reply until it is in Slack": [],
    }
    first, page, other, back = elapsed.values()
    for turn in range(count):
        measure_ticket(environment, dana, turn, first, page, other, back)
    return [
        (
            what,
            *(
                f"{1000 * value:.0f}"
                for value in (report.percentile(times, 0.5), report.percentile(times, 0.95), max(times))
            ),
        )
        for what, times in elapsed.items()
    ]


def measure_ticket(
    environment: BenchEnvironment, dana, turn: int, first: list, page: list, other: list, back: list
) -> None:
    """Measure one ticket: filed, answered in Slack, answered in the portal."""
    token = dana.form_token("/tickets/new?form=default")
    started_at = time.perf_counter()
    filed = dana.file(f"Loop {turn} please", "Measured.", token)
    number = int(re.search(r"/tickets/(\d+)", filed.headers["Location"])[1])
    root = processes.wait_for(lambda: find_card(environment, TRIAGE_CHANNEL_ID, number), "a card", 20, 0.005)
    first.append(time.perf_counter() - started_at)
    their_root = processes.wait_for(lambda: find_card(environment, GLOBEX_CHANNEL_ID, number), "a card", 20, 0.005)
    reply, thanks = f"answer {turn} here", f"thanks {turn} indeed"
    watcher = PageWatcher(environment, number, reply)
    started_at = time.perf_counter()
    environment.call_slack("say", user=PRIYA_SLACK_ID, channel=TRIAGE_CHANNEL_ID, text=reply, thread_ts=root)
    processes.wait_for(
        lambda: reply in list_thread_texts(environment, GLOBEX_CHANNEL_ID, their_root),
        "the answer in the other thread",
        20,
        0.005,
    )
    other.append(time.perf_counter() - started_at)
    page.append(watcher.wait_until_shown() - started_at)
    token = dana.form_token(f"/tickets/{number}")
    started_at = time.perf_counter()
    dana.reply(number, thanks, token)
    processes.wait_for(
        lambda: thanks in list_thread_texts(environment, TRIAGE_CHANNEL_ID, root), "the reply in Slack", 20, 0.005
    )
    back.append(time.perf_counter() - started_at)


def find_card(environment: BenchEnvironment, channel: str, number: int) -> str | None:
    """The ts of the ticket's card, or None while it is not there."""
    found = re.compile(rf"/tickets/{number}\b")
    return next(
        (root["ts"] for root in environment.call_slack("posted", channel=channel) if found.search(json.dumps(root))),
        None,
    )


def list_thread_texts(environment: BenchEnvironment, channel: str, root: str) -> str:
    return json.dumps(environment.call_slack("replies", channel=channel, ts=root))


class PageWatcher:
    """An open page: waits for the "changed" event of its live stream and loads the conversation again."""

    def __init__(self, environment: BenchEnvironment, number: int, text: str):
        self.browser, self.number, self.text = environment.browser(DANA_EMAIL), number, text
        self.found_at = 0.0
        self.stream = self.browser.stream(f"/tickets/{number}/live")
        self.stream.readline()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def wait_until_shown(self) -> float:
        """When the text was in the page (time.perf_counter)."""
        self.thread.join(20)
        if not self.found_at:
            raise SystemExit("The answer did not reach the page.")
        return self.found_at

    def _watch(self) -> None:
        while line := self.stream.readline():
            if line.startswith(b"data:") and self.text in self.browser.get(f"/tickets/{self.number}/conversation").text:
                self.found_at = time.perf_counter()
                self.stream.close()
                return


if __name__ == "__main__":
    main()
