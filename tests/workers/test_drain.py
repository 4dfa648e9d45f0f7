"""Due jobs run without Redis, beside a backlog, each once."""

import threading
from types import SimpleNamespace

import pytest

from tests import timeouts
from workers import drain
from workers.drain import Drain, DrainPool

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def start(app):
    """``start(threads, find_due, process, **options)``: a pool with its threads running. Ended afterwards."""
    pools = []

    def begin(threads, find_due, process, **options):
        pool = DrainPool(app, "test", threads, find_due, process, **options)
        for thread in pool.threads:
            thread.start()
        pools.append(pool)
        return pool

    yield begin
    for pool in pools:
        pool.end()


def test_drain_runs_until_nothing_is_due(start):
    due, done = set(range(50)), []

    def process(row_id):
        due.discard(row_id)
        done.append(row_id)

    start(2, lambda limit: sorted(due)[:limit], process).look()
    timeouts.wait_for(lambda: len(done) == 50, "all of them")
    assert sorted(done) == list(range(50))


def test_drain_does_not_take_a_running_row_again(start):
    go_on, begun = threading.Event(), []

    def process(row_id):
        begun.append(row_id)
        go_on.wait(timeouts.LIMIT)

    pool = start(3, lambda limit: [7], process)
    for _ in range(5):
        pool.look()
    timeouts.wait_for(lambda: begun, "the first")
    pool.end()
    go_on.set()
    for thread in pool.threads:
        thread.join(timeouts.LIMIT)
    assert begun == [7]


def test_drain_stops_after_its_current_rows(start):
    go_on, begun, done = threading.Event(), threading.Event(), []

    def process(row_id):
        begun.set()
        go_on.wait(timeouts.LIMIT)
        done.append(row_id)

    pool = start(1, lambda limit: [1, 2], process)
    pool.look()
    assert begun.wait(timeouts.LIMIT)
    pool.end()
    go_on.set()
    pool.threads[0].join(timeouts.LIMIT)
    assert done == [1]


@pytest.fixture
def held():
    """``process`` of a pool, which waits with row 0 until ``go_on``; ``done`` are the rows it has done."""
    held = SimpleNamespace(begun=threading.Event(), go_on=threading.Event(), done=[])

    def process(row_id):
        if row_id == 0:
            held.begun.set()
            held.go_on.wait(timeouts.LIMIT)
        held.done.append(row_id)

    held.process = process
    return held


def test_what_is_no_longer_due_is_not_waited_for(start, held):
    """Another process has taken it meanwhile: to try to claim it would cost two statements."""
    found = iter([[0, 1], [3]])
    pool = start(1, lambda limit: next(found, []), held.process)
    pool.look()
    assert held.begun.wait(timeouts.LIMIT)
    pool.look()
    held.go_on.set()
    timeouts.wait_for(lambda: len(held.done) == 2, "both")
    assert held.done == [0, 3]


def test_of_many_due_rows_a_few_are_taken_so_that_other_processes_take_others(start, held, monkeypatch):
    asked = []

    def sample(rows, count):
        asked.append((rows, count))
        return rows[-count:]

    monkeypatch.setattr(drain, "random", SimpleNamespace(sample=sample))
    many = [*range(1, drain.FOUND_PER_THREAD + 1)]
    found = iter([[0], many])
    pool = start(1, lambda limit: next(found, []), held.process)
    pool.look()
    assert held.begun.wait(timeouts.LIMIT)
    pool.look()
    held.go_on.set()
    taken = many[-drain.TAKEN_PER_THREAD :]
    timeouts.wait_for(lambda: len(held.done) == 1 + len(taken), "those that were taken")
    assert held.done == [0, *taken] and asked == [(many, drain.TAKEN_PER_THREAD)]


def test_the_next_of_a_queue_waits_behind_the_others_and_for_no_query(start):
    done = []

    def process(row_id):
        done.append(row_id)
        return {1: 10, 10: 11}.get(row_id)

    start(1, lambda limit: [] if done else [1, 2], process, names_next=True).look()
    timeouts.wait_for(lambda: len(done) == 4, "all of them")
    assert done == [1, 2, 10, 11]


def test_failing_job_does_not_stop_the_others(start):
    done = []

    def process(row_id):
        if row_id == 1:
            raise RuntimeError("This one never works.")
        done.append(row_id)

    start(1, lambda limit: [1, 2], process).look()
    timeouts.wait_for(lambda: done, "the second")


def test_what_becomes_due_after_a_wake_up_is_looked_for_then(app, monkeypatch):
    """A message from Slack waits half a second for earlier ones, and must not wait for the next regular query, too."""
    monkeypatch.setattr(drain, "LOOK_SECONDS", 10 * timeouts.LIMIT)
    looks, done = [], []

    def find_due(_limit):
        looks.append(len(looks))
        return [7] if len(looks) == 4 else []

    pool = DrainPool(app, "test", 1, find_due, done.append)
    delayed = Drain(app, (pool,), (), again_after=0.01)
    delayed.start()
    timeouts.wait_for(lambda: looks, "the first query")
    delayed.wake()
    timeouts.wait_for(lambda: len(looks) == 3, "the query at the wake-up, and the one after it")
    delayed.wake()
    timeouts.wait_for(lambda: done == [7] and len(looks) == 5, "the same again")
    delayed.end(timeouts.LIMIT)
    assert not delayed.pools[0].threads[0].is_alive()
