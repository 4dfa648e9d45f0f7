"""Measures what a second web node gives: one node, the other, and both at once, each with a share of its own core.

A node is ``helpdesk serve`` with one process, pinned to a core, of which a control group gives it ``--share`` (root, on
Linux). PostgreSQL, Redis and whoever asks have what is left of the machine; that has to be enough, and the table says
whether it was: each node must have used its whole share.
"""

import argparse
import statistics
import sys
import threading
import time
from dataclasses import dataclass
from functools import partial

import psutil

from bench import http_client, load, pages, processes, report
from bench.cpu_quota import CpuQuota
from bench.environment import BenchEnvironment
from helpdesk.demo import personas

NODES = (1, 2)
REPLY_EVERY = 8  # requests; the others read
HEADER = ("asked", "a second", "of one node", "p95 ms", "share used", "node ms", "database ms", "Redis ms")


@dataclass
class Round:
    """What one round gave: processor milliseconds a request of each part, and the share that each node used."""

    rate: float
    p95: float
    shares: list[float]
    node: float
    database: float
    redis: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=20_000)
    parser.add_argument("--people", type=int, default=6, help="how many ask each node, one request after another")
    parser.add_argument("--share", type=float, default=0.25, help="of a core, for each node")
    parser.add_argument("--seconds", type=float, default=15, help="for each round")
    parser.add_argument("--rounds", type=int, default=3, help="of one node, the other, and both")
    arguments = parser.parse_args()
    arguments.organizations = 200
    with BenchEnvironment("postgresql", workers=0, with_external_services=False) as environment:
        environment.prepare()
        print(report.describe_versions())
        print(load.seed_tickets(environment, arguments))
        with _Nodes(environment, arguments.share) as nodes:
            rows = measure(environment, nodes, arguments)
    title = (
        f"{arguments.share:g} of a core for each node, {arguments.people} people for each, {arguments.rounds} rounds"
    )
    report.print_table(title, HEADER, rows)


class _Nodes:
    """The web nodes, each on a core and a port of its own."""

    def __init__(self, environment: BenchEnvironment, share: float) -> None:
        self.environment, self.share = environment, share
        self.ports = {number: processes.find_free_port() for number in NODES}
        self.quotas: dict[int, CpuQuota] = {}

    def __enter__(self) -> "_Nodes":
        for number, port in self.ports.items():
            command = [sys.executable, "-m", "helpdesk.cli", "serve", "--bind", f"127.0.0.1:{port}", "--graceful", "1"]
            process = self.environment.start_process(f"node-{number}", command)
            psutil.Process(process.pid).cpu_affinity([(number - 1) % psutil.cpu_count()])
            self.quotas[number] = CpuQuota(f"helpdesk-node-{number}")
            self.quotas[number].add(process.pid)
        for number in NODES:
            processes.wait_for(partial(processes.is_reachable, f"{self.address(number)}/healthz"), f"node {number}")
            self.quotas[number].limit(self.share)  # not before, so that it starts quickly
        return self

    def __exit__(self, *_) -> None:
        for number, quota in self.quotas.items():
            self.environment.stop_process(f"node-{number}")
            quota.remove()

    def address(self, number: int) -> str:
        return f"http://127.0.0.1:{self.ports[number]}"

    def cpu_seconds(self, number: int) -> float:
        return processes.server_cpu_seconds(self.environment.children[f"node-{number}"].pid)


def measure(environment: BenchEnvironment, nodes: _Nodes, arguments: argparse.Namespace) -> list[tuple]:
    """Rows of the table: the medians of the rounds of each node, and of both."""
    people = {number: sign_in(environment, nodes.address(number), arguments.people) for number in NODES}
    for number in NODES:
        run_round(environment, nodes, {number: people[number]}, 3)  # statements are compiled, connections opened
    asked: dict[tuple[int, ...], list[Round]] = {(1,): [], (2,): [], NODES: []}
    for _ in range(arguments.rounds):
        for which, rounds in asked.items():
            chosen = {number: people[number] for number in which}
            rounds.append(run_round(environment, nodes, chosen, arguments.seconds))
    one = statistics.mean(statistics.median(each.rate for each in asked[(number,)]) for number in NODES)
    return [format_rounds(which, rounds, one) for which, rounds in asked.items()]


def format_rounds(which: tuple[int, ...], rounds: list[Round], one: float) -> tuple:
    """One line of the table; ``one`` is the rate of one node."""
    rate, p95, node, database, redis = (
        statistics.median(getattr(each, name) for each in rounds)
        for name in ("rate", "p95", "node", "database", "redis")
    )
    used = [statistics.median(each.shares[place] for each in rounds) for place in range(len(which))]
    shares = ", ".join(f"{100 * each:.0f} %" for each in used)
    name = " and ".join(f"node {number}" for number in which)
    milliseconds = [f"{1000 * value:.2f}" for value in (node, database, redis)]
    return name, f"{rate:.1f}", f"{rate / one:.2f}", f"{1000 * p95:.0f}", shares, *milliseconds


def sign_in(
    environment: BenchEnvironment, address: str, count: int
) -> list[tuple[http_client.HttpClient, list[str], int]]:
    """That many people of one node by turns a customer and an agent: the browser, what they read, what they answer."""
    customer, organization, _, _ = pages.find_busiest_customer(environment)
    agent, found = personas.AGENTS[2].email, []
    for place, ticket in enumerate(load.list_unsolved_tickets(environment, organization, count)):
        email, listed = (customer, "/tickets") if place % 2 == 0 else (agent, "/desk")
        browser = http_client.HttpClient(address, environment.cookie(email))
        browser.get(f"/tickets/{ticket}")  # for the CSRF token
        found.append((browser, [listed, f"/tickets/{ticket}", f"/tickets/{ticket}/conversation"], ticket))
    return found


def run_round(environment: BenchEnvironment, nodes: _Nodes, people: dict[int, list], seconds: float) -> Round:
    """Let the people of each node ask for so many seconds."""
    times: list[float] = []
    began_nodes = {number: nodes.cpu_seconds(number) for number in people}
    began_others = _cpu_of_servers(environment)
    began = time.monotonic()
    threads = [
        threading.Thread(target=_ask, args=(*person, began + seconds, times))
        for each in people.values()
        for person in each
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.monotonic() - began
    used = [nodes.cpu_seconds(number) - began_nodes[number] for number in people]
    database, redis = (now - then for now, then in zip(_cpu_of_servers(environment), began_others, strict=True))
    count = len(times)
    shares = [each / elapsed / nodes.share for each in used]
    return Round(
        count / elapsed, report.percentile(times, 0.95), shares, sum(used) / count, database / count, redis / count
    )


def _ask(browser: http_client.HttpClient, paths: list[str], ticket: int, until: float, times: list[float]) -> None:
    turn = 0
    while time.monotonic() < until:
        turn += 1
        started_at = time.perf_counter()
        if turn % REPLY_EVERY == 0:
            answer = browser.post(f"/tickets/{ticket}/replies", {"body": f"Reply {turn} of the round."})
        else:
            answer = browser.get(paths[turn % len(paths)])
        times.append(time.perf_counter() - started_at)
        if answer.status not in (200, 302, 303):
            raise SystemExit(f"{paths} was answered {answer.status}")


def _cpu_of_servers(environment: BenchEnvironment) -> tuple[float, float]:
    """Processor seconds of PostgreSQL, with its processes that have ended, and of Redis."""
    assert environment.postgres
    redis = processes.cpu_seconds([environment.children["redis"].pid])
    return processes.server_cpu_seconds(environment.postgres.pid), redis


if __name__ == "__main__":
    main()
