"""From filing to the card in Slack, and from a word in Slack to the customer's page, through the real processes."""

import argparse
import json
import re
import threading
import time

from bench import environment

DANA_EMAIL, PRIYA_SLACK_ID = "dana@globex.example", "U0PRIYA0001"
TRIAGE_CHANNEL_ID, GLOBEX_CHANNEL_ID = "C0TRIAGE001", "C0GLOBEX001"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--count", type=int, default=30)
    chosen = parser.parse_args()
    with environment.BenchEnvironment(chosen.database) as it:
        it.start()
        rows = measure(it, chosen.count)
    print(environment.describe_versions())
    environment.print_table(
        f"The loop on {chosen.database}, {chosen.count} times, in ms", ("what", "p50", "p95", "worst"), rows
    )


def measure(it: environment.BenchEnvironment, count: int) -> list[tuple]:
    """Rows of (what, p50, p95, worst) in milliseconds."""
    dana = it.browser(DANA_EMAIL)
    took: dict[str, list[float]] = {
        "filed until the card is in triage": [],
        "Slack reply until it is in the open page": [],
        "Slack reply until it is in the other thread": [],
        "portal reply until it is in Slack": [],
    }
    first, page, other, back = took.values()
    for turn in range(count):
        measure_ticket(it, dana, turn, first, page, other, back)
    return [
        (
            what,
            *(
                f"{1000 * value:.0f}"
                for value in (environment.percentile(times, 0.5), environment.percentile(times, 0.95), max(times))
            ),
        )
        for what, times in took.items()
    ]


def measure_ticket(
    it: environment.BenchEnvironment, dana, turn: int, first: list, page: list, other: list, back: list
) -> None:
    """One ticket, answered in Slack, and answered back."""
    token = dana.form_token("/tickets/new?form=default")
    began = time.perf_counter()
    filed = dana.file(f"Loop {turn} please", "Measured.", token)
    number = int(re.search(r"/tickets/(\d+)", filed.headers["Location"])[1])
    root = environment.wait_for(lambda: wait_for_card(it, TRIAGE_CHANNEL_ID, number), "a card", 20, 0.005)
    first.append(time.perf_counter() - began)
    their_root = environment.wait_for(lambda: wait_for_card(it, GLOBEX_CHANNEL_ID, number), "a card", 20, 0.005)
    words, thanks = f"answer {turn} here", f"thanks {turn} indeed"
    seen = PageWatcher(it, number, words)
    began = time.perf_counter()
    it.slack("say", user=PRIYA_SLACK_ID, channel=TRIAGE_CHANNEL_ID, text=words, thread_ts=root)
    environment.wait_for(
        lambda: words in list_thread_texts(it, GLOBEX_CHANNEL_ID, their_root),
        "the answer in the other thread",
        20,
        0.005,
    )
    other.append(time.perf_counter() - began)
    page.append(seen.at() - began)
    token = dana.form_token(f"/tickets/{number}")
    began = time.perf_counter()
    dana.reply(number, thanks, token)
    environment.wait_for(
        lambda: thanks in list_thread_texts(it, TRIAGE_CHANNEL_ID, root), "the reply in Slack", 20, 0.005
    )
    back.append(time.perf_counter() - began)


def wait_for_card(it: environment.BenchEnvironment, channel: str, number: int) -> str | None:
    """The ts of the ticket's card."""
    found = re.compile(rf"/tickets/{number}\b")
    return next((root["ts"] for root in it.slack("posted", channel=channel) if found.search(json.dumps(root))), None)


def list_thread_texts(it: environment.BenchEnvironment, channel: str, root: str) -> str:
    return json.dumps(it.slack("replies", channel=channel, ts=root))


class PageWatcher:
    """A page as a browser keeps it open: it waits for "changed" and asks for the conversation again."""

    def __init__(self, it: environment.BenchEnvironment, number: int, words: str):
        self.browser, self.number, self.words = it.browser(DANA_EMAIL), number, words
        self.found_at = 0.0
        self.stream = self.browser.stream(f"/tickets/{number}/live")
        self.stream.readline()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def at(self) -> float:
        """When the words stood in the page."""
        self.thread.join(20)
        if not self.found_at:
            raise SystemExit("The answer did not reach the page.")
        return self.found_at

    def _watch(self) -> None:
        while line := self.stream.readline():
            if (
                line.startswith(b"data:")
                and self.words in self.browser.get(f"/tickets/{self.number}/conversation").text
            ):
                self.found_at = time.perf_counter()
                self.stream.close()
                return


if __name__ == "__main__":
    main()
