"""Delivers and receives what is due: a few threads for each kind, which go on until nothing is due.

The rows of the outbox and the inbox are the truth. A job of RQ's only says "look now"; once a second each process looks by
itself, so that a Redis that is away or only reads stops nothing.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from helpdesk import config
from helpdesk.domain import inbox, outbox

LOOK_SECONDS = 1.0  # between two looks that nobody asked for
BATCH_PER_THREAD = (
    8  # rows a look takes for each thread; more would be taken by another process before they are reached
)
log = logging.getLogger(__name__)


class DrainPool:
    """``threads`` threads, each of which calls ``process(id)`` in a fresh application context for what ``find_due(limit)`` gives.

    A row that two processes find is claimed by one of them; the other is told so by the database and goes on.
    """

    def __init__(
        self,
        app: Flask,
        name: str,
        threads: int,
        find_due: Callable[[int], list[int]],
        process: Callable[[int], object],
    ) -> None:
        self._app, self._find_due, self._process = app, find_due, process
        self._limit = threads * BATCH_PER_THREAD
        self._changed = threading.Condition()
        self._waiting: deque[int] = deque()
        self._taken: set[int] = set()  # waiting here, or at hand in one of the threads
        self._has_more = self._is_ending = False
        self.threads = [threading.Thread(target=self._run, name=f"{name}-{n}", daemon=True) for n in range(threads)]

    def look(self) -> None:
        """Take up what is due. What the database refuses is logged; the next look is a second away."""
        try:
            with self._app.app_context():
                found = self._find_due(self._limit)
        except SQLAlchemyError as error:
            log.warning("The database did not answer a look for what is due: %s", type(error).__name__)
            return
        with self._changed:
            new = [row_id for row_id in found if row_id not in self._taken]
            self._taken.update(new)
            self._waiting.extend(new)
            # One at hand may have been found again because it has become due again: look once more when it is done.
            self._has_more = len(found) == self._limit or len(new) < len(found)
            self._changed.notify(len(new))

    def end(self) -> None:
        """Let each thread finish what it has at hand and take up nothing else."""
        with self._changed:
            self._is_ending = True
            self._changed.notify_all()

    def _run(self) -> None:
        while (row_id := self._next()) is not None:
            is_done = self._do(row_id)
            with self._changed:
                self._taken.discard(row_id)
                should_look = is_done and self._has_more and not self._waiting and not self._is_ending
                self._has_more = self._has_more and not should_look
            if should_look:
                self.look()

    def _next(self) -> int | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_ending)
            return None if self._is_ending else self._waiting.popleft()

    def _do(self, row_id: int) -> bool:
        try:
            with self._app.app_context():
                self._process(row_id)
            return True
        except SQLAlchemyError as error:
            log.warning(
                "The database did not take part in %s: %s", threading.current_thread().name, type(error).__name__
            )
        except Exception:
            log.exception("Row %s failed in %s", row_id, threading.current_thread().name)
        return False


class Drain:
    """The pools of one process. What somebody waits for has threads of its own, which no backlog of deliveries can take."""

    def __init__(self, app: Flask) -> None:
        threads = config.current().WORKER_THREADS
        few = max(2, threads // 4)
        self._app = app
        self._ended = threading.Event()
        self.pools = (
            DrainPool(app, "receive", few, inbox.list_due, inbox.process_event),
            DrainPool(app, "deliver-urgent", few, outbox.list_due_urgent, outbox.deliver_one),
            DrainPool(app, "deliver", threads, outbox.list_due, outbox.deliver_thread),
        )
        self._timer = threading.Thread(target=self._look_regularly, name="look", daemon=True)

    def start(self) -> None:
        """Start the threads, and look for the first time."""
        for thread in (*self._threads(), self._timer):
            thread.start()

    def look(self) -> None:
        """Take up what is due of every kind."""
        for pool in self.pools:
            pool.look()

    def end(self, timeout: float) -> None:
        """Wait until every thread has finished what it has at hand, each for ``timeout`` seconds at most."""
        self._ended.set()
        for pool in self.pools:
            pool.end()
        for thread in self._threads():
            thread.join(timeout)

    def _threads(self) -> list[threading.Thread]:
        return [thread for pool in self.pools for thread in pool.threads]

    def _look_regularly(self) -> None:
        while not self._ended.is_set():
            try:
                with self._app.app_context():
                    outbox.release_expired_leases()
                    inbox.release_expired_leases()
            except SQLAlchemyError as error:
                log.warning("The database did not answer a look for lost leases: %s", type(error).__name__)
            except Exception:
                log.exception("A look for lost leases failed; the next is a second away")
            self.look()
            self._ended.wait(LOOK_SECONDS)
