"""Behind the shipped proxies nobody notices that the portal's processes are replaced.

``make test-deploy`` sends 2,000 requests while each of them happens.
"""

import os
import signal
import socket
import ssl
import urllib.request

import psutil
import pytest

from tests import process_helpers, timeouts
from tests.deploy import proxies
from tests.deploy.visitors import Visitors
from tests.factories import signed_in_client

REQUESTS = int(os.environ.get("DEPLOY_REQUESTS", "0"))
# What systemd does for a service with a socket unit (sd_listen_fds(3)).
LISTEN = "import os; os.dup2({0}, 3); os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()))"

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


@pytest.fixture
def service(app, session, tmp_path):
    service = Service(tmp_path / "web.log")
    yield service
    service.end()


@pytest.mark.parametrize(
    ("start_proxy", "how"),
    [
        pytest.param(proxies.start_nginx, ("reload", "restart"), id="nginx"),
        pytest.param(proxies.start_caddy, ("reload", "restart"), id="caddy"),
    ],
)
def test_no_request_fails_while_the_processes_are_replaced(service, make, session, tmp_path, start_proxy, how, app):
    dana = make.user(make.organization())
    ticket = make.ticket(dana)
    name = app.config["SESSION_COOKIE_NAME"]
    cookie = f"{name}={signed_in_client(app, dana).get_cookie(name, domain='localhost').value}"
    folder = tmp_path / "proxy"
    folder.mkdir()
    proxy = start_proxy(folder, service.port)
    visitors = Visitors(proxy.port, cookie, ticket.number)
    session.rollback()  # an open transaction would keep the portal's writers waiting
    try:
        timeouts.wait_for(lambda: answers(proxy.port), "the portal behind the proxy")
        visitors.start()
        visitors.wait_for(20)
        for replace in how:
            began = visitors.answered
            getattr(service, replace)()
            visitors.wait_for(max(0, REQUESTS - (visitors.answered - began)))
    finally:
        visitors.end()
        proxy.end()
    print(dict(visitors.statuses), f"the longest wait: {visitors.longest:.1f} s", (folder / "log").read_text()[-2000:])
    assert visitors.failed == {}
    assert visitors.statuses["200"] and len(visitors.replies) > 5
    session.expire_all()
    stored = [message.body for message in ticket.messages if message.body.startswith("Reply number")]
    assert sorted(stored) == sorted(visitors.replies)


def answers(port: int) -> bool:
    """Whether the portal answers through the proxy: both have started, and the proxy has its certificate."""
    try:
        with urllib.request.urlopen(
            f"https://localhost:{port}/healthz", timeout=5, context=ssl._create_unverified_context()
        ) as answer:
            return answer.status == 200
    except OSError:
        return False
