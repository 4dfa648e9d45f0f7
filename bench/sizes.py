"""Whether pages cost the same at 20,000 and at a million tickets: the same requests by turns to two filled databases.

Each database has a process of its own with the whole application, without an HTTP server. In a round every case is
asked of one size and then of the other, so that both meet the same machine; the medians of all requests count.
``--databases`` names PostgreSQL databases that are filled already; they keep what the bench adds (tickets, replies).
"""

import argparse
import contextlib
import multiprocessing
import multiprocessing.connection
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from bench import report, review, size_cases
from bench.environment import BenchEnvironment
from bench.wsgi_client import Answer, counted_statements, read_backend_seconds

SLOWEST_SEARCH, MOST_SEARCH_CPU, MOST_GROWTH = 300, 50, 1.5  # milliseconds, milliseconds, times
WARM_UPS = 6  # statements are compiled, and prepared at their fifth use


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, nargs="+", default=[20_000, 200_000], help="sizes, in growing order")
    parser.add_argument("--databases", nargs="+", default=[], help="URLs of databases in place of filling them")
    parser.add_argument("--count", type=int, default=5, help="requests of each case in a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="cases whose name contains this")
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        sizes = [stack.enter_context(Installation(url, 0)) for url in arguments.databases] or [
            stack.enter_context(Installation("", tickets)) for tickets in arguments.tickets
        ]
        names = [name for name in sizes[-1].ask("names") if arguments.only in name]
        rows = [measure_case(name, sizes, arguments) for name in names]
        counts = [f"{size.ask('tickets'):,} tickets" for size in sizes]
    header = (
        "case",
        *(f"{count}: app + database ms; p95 of both, of the time; statements" for count in counts),
        "ratio",
        "",
    )
    report.print_table(f"The same requests at {' and '.join(counts)}", header, rows)
    print(report.describe_versions())


def measure_case(name: str, sizes: list["Installation"], arguments: argparse.Namespace) -> tuple[str, ...]:
    """A line of the table: each size by turns."""
    found: list[list[Measured]] = [[] for _ in sizes]
    for turn in range(arguments.rounds):
        for size, measured in zip(sizes, found, strict=True):
            measured += size.ask("measure", name, arguments.count, 0 if turn else WARM_UPS)
    costs = [statistics.median(each.app + each.database for each in measured) for measured in found]
    ratio = costs[-1] / costs[0]
    slowest = report.percentile([each.elapsed for each in found[-1]], 0.95)
    faults = ["grows"] if ratio > MOST_GROWTH else []
    if name.startswith("search") and (slowest > SLOWEST_SEARCH or costs[-1] > MOST_SEARCH_CPU):
        faults.append("over the budget")
    line = (name, *map(describe, found), f"{ratio:.2f}", ", ".join(faults))
    print("  ".join(line), flush=True)
    return line


def describe(measured: list["Measured"]) -> str:
    """Medians of application and database, the 95th percentiles of both together and of the time, and statements."""
    app, database = (statistics.median(getattr(each, name) for each in measured) for name in ("app", "database"))
    processor = report.percentile([each.app + each.database for each in measured], 0.95)
    elapsed = report.percentile([each.elapsed for each in measured], 0.95)
    return f"{app:.0f} + {database:.0f}; {processor:.0f}, {elapsed:.0f}; {measured[-1].statements}"


class Measured(NamedTuple):
    """Milliseconds of one request: on a processor here and in PostgreSQL, and by the clock; and its statements."""

    app: float
    database: float
    elapsed: float
    statements: int


class Installation:
    """A process with the application over one database."""

    def __init__(self, database_url: str, tickets: int):
        context = multiprocessing.get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=serve, args=(other, database_url, tickets))

    def __enter__(self) -> "Installation":
        self.process.start()
        self.pipe.recv()
        return self

    def __exit__(self, *_: Any) -> None:
        self.pipe.send(("stop",))
        self.process.join(60)

    def ask(self, *what: Any) -> Any:
        """Ask the process, and wait for what it answers."""
        self.pipe.send(what)
        answer = self.pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer


class FilledEnvironment(BenchEnvironment):
    """An environment whose database exists already."""

    def __init__(self, database_url: str):
        super().__init__("postgresql", workers=0, with_external_services=False)
        self.filled_url = database_url

    def _database_url(self) -> str:
        return self.filled_url


def serve(pipe: multiprocessing.connection.Connection, database_url: str, tickets: int) -> None:
    """Answer what ``Installation.ask`` asks, until it stops."""
    environment = (
        FilledEnvironment(database_url)
        if database_url
        else BenchEnvironment("postgresql", workers=0, with_external_services=False)
    )
    with environment:
        environment.prepare(with_sample_data=not database_url)
        if not database_url:
            size_cases.fill(environment, tickets)
        cases, backend = size_cases.make_cases(environment), size_cases.find_backend(environment)
        pipe.send("ready")
        while (asked := pipe.recv())[0] != "stop":
            try:
                if asked[0] == "measure":
                    if asked[3] and asked[1].startswith("review"):
                        cases[asked[1]]()
                        review.store_days(environment)
                    pipe.send(measure_here(cases[asked[1]], asked[2], asked[3], backend))
                else:
                    pipe.send(list(cases) if asked[0] == "names" else size_cases.count_tickets(environment))
            except (Exception, SystemExit) as error:
                pipe.send(RuntimeError(f"{asked}: {error!r}"))


def measure_here(do: Callable[[], Answer], count: int, warm_ups: int, backend: int) -> list[Measured]:
    """What each of ``count`` calls of ``do`` took."""
    for _ in range(warm_ups):
        do()
    with counted_statements() as statements:
        do()
    found = []
    for _ in range(count):
        begun, app, database = time.perf_counter(), time.thread_time(), read_backend_seconds(backend)
        answer = do()
        app, database = time.thread_time() - app, read_backend_seconds(backend) - database
        found.append(Measured(1000 * app, 1000 * database, 1000 * (time.perf_counter() - begun), len(statements)))
        if answer.status not in (200, 302, 303):
            raise RuntimeError(f"answered {answer.status}: {answer.body[:300]!r}")
    return found


if __name__ == "__main__":
    main()
