"""Threads get a fair lock in the order in which they asked; one that gives up leaves the rest in order."""

import threading

from helpdesk.database.fair_lock import FairLock
from tests import timeouts


def wait_in(lock: FairLock, order: list[int], number: int, timeout: float = timeouts.LIMIT) -> threading.Thread:
    """Start a thread that asks for the lock, and return once it waits."""

    def take() -> None:
        if lock.acquire(timeout):
            order.append(number)
            lock.release()

    before = lock.count_waiting()
    thread = threading.Thread(target=take)
    thread.start()
    timeouts.wait_for(lambda: lock.count_waiting() > before or not thread.is_alive())
    return thread


def test_the_thread_that_waited_longest_is_next():
    lock, order = FairLock(), []
    assert lock.acquire(0)
    threads = [wait_in(lock, order, number) for number in range(6)]
    lock.release()
    for thread in threads:
        thread.join(timeouts.LIMIT)
    assert order == [0, 1, 2, 3, 4, 5]
    assert lock.acquire(0)  # it is free again


def test_a_thread_that_gave_up_is_given_nothing():
    lock, order = FairLock(), []
    assert lock.acquire(0)
    threads = [wait_in(lock, order, 0), wait_in(lock, order, 1, timeout=0.05), wait_in(lock, order, 2)]
    threads[1].join(timeouts.LIMIT)
    assert not lock.acquire(0)
    lock.release()
    for thread in threads:
        thread.join(timeouts.LIMIT)
    assert order == [0, 2]
    assert lock.acquire(0)
