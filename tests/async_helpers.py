"""Run a coroutine from a test."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def run_in_thread(coroutine: Coroutine) -> Any:
    """Return what ``coroutine`` gives, run to its end in a thread of its own.

    Playwright keeps an event loop running in the thread of the tests once a journey has begun, and ``asyncio.run``
    refuses to begin in such a thread.
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()
