"""From filing to the card in Slack, and from a word in Slack to the customer's page, through the real processes."""

import argparse
import json
import re
import threading
import time

from bench import stand

DANA, PRIYA = "dana@globex.example", "U0PRIYA0001"
TRIAGE, GLOBEX = "C0TRIAGE001", "C0GLOBEX001"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--count", type=int, default=30)
    chosen = parser.parse_args()
    with stand.Stand(chosen.database) as it:
        it.start()
        rows = measure(it, chosen.count)
    print(stand.version_line())
    stand.table(f"The loop on {chosen.database}, {chosen.count} times, in ms", ("what", "p50", "p95", "worst"), rows)


def measure(it: stand.Stand, count: int) -> list[tuple]:
    """Rows of (what, p50, p95, worst) in milliseconds."""
    dana = it.browser(DANA)
    took: dict[str, list[float]] = {
        "filed until the card is in triage": [],
        "Slack reply until it is in the open page": [],
        "Slack reply until it is in the other thread": [],
        "portal reply until it is in Slack": [],
    }
    first, page, other, back = took.values()
    for turn in range(count):
        once(it, dana, turn, first, page, other, back)
    return [
        (
            what,
            *(
                f"{1000 * value:.0f}"
                for value in (stand.percentile(times, 0.5), stand.percentile(times, 0.95), max(times))
            ),
        )
        for what, times in took.items()
    ]


def once(it: stand.Stand, dana, turn: int, first: list, page: list, other: list, back: list) -> None:
    """One ticket, answered in Slack, and answered back."""
    token = dana.form_token("/tickets/new?form=default")
    began = time.perf_counter()
    filed = dana.file(f"Loop {turn} please", "Measured.", token)
    number = int(re.search(r"/tickets/(\d+)", filed.headers["Location"])[1])
    root = stand.wait_for(lambda: card(it, TRIAGE, number), "a card", 20, 0.005)
    first.append(time.perf_counter() - began)
    their_root = stand.wait_for(lambda: card(it, GLOBEX, number), "a card", 20, 0.005)
    words, thanks = f"answer {turn} here", f"thanks {turn} indeed"
    seen = Watching(it, number, words)
    began = time.perf_counter()
    it.slack("say", user=PRIYA, channel=TRIAGE, text=words, thread_ts=root)
    stand.wait_for(lambda: words in thread(it, GLOBEX, their_root), "the answer in the other thread", 20, 0.005)
    other.append(time.perf_counter() - began)
    page.append(seen.at() - began)
    token = dana.form_token(f"/tickets/{number}")
    began = time.perf_counter()
    dana.reply(number, thanks, token)
    stand.wait_for(lambda: thanks in thread(it, TRIAGE, root), "the reply in Slack", 20, 0.005)
    back.append(time.perf_counter() - began)


def card(it: stand.Stand, channel: str, number: int) -> str | None:
    """The ts of the ticket's card."""
    found = re.compile(rf"/tickets/{number}\b")
    return next((root["ts"] for root in it.slack("posted", channel=channel) if found.search(json.dumps(root))), None)


def thread(it: stand.Stand, channel: str, root: str) -> str:
    return json.dumps(it.slack("replies", channel=channel, ts=root))


class Watching:
    """A page as a browser keeps it open: it waits for "changed" and asks for the conversation again."""

    def __init__(self, it: stand.Stand, number: int, words: str):
        self.browser, self.number, self.words = it.browser(DANA), number, words
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
