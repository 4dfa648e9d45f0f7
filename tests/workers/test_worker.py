"""The worker process: a hanging service delays no other job, and SIGTERM stops it."""

import os
import signal
import subprocess
import time

import pytest
import redis
from rq.exceptions import StopRequested

from helpdesk.demo import personas
from helpdesk.jobs import WAKE_QUEUE
from tests import conftest, process_helpers, timeouts, worker_helpers
from workers import worker


@pytest.fixture
def settings(workspace, mailbox):
    return worker_helpers.settings(workspace, mailbox) | {"WORKER_PROCESSES": 1, "WORKER_THREADS": 4}


@pytest.fixture
def start(app, tmp_path):
    """``start(**environment)``: a worker process beside the app under test, stopped afterwards."""
    started = []

    def begin(**environment):
        started.append(process_helpers.start(tmp_path / "worker.log", "worker", **environment))
        return started[-1]

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_hanging_slack_does_not_delay_mail(start, session, make, workspace, mailbox):
    make.channel(personas.TRIAGE_CHANNEL_ID)
    globex = make.organization("Globex", domain="globex.example", slack="C0GLOBEX001")
    dana = make.user(globex, "Dana", email="dana@globex.example")
    workspace.misbehave("chat.postMessage", "hang_before", times=2, seconds=3600)
    make.ticket(dana)
    session.rollback()
    start(first="from helpdesk.channels.slack.api import client; client.TIMEOUT = 3600")
    timeouts.wait_for(lambda: workspace.calls.get("chat.postMessage", 0) >= 2, "both cards to hang")
    make.ticket(dana, subject="Unmistakable")
    timeouts.wait_for(lambda: any("Unmistakable" in mail.subject for mail in mailbox.mails), "the mail")
    assert not any(
        "on fire" in str(card)
        for card in workspace.posted(personas.TRIAGE_CHANNEL_ID) + workspace.posted("C0GLOBEX001")
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_worker_delivers_while_redis_is_unreachable(start, session, make, workspace, mailbox):
    start(REDIS_URL=f"redis://127.0.0.1:{conftest.free_port()}/0")
    make.channel(personas.TRIAGE_CHANNEL_ID)
    make.ticket(make.user(make.organization("Globex", domain="globex.example"), "Dana", email="dana@globex.example"))
    timeouts.wait_for(lambda: workspace.posted(personas.TRIAGE_CHANNEL_ID) and mailbox.mails, "the card and the mail")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_worker_stops_on_sigterm_while_redis_is_unreachable(start, tmp_path):
    port = str(conftest.free_port())
    own = subprocess.Popen(
        [conftest.redis_binary(), "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    )
    try:
        address = f"redis://127.0.0.1:{port}/0"
        worker = start(REDIS_URL=address)
        timeouts.wait_for(lambda: _workers(address) >= 2, "the workers to say that they live")
    finally:
        own.kill()
        own.wait()
    time.sleep(1)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeouts.LIMIT) == 0
    written = (tmp_path / "worker.log").read_text()
    assert "Redis does not answer" in written and "Traceback" not in written
    assert "could not connect" not in written  # RQ's own line, once a second


def _workers(address: str) -> int:
    try:
        return redis.Redis.from_url(address).scard("rq:workers")
    except redis.ConnectionError:
        return 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_signal_after_rqs_worker_ended_with_an_error_ends_the_process_in_order(app, monkeypatch):
    """RQ's handler is still there then, and raises."""
    own = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    asked = []

    def lose_redis(rq_worker, **_options):
        signal.signal(signal.SIGTERM, rq_worker.request_stop)
        raise redis.ConnectionError("Connection refused")

    def stop_now(_stop_signal, _seconds):
        asked.append(True)
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(worker.SimpleWorker, "work", lose_redis)
    monkeypatch.setattr(worker.StopSignal, "wait", stop_now)
    try:
        worker._wake_by_redis(WAKE_QUEUE)
        assert asked == [True] and signal.getsignal(signal.SIGTERM) == signal.SIG_IGN
    finally:
        for number, handler in own.items():
            signal.signal(number, handler)


def test_rqs_handler_raises_nothing_once_its_work_has_ended(redis_url):
    """Where the signal arrives after that, nothing would catch it."""
    own = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    connection = redis.Redis.from_url(redis_url)
    ended, idle = (worker.WakingWorker([WAKE_QUEUE], connection=connection) for _ in range(2))
    try:
        ended.work(burst=True)
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(StopRequested):
            idle.request_stop(signal.SIGTERM, None)
    finally:
        for number, handler in own.items():
            signal.signal(number, handler)
