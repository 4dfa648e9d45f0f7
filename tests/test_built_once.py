"""Statements that all threads share are built by one thread at a time, once."""

import subprocess
import sys
import threading

import pytest

from helpdesk.database.built_once import built_once
from tests import process_helpers

THREADS = 8
# What a process does that has just been started, when many ask at once: each thread asks for the same pages. Threads
# take turns after a microsecond, so that two are at the same place.
FIRST_REQUESTS = """
import sys, threading
import helpdesk
from helpdesk.domain.people import users
from tests.factories import signed_in_client

app = helpdesk.create_app()
with app.app_context():
    clients = [signed_in_client(app, users.find_user(email)) for email in sys.argv[2:] for _ in range(4)]
app.config["PROPAGATE_EXCEPTIONS"] = False
pages = sys.argv[1].split()
barrier, refused = threading.Barrier(len(clients)), []

def ask(client):
    barrier.wait()
    for page in pages:
        status = client.get(page).status_code
        if status >= 500:
            refused.append(f"{status} {page}")

sys.setswitchinterval(1e-6)
threads = [threading.Thread(target=ask, args=[client]) for client in clients]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(*sorted(set(refused)), sep=", ")
"""


def test_threads_that_ask_at_once_get_what_one_of_them_built():
    begun, barrier, running = [], threading.Barrier(THREADS), []

    @built_once()
    def build(name: str) -> object:
        begun.append(name)
        running.append(name)
        threading.Event().wait(0.02)
        assert len(running) == 1
        running.remove(name)
        return object()

    built = []

    def ask() -> None:
        barrier.wait()
        built.append((build("one"), build("two")))

    threads = [threading.Thread(target=ask) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(begun) == ["one", "two"]
    assert len(built) == THREADS and len(set(built)) == 1
    build.cache_clear()
    build("one")
    assert len(begun) == 3


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_first_requests_of_a_process_may_come_at_once(app, make):
    """Of five processes two answered 500 to every request for a ticket, until they were ended."""
    dana, maya = make.user(make.organization("Globex"), "Dana"), make.agent("Maya")
    number = make.ticket(dana).number
    pages = (
        f"/tickets/{number} /tickets /tickets?q=scanner /tickets/{number}/conversation /desk /desk?q=scanner /review"
    )
    command = [sys.executable, "-c", FIRST_REQUESTS, pages, dana.email, maya.email]
    environment = process_helpers.make_environment(SECRET_KEY="only-for-this-test-" * 2)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stdout + done.stderr[-3000:]
