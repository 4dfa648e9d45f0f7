"""A worker that does not get on is seen and replaced."""

import os
import signal
import socket
import time

import psutil
import pytest

from helpdesk.demo import personas
from tests import conftest, process_helpers, timeouts, worker_helpers
from workers import watchdog

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

HANG_ONCE = """
import pathlib, time
from helpdesk.domain import outbox
from helpdesk.domain.outbox import claim
import workers.drain
workers.drain.LEASE_MARGIN_SECONDS = 1.0
original = claim.claim_delivery
def hang(delivery_id):
    hung = pathlib.Path({path!r})
    if not hung.exists():
        hung.touch()
        time.sleep(3600)
    return original(delivery_id)
claim.claim_delivery = hang
"""


@pytest.fixture
def settings(workspace, mailbox):
    return worker_helpers.settings(workspace, mailbox) | {
        "WORKER_PROCESSES": 1,
        "WORKER_THREADS": 1,
        "REDIS_URL": f"redis://127.0.0.1:{conftest.free_port()}/0",
    }


@pytest.fixture
def start(app, tmp_path):
    """``start(first="", **environment)``: a worker process, stopped afterwards."""
    started = []

    def begin(**environment):
        started.append(process_helpers.start(tmp_path / "worker.log", "worker", **environment))
        return started[-1]

    yield begin
    for process in started:
        process.terminate()
        process.wait(timeouts.LIMIT)


def test_clock_counts_only_what_is_under_way(app):
    clock = watchdog.ProgressClock("deliver-1", 0.0)
    assert clock.find_stalled() is None
    clock.begin("row 7")
    time.sleep(0.01)
    assert "deliver-1 has been at row 7" in clock.find_stalled()
    clock.end()
    assert clock.find_stalled() is None


def test_process_with_a_thread_that_hangs_is_replaced(start, session, make, workspace, tmp_path):
    make.channel(personas.TRIAGE_CHANNEL_ID)
    make.ticket()
    session.rollback()
    start(first=HANG_ONCE.format(path=str(tmp_path / "hung")), DELIVERY_LEASE=5)
    timeouts.wait_for(lambda: workspace.posted(personas.TRIAGE_CHANNEL_ID), "the card, from another process")
    assert (tmp_path / "hung").exists()
    assert "does not get on and is replaced" in (tmp_path / "worker.log").read_text()


def test_process_that_ends_with_an_error_says_so(start, tmp_path):
    start(first="from workers import worker; worker.run_delivery = lambda *_: 1 / 0")
    timeouts.wait_for(lambda: "ZeroDivisionError" in (tmp_path / "worker.log").read_text(), "its traceback in the log")


def test_process_that_is_silent_is_replaced(start, tmp_path):
    worker = start(first="from helpdesk.cli import supervisor; supervisor.SILENT_SECONDS = 6.0")
    children = timeouts.wait_for(lambda: psutil.Process(worker.pid).children(), "a child")
    children[0].send_signal(signal.SIGSTOP)
    timeouts.wait_for(lambda: not children[0].is_running(), "the stopped child to be replaced")
    timeouts.wait_for(lambda: len(psutil.Process(worker.pid).children()) == 2, "its successor")


def test_systemd_is_notified(start, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(timeouts.LIMIT)
        worker = start(
            first=f"import os; os.environ.update(NOTIFY_SOCKET={str(tmp_path / 'notify')!r}, WATCHDOG_USEC='3000000')"
        )
        assert listening.recv(100) == b"READY=1"
        assert listening.recv(100) == b"WATCHDOG=1"
        assert listening.recv(100) == b"WATCHDOG=1"
        os.kill(worker.pid, signal.SIGTERM)
        timeouts.wait_for(lambda: listening.recv(100) == b"STOPPING=1", "the end to be said")
