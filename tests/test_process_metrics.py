"""/metrics adds up what all processes of this machine counted, and names no path, only routes."""

import os
import subprocess
import sys

import pytest

from helpdesk import process_metrics
from helpdesk.domain import metrics
from tests import conftest, timeouts, worker_helpers


@pytest.fixture
def settings(mailbox):
    return {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": mailbox.port, "MAIL_DEFAULT_SENDER": "help@support.example"}


COUNT = """
import os, sys
from helpdesk import process_metrics
process_metrics.prepare_folder(sys.argv[1], sys.argv[2])
from helpdesk import counters
counters.add_streams(1)
for _ in range(2):
    if not (pid := os.fork()):
        counters.count_request("GET", "/tickets", 200, 0.02)
        counters.count_delivery("email", "sent")
        counters.add_streams(1)
        os._exit(0)
    os.waitpid(pid, 0)
    process_metrics.forget_process(pid)
"""
READ = (
    COUNT
    + """
from helpdesk import config
from prometheus_client import CollectorRegistry, generate_latest
config.set_current(config.load_config())
registry = CollectorRegistry()
counters.register_all(registry)
print(generate_latest(registry).decode())
"""
)


def run(program, folder, name):
    ended = subprocess.run(
        [sys.executable, "-c", program, str(folder), name],
        env={"SECRET_KEY": conftest.SECRET, "VAR_DIR": str(folder), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=timeouts.LIMIT,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


def add_up(lines, prefix):
    return sum(float(line.split()[-1]) for line in lines if line.startswith(prefix))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_requests_and_deliveries_are_counted_by_route_and_result(app, make, browser_of, session):
    user = make.user(make.organization("Globex"))
    ticket = make.ticket(user)
    browser_of(user).get(f"/tickets/{ticket.number}?q=private")
    browser_of(user).get("/tickets/999999")
    worker_helpers.drain(session)
    text = metrics.render_metrics().decode()
    assert 'helpdesk_requests_total{method="GET",route="/tickets/<int:number>",status="200"}' in text
    assert 'helpdesk_requests_total{method="GET",route="/tickets/<int:number>",status="404"}' in text
    assert 'helpdesk_request_duration_seconds_bucket{le="10.0",route="/tickets/<int:number>"}' in text
    assert 'helpdesk_deliveries_total{channel="email",result="sent"}' in text
    assert 'helpdesk_build_info{database="sqlite"' in text and "helpdesk_live_streams 0.0" in text
    assert "private" not in text and str(ticket.number) + "?" not in text


def test_processes_are_added_up_and_ended_ones_keep_what_they_counted(tmp_path):
    run(COUNT, tmp_path, "worker")
    lines = run(READ, tmp_path, "web")
    assert add_up(lines, "helpdesk_requests_total{") == 4
    assert add_up(lines, 'helpdesk_request_duration_seconds_bucket{le="0.025"') == 4
    assert add_up(lines, "helpdesk_deliveries_total{") == 4
    assert len([line for line in lines if line.startswith("helpdesk_live_streams ")]) == 1  # no series twice


FULL_DISK = """
import os, sys
from helpdesk import process_metrics
process_metrics.prepare_folder(sys.argv[1], sys.argv[2])
import prometheus_client  # as the web application has it
from helpdesk import counters
folder = os.environ[process_metrics.VARIABLE]
process_metrics.MIN_FREE_BYTES = 2**80
counters.count_request("GET", "/tickets", 200, 0.02)
print(len(os.listdir(folder)))
process_metrics.MIN_FREE_BYTES = 0
counters.count_request("GET", "/tickets", 200, 0.02)
process_metrics.MIN_FREE_BYTES = 2**80
counters.count_request("GET", "/tickets", 200, 0.02)
counters.count_request("GET", "/desk", 200, 0.02)
counters.count_delivery("email", "sent")
counters.add_streams(1)
"""


def test_on_a_full_disk_nothing_new_is_counted_and_the_rest_goes_on(tmp_path):
    """A mapped page without space ends the process: seen on a disk of 90 MB that was filled."""
    assert run(FULL_DISK, tmp_path, "worker") == ["0"]
    lines = run(READ, tmp_path, "web")
    assert add_up(lines, 'helpdesk_requests_total{method="GET",route="/tickets"') == 2 + 2
    assert add_up(lines, 'helpdesk_requests_total{method="GET",route="/desk"') == 0
    assert add_up(lines, "helpdesk_deliveries_total{") == 2


def test_a_start_forgets_what_a_program_that_has_ended_counted(tmp_path, monkeypatch):
    monkeypatch.delenv(process_metrics.VARIABLE, raising=False)
    run(COUNT, tmp_path, "worker")
    (former,) = (tmp_path / "metrics").iterdir()
    run(COUNT, tmp_path, "web")
    assert former.is_dir()
    run(COUNT, tmp_path, "worker")
    assert not former.exists() and len(list((tmp_path / "metrics").iterdir())) == 2
