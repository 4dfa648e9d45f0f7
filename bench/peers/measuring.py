"""Asks the sites by turns, eight clients at once, and reads the processor time of their servers and databases."""

import random
import threading
import time
from dataclasses import dataclass

from bench import processes
from bench.peers.browser import Browser, WrongAnswerError
from bench.peers.results import Cost
from bench.peers.sites import ALL_CASES, Case, Site

CLIENTS = 8
BROWSERS = {"customer": CLIENTS, "agent": CLIENTS, "filer": 4 * CLIENTS}  # a filer's form is read before each filing
QUIET_SECONDS = 0.3  # between two measurements, for what a server does after its answers


@dataclass(frozen=True)
class Amounts:
    """How much each case is asked in a round."""

    reads: int = 240
    writes: int = 96
    seconds: float = 6.0  # after which no more reads are begun


def measure_rounds(
    sites: list[Site], rounds: int, amounts: Amounts, only: str = ""
) -> dict[str, dict[str, list[Cost]]]:
    """The costs of each case by site, one for each round. The order of the sites changes from case to case.

    A round before them does not count: each of our connections to PostgreSQL prepares a statement at its fifth use.
    """
    order = random.Random(1)  # noqa: S311, not for secrets
    names = [name for name in ALL_CASES if only in name]
    for site in sites:
        for name in [name for name in names if name in site.cases]:
            try:
                measure(site, site.cases[name], amounts)
            except WrongAnswerError as error:
                print(f"{site.name} is left out of {name!r}: {error}", flush=True)
                del site.cases[name]
        print(f"{site.name} answers: {time.strftime('%H:%M:%S')}", flush=True)
    found: dict[str, dict[str, list[Cost]]] = {name: {} for name in names}
    for number in range(rounds):
        for name in names:
            for site in order.sample(sites, len(sites)):
                if name in site.cases:
                    found[name].setdefault(site.name, []).append(measure(site, site.cases[name], amounts))
        print(f"round {number + 1} of {rounds}: {time.strftime('%H:%M:%S')}", flush=True)
    return found


def measure(site: Site, case: Case, amounts: Amounts) -> Cost:
    """What a request of this case costs, on average. Raises SystemExit for rows that were not added."""
    before = site.count()
    people = site.people[case.role]
    app = database = 0.0
    asked = 0
    is_write = case.adds != (0, 0)
    wanted = amounts.writes if is_write else amounts.reads
    until = None if is_write else time.monotonic() + amounts.seconds
    while asked < wanted and (until is None or time.monotonic() < until):
        count = min(wanted - asked, len(people)) if case.prepare else wanted - asked
        for person in people:
            person.close()  # a server closes what was idle for long
        if case.prepare:
            for place, person in enumerate(people[:count]):
                case.prepare(person, place)
        time.sleep(QUIET_SECONDS)
        start = read_cpu(site)
        done = ask_at_once(people, case, count, until)
        time.sleep(QUIET_SECONDS)
        end = read_cpu(site)
        asked += done
        app += end[0] - start[0]
        database += end[1] - start[1]
    added = tuple(now - then for now, then in zip(site.count(), before, strict=True))
    if added != tuple(asked * each for each in case.adds):
        raise SystemExit(f"{site.name}: {asked} requests added {added} tickets and messages, not {case.adds} each")
    return Cost(1000 * app / asked, 1000 * database / asked)


def read_cpu(site: Site) -> tuple[float, float]:
    """Seconds of processor time of the application's servers and of the databases."""
    app = sum(map(processes.server_cpu_seconds, site.list_app_pids()))
    return app, sum(map(processes.server_cpu_seconds, site.list_database_pids()))


def ask_at_once(people: list[Browser], case: Case, count: int, until: float | None) -> int:
    """Ask ``count`` times, by ``CLIENTS`` threads that share the browsers out; how often it was asked."""
    failed: list[Exception] = []
    done = [0] * CLIENTS

    def ask(client: int) -> None:
        own = people[client::CLIENTS]
        try:
            for turn in range(len(range(client, count, CLIENTS))):
                if failed or (until is not None and time.monotonic() > until):
                    return
                case.ask(own[turn % len(own)], client)
                done[client] += 1
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=ask, args=(client,)) for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return sum(done)
