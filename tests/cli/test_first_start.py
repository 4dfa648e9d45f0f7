"""``helpdesk serve --all`` in an empty folder: a key, a database, a Redis, workers, and a link for the first admin."""

import os
import re
import signal
import subprocess
import sys
import urllib.request

import pytest

from tests import conftest, timeouts


@pytest.fixture
def folder(tmp_path):
    """A folder of its own, whose path is short enough for a socket or not."""
    return tmp_path / "an empty folder"


@pytest.fixture
def run(folder):
    """``run(*arguments)``: a command in the folder, with no setting in the environment."""
    folder.mkdir()
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), "WEB_PROCESSES": "1"}
    environment |= {"WORKER_PROCESSES": "1"}
    started = []

    def begin(*arguments, **more):
        log = (folder / f"log-{len(started)}").open("w+")
        command = [sys.executable, "-m", "helpdesk.cli", *arguments]
        process = subprocess.Popen(command, cwd=folder, env=environment | more, stdout=log, stderr=log, stdin=-3)
        started.append(process)
        process.log = lambda: (folder / log.name).read_text()
        return process

    yield begin
    for process in started:
        process.terminate()
        process.wait(timeouts.LIMIT)


def test_empty_folder_becomes_a_portal_with_workers(run, folder):
    port = conftest.free_port()
    server = run("serve", "--all", "--admin", "maya@support.example", PORT=str(port))
    link = timeouts.wait_for(
        lambda: re.search(rf"http://127.0.0.1:{port}(/sign-in/link/\S+)", server.log()), "the link"
    )

    def is_ready() -> bool:
        assert server.poll() is None, server.log()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
                return b'"deliveries"' not in answer.read()
        except OSError:
            return False

    timeouts.wait_for(is_ready, "the portal")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{link[1]}") as page:
        assert b"maya@" in page.read() or page.status == 200
    key = folder / "var" / "secret-key"
    assert key.stat().st_mode & 0o777 == 0o600 and len(key.read_text().strip()) >= 32
    other = run("settings", "list")  # finds the key and the database by itself
    assert other.wait(timeouts.LIMIT) == 0, other.log()
    assert "portal_name" in other.log()
    redis_pid = next(int(line) for line in pids_of("redis") if is_child(int(line), server.pid))
    server.send_signal(signal.SIGTERM)
    assert server.wait(timeouts.LIMIT) == 0
    timeouts.wait_for(lambda: not os.path.exists(f"/proc/{redis_pid}/cmdline"), "the private Redis to end")


def pids_of(name: str) -> list[str]:
    import psutil

    return [str(each.pid) for each in psutil.process_iter(["name"]) if name in (each.info["name"] or "")]


def is_child(pid: int, parent: int) -> bool:
    import psutil

    return psutil.pid_exists(pid) and psutil.Process(pid).ppid() == parent
