"""``helpdesk serve --all`` in an empty folder: a key, a database, a Redis, workers, and a link for the first admin."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from helpdesk.cli import first_start, serve
from tests import conftest, timeouts
from tests.cli.test_commands import one_line


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
    assert f"The portal is at http://127.0.0.1:{port}; it listens at http://127.0.0.1:{port}." in server.log()
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


def test_with_a_key_of_ones_own_an_empty_folder_gets_its_redis(run, folder):
    port = conftest.free_port()
    server = run("serve", PORT=str(port), SECRET_KEY="k" * 40)
    timeouts.wait_for(lambda: "The portal is at" in server.log() or server.poll() is not None, "the portal")
    assert server.poll() is None and "goes on without" not in server.log(), server.log()
    assert (folder / "var" / "redis.log").exists()


def test_a_folder_that_cannot_be_made_is_said_in_one_line(run, folder):
    (folder / "taken").write_text("no folder")
    server = run("serve", PORT=str(conftest.free_port()), VAR_DIR=str(folder / "taken"))
    assert server.wait(timeouts.LIMIT) == 1
    assert server.log() == f"helpdesk: No secret key can be kept in VAR_DIR ({folder / 'taken'}): File exists.\n"
    port = conftest.free_port()
    database = f"sqlite:///{folder / 'helpdesk.db'}"
    server = run("serve", PORT=str(port), VAR_DIR=str(folder / "taken"), SECRET_KEY="k" * 40, DATABASE_URL=database)
    timeouts.wait_for(lambda: "The portal is at" in server.log() or server.poll() is not None, "the portal")
    assert server.poll() is None and "No Redis can be kept in VAR_DIR: " in server.log(), server.log()


def pids_of(name: str) -> list[str]:
    import psutil

    return [str(each.pid) for each in psutil.process_iter(["name"]) if name in (each.info["name"] or "")]


def is_child(pid: int, parent: int) -> bool:
    import psutil

    return psutil.pid_exists(pid) and psutil.Process(pid).ppid() == parent


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_restart_leaves_the_link_of_an_invited_admin(session, browser_of, capsys):
    """A second link would end the first, and every restart of a service would write one into its log."""
    address = "maya@support.example"
    first_start.prepare_database(address)
    link = re.search(r"http://localhost(/sign-in/link/\S+)", capsys.readouterr().out)[1]
    first_start.prepare_database(None)
    said = capsys.readouterr().out
    assert f"helpdesk agent invite {address} --role admin" in said and "/sign-in/link/" not in said
    assert "Join the team" in browser_of().get(link).get_data(as_text=True)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("127.0.0.1:{taken}", "Nothing can listen at 127.0.0.1:{taken}: Address already in use. Name another port"),
        ("127.0.0.1:http", "127.0.0.1:http is no HOST:PORT"),
        ("127.0.0.1:99999", "127.0.0.1:99999 has no port between"),
        ("192.0.2.1:5000", "Nothing can listen at 192.0.2.1:5000: Cannot assign requested address"),
    ],
)
def test_an_address_where_nothing_can_listen_is_named_in_one_line(start, monkeypatch, address, sentence):
    monkeypatch.setattr(serve, "ADDRESS_TRIES", 1)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        taken = listening.getsockname()[1]
        status, out, error = start("serve", "--bind", address.format(taken=taken))
    assert status == 1 and one_line(error)
    assert sentence.format(taken=taken) in error and "/sign-in/link/" not in out
