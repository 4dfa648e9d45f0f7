"""Behind the shipped proxies nobody notices that the portal's processes are replaced.

``make test-deploy`` sends 2,000 requests while each of them happens.
"""

import os
import signal
import socket
import ssl
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests import conftest, process_helpers, timeouts
from tests.deploy import proxies
from tests.deploy.visitors import Visitors
from tests.factories import signed_in_client

PEOPLE = 8
REQUESTS = int(os.environ.get("DEPLOY_REQUESTS", "0"))
# What systemd does for a service with a socket unit (sd_listen_fds(3)).
LISTEN = "import os; os.dup2({0}, 3); os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()))"

PROXIES = pytest.mark.parametrize(
    "start_proxy", [pytest.param(proxies.start_nginx, id="nginx"), pytest.param(proxies.start_caddy, id="caddy")]
)

pytestmark = [
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.skipif(not REQUESTS, reason="restarts behind nginx and Caddy are tried by make test-deploy"),
]


@pytest.fixture
def settings():
    return {"PORTAL_BASE_URL": "https://localhost", "TRUSTED_PROXIES": 1}


class Service:
    """The portal under something like systemd: the socket stays open when a process ends."""

    def __init__(self, log) -> None:
        self.log = log
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(4096)
        self.port = self.socket.getsockname()[1]
        self.start()

    def start(self) -> None:
        number = self.socket.fileno()
        self.process = process_helpers.start(
            self.log, "serve", first=LISTEN.format(number), pass_fds=(number,), WEB_PROCESSES=2, WEB_THREADS=8
        )

    def restart(self) -> None:
        """As ``systemctl restart``: the former process has ended before the next one is started."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeouts.LIMIT) == 0
        self.start()

    def reload(self) -> None:
        """As ``systemctl reload``: new processes beside the former ones, which end when they are idle."""
        former = self.children()
        self.process.send_signal(signal.SIGHUP)
        timeouts.wait_for(lambda: not former & self.children(), "the end of the former processes")

    def children(self) -> set[int]:
        return {child.pid for child in psutil.Process(self.process.pid).children()}

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self.socket.close()


class Nodes:
    """Two nodes of the portal, each at an address that is closed when its processes end."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.processes = folder, {}
        for port in conftest.free_port(), conftest.free_port():
            self.start(port)

    def start(self, port: int) -> None:
        log = self.folder / f"{port}.log"
        self.processes[port] = process_helpers.start(
            log, "serve", "--bind", f"127.0.0.1:{port}", WEB_PROCESSES=2, WEB_THREADS=8
        )

    def replace(self, port: int) -> None:
        """End a node, start it, and wait until it answers."""
        self.processes[port].send_signal(signal.SIGTERM)
        assert self.processes[port].wait(timeouts.LIMIT) == 0
        self.start(port)
        timeouts.wait_for(lambda: is_answered(f"http://127.0.0.1:{port}/healthz"), "the new node")

    def end(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()


@pytest.fixture
def service(app, session, tmp_path):
    service = Service(tmp_path / "web.log")
    yield service
    service.end()


@pytest.fixture
def nodes(app, session, tmp_path):
    nodes = Nodes(tmp_path)
    yield nodes
    nodes.end()


@pytest.fixture
def check_replacements(make, session, tmp_path, app):
    """Lets visitors ask through a proxy while each of the given replacements happens; none of them may notice."""

    def check(start_proxy, ports, replacements) -> None:
        acme = make.organization()
        people = [make.user(acme) for _ in range(PEOPLE)]  # each may send only so much in a minute
        ticket = make.ticket(people[0])
        name = app.config["SESSION_COOKIE_NAME"]
        cookies = [
            f"{name}={signed_in_client(app, person).get_cookie(name, domain='localhost').value}" for person in people
        ]
        folder = tmp_path / "proxy"
        folder.mkdir()
        proxy = start_proxy(folder, *ports)
        visitors = Visitors(proxy.port, cookies, ticket.number)
        session.rollback()  # an open transaction would keep the portal's writers waiting
        try:
            timeouts.wait_for(lambda: is_answered(f"https://localhost:{proxy.port}/healthz"), "the portal")
            visitors.start()
            visitors.wait_for(20)
            for replace in replacements:
                began = visitors.answered
                replace()
                visitors.wait_for(max(0, REQUESTS - (visitors.answered - began)))
        finally:
            visitors.end()
            proxy.end()
        log = (folder / "log").read_text()[-2000:]
        print(dict(visitors.statuses), f"the longest wait: {visitors.longest:.1f} s", log)
        assert visitors.failed == {}
        assert visitors.statuses["200"] and len(visitors.replies) > 5
        session.expire_all()
        stored = [message.body for message in ticket.messages if message.body.startswith("Reply number")]
        assert sorted(stored) == sorted(visitors.replies)

    return check


@PROXIES
def test_no_request_fails_while_the_processes_are_replaced(service, start_proxy, check_replacements):
    check_replacements(start_proxy, [service.port], [service.reload, service.restart])


@PROXIES
def test_no_request_fails_while_two_nodes_are_replaced_one_after_the_other(nodes, start_proxy, check_replacements):
    if start_proxy is proxies.start_caddy and proxies.get_caddy_version() < (2, 11, 2):
        pytest.skip("this Caddy answers 502 to a form whose first node refuses (its issue 7546)")
    for port in nodes.processes:
        timeouts.wait_for(lambda port=port: is_answered(f"http://127.0.0.1:{port}/healthz"), "both nodes")
    replacements = [lambda port=port: nodes.replace(port) for port in nodes.processes]
    check_replacements(start_proxy, nodes.processes, replacements)


def is_answered(url: str) -> bool:
    """Whether the portal answers there, perhaps through a proxy: both have started, and the proxy has a certificate."""
    try:
        with urllib.request.urlopen(url, timeout=5, context=ssl._create_unverified_context()) as answer:
            return answer.status == 200
    except OSError:
        return False
