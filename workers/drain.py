"""Deliver and process everything that is due: a few threads for each kind, which run until nothing is due.

The rows of the outbox and the inbox are authoritative. An RQ job only means "query now"; every process also queries
once a second, so that work goes on while Redis is unavailable or read-only.
"""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from helpdesk import config, logging_setup, telemetry
from helpdesk.database.errors import report_outage
from helpdesk.domain import inbox, outbox, tickets
from helpdesk.domain.administration import maintenance, settings
from workers import watchdog

LOOK_SECONDS = 1.0  # between two queries without a wake-up
ORDER_MARGIN_SECONDS = 0.02  # after INBOX_ORDER_WAIT: the row was stored before its worker was woken
AGAIN_STEP_SECONDS = 0.1  # queries for what has become due meanwhile are not closer together
LOOK_STALLED_SECONDS = 120.0  # longer than the slowest query that still makes sense
LEASE_MARGIN_SECONDS = 60.0  # after the end of its lease until a thread counts as stalled; its row is free by then
FOUND_PER_THREAD = 16  # rows of one query per thread
TAKEN_PER_THREAD = 2  # of these, at random: other processes find the same rows, and are to take others of them
log = logging.getLogger(__name__)


class DrainPool:
    """``threads`` threads, each of which calls ``process(id)`` for the ids of ``find_due(limit)``.

    A thread is stalled after ``stalled_after`` seconds with one row; by default, some time after the lease's end.
    In maintenance mode only a pool that ``works_in_maintenance`` starts anything.

    Each call has a fresh application context. If two processes find the same row, one of them claims it; for the other,
    ``process`` does nothing. If it ``names_next``, it returns the id of a row to be processed after those that wait.
    """

    def __init__(
        self,
        app: Flask,
        name: str,
        threads: int,
        find_due: Callable[[int], list[int]],
        process: Callable[[int], object],
        stalled_after: float | None = None,
        works_in_maintenance: bool = False,
        names_next: bool = False,
    ) -> None:
        self._app, self._name, self._find_due, self._process = app, name, find_due, process
        self._works_in_maintenance, self._names_next = works_in_maintenance, names_next
        self._limit, self._most_taken = threads * FOUND_PER_THREAD, threads * TAKEN_PER_THREAD
        self._looking = threading.Lock()  # what was found last counts
        self._changed = threading.Condition()
        self._waiting: deque[int] = deque()
        self._in_work: set[int] = set()
        self._should_query_again = self._is_paused = self._is_ending = False
        self._ended = threading.Event()
        limit = stalled_after or config.current().DELIVERY_LEASE + LEASE_MARGIN_SECONDS
        self.clocks = [watchdog.ProgressClock(f"{name}-{number}", limit) for number in range(threads)]
        self.threads = [
            threading.Thread(target=self._run, args=(clock,), name=clock.name, daemon=True) for clock in self.clocks
        ]

    def look(self) -> None:
        """Query for due rows and hand them to the threads. Database errors are logged, not raised.

        Those found before are no longer waited for: another process may have taken them meanwhile.
        """
        with self._looking:
            self._look()

    def _look(self) -> None:
        try:
            with self._app.app_context():
                settings.get_all()  # what an admin has entered holds here, too
                self._is_paused = maintenance.is_on() and not self._works_in_maintenance
                due_ids = [] if self._is_paused else self._find_due(self._limit)
        except SQLAlchemyError as error:
            report_outage(log, error, "a query for due rows")
            return
        with self._changed:
            taken = [row_id for row_id in due_ids if row_id not in self._in_work]
            if len(taken) > self._most_taken:
                taken = random.sample(taken, self._most_taken)
            self._waiting = deque(taken)
            # A row in work may be among the results because it is due again: query again when it is done.
            self._should_query_again = len(taken) < len(due_ids)
            self._changed.notify(len(taken))

    def end(self) -> None:
        """Let each thread finish its current row and take no other."""
        with self._changed:
            self._is_ending = True
            self._ended.set()
            self._changed.notify_all()

    def _run(self, clock: watchdog.ProgressClock) -> None:
        while (row_id := self._next()) is not None:
            clock.begin(f"row {row_id}")
            logging_setup.set_context(thread=clock.name, row=row_id)
            is_done, next_id = self._process_row(row_id)
            clock.end()
            with self._changed:
                self._in_work.discard(row_id)
                if next_id is not None and not self._is_paused and next_id not in self._waiting:
                    self._waiting.append(next_id)
                should_look = is_done and self._should_query_again and not self._waiting and not self._is_ending
                self._should_query_again = self._should_query_again and not should_look
            if should_look:
                self.look()

    def _next(self) -> int | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_ending)
            if self._is_ending:
                return None
            row_id = self._waiting.popleft()
            self._in_work.add(row_id)
            return row_id

    def _process_row(self, row_id: int) -> tuple[bool, int | None]:
        """Process a row. Returns whether it ended without an error, and the row to be processed next, if any."""
        try:
            with telemetry.span(self._name, threading.current_thread().name), self._app.app_context():
                result = self._process(row_id)
                return True, result if self._names_next else None
        except SQLAlchemyError as error:
            report_outage(log, error, "a worker's thread")
            self._ended.wait(LOOK_SECONDS)
        except Exception:
            log.exception("Row %s failed in %s", row_id, threading.current_thread().name)
        return False, None


class Drain:
    """The pools of one process, and a thread that looks for due rows by itself, without any wake-up.

    ``before_looking`` are transactions of their own: releasing the leases of workers that have ended. What is stored
    may become due ``again_after`` seconds later: then it is looked for once more.
    """

    def __init__(
        self,
        app: Flask,
        pools: tuple[DrainPool, ...],
        before_looking: tuple[Callable[[], object], ...],
        again_after: float = 0.0,
    ):
        self._app, self.pools, self._before_looking, self._again_after = app, pools, before_looking, again_after
        self._changed = threading.Condition()
        self._again_at: deque[float] = deque()  # times of time.monotonic(), in order
        self._is_ended = False
        self._clock = watchdog.ProgressClock("look", LOOK_STALLED_SECONDS)
        self._timer = threading.Thread(target=self._look_regularly, name="look", daemon=True)

    @property
    def clocks(self) -> list[watchdog.ProgressClock]:
        """The progress of every thread."""
        return [self._clock, *(clock for pool in self.pools for clock in pool.clocks)]

    def start(self) -> None:
        """Start the threads and query for the first time."""
        for thread in (*self._threads(), self._timer):
            thread.start()

    def look(self) -> None:
        """Query for due rows of every kind."""
        for pool in self.pools:
            pool.look()

    def wake(self) -> None:
        """Query for due rows of every kind now, and when what was stored just now has become due."""
        self.look()
        if not self._again_after:
            return
        with self._changed:
            at = time.monotonic() + self._again_after
            if not self._again_at:
                self._again_at.append(at)
            elif at > self._again_at[-1]:
                self._again_at.append(max(at, self._again_at[-1] + AGAIN_STEP_SECONDS))
            self._changed.notify()

    def end(self, timeout: float) -> None:
        """Wait until every thread has finished its current row, each for ``timeout`` seconds at most."""
        with self._changed:
            self._is_ended = True
            self._changed.notify()
        for pool in self.pools:
            pool.end()
        for thread in self._threads():
            thread.join(timeout)

    def _threads(self) -> list[threading.Thread]:
        return [thread for pool in self.pools for thread in pool.threads]

    def _look_regularly(self) -> None:
        while not self._is_ended:
            self._clock.begin("a query for due rows")
            try:
                with self._app.app_context():
                    for release in () if maintenance.is_on() else self._before_looking:
                        release()
            except SQLAlchemyError as error:
                report_outage(log, error, "a query for expired leases")
            except Exception:
                log.exception("Releasing expired leases failed; the next attempt follows in a second")
            self.look()
            self._clock.end()
            self._wait(time.monotonic() + LOOK_SECONDS)

    def _wait(self, until: float) -> None:
        """Wait until the time ``until``; look for what has become due meanwhile."""
        while True:
            with self._changed:
                now = time.monotonic()
                is_due = bool(self._again_at) and self._again_at[0] <= now
                if self._is_ended or (not is_due and now >= until):
                    return
                if is_due:
                    self._again_at.popleft()
                else:
                    self._changed.wait(min([until, *self._again_at]) - now)
                    continue
            self._clock.begin("a query for rows that became due")
            self.look()
            self._clock.end()


def make_delivery_drain(app: Flask) -> Drain:
    """Deliveries and received events. Urgent deliveries have threads of their own, so that no backlog delays them."""
    threads = config.current().WORKER_THREADS
    few_threads = max(2, threads // 4)
    pools = (
        DrainPool(app, "receive", few_threads, inbox.list_due, inbox.process_event),
        # Account mails: without a sign-in link nobody could read in maintenance mode.
        DrainPool(
            app, "deliver-urgent", few_threads, outbox.list_due_urgent, outbox.deliver_one, works_in_maintenance=True
        ),
        DrainPool(app, "deliver", threads, outbox.list_due, outbox.deliver_thread, names_next=True),
    )
    releases = (tickets.publish_due_replies, outbox.release_expired_leases, inbox.release_expired_leases)
    # What came from Slack waits for what came before it, and is due then.
    order_wait = config.current().INBOX_ORDER_WAIT
    return Drain(app, pools, releases, again_after=order_wait + ORDER_MARGIN_SECONDS if order_wait else 0.0)
