"""A server that receives webhooks, and their deliveries: the base of the tests of webhooks."""

import http.server
import threading

import pytest
from sqlalchemy import select

from helpdesk.domain import outbox
from helpdesk.models.delivery import Delivery

NEEDS_NO_DATABASE_OF_EACH_KIND = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def settings():
    return {"WEBHOOKS_TO_LOOPBACK": True}


@pytest.fixture
def admin(make):
    return make.agent("Ada Admin", role="admin")


@pytest.fixture
def receiver():
    """A real server that records requests and answers with ``answers``, or 200 when that is empty."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.got.append((dict(self.headers), body))
            status, headers = server.answers.pop(0) if server.answers else (200, {})
            if status is None:
                self.connection.close()
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.got, server.answers = [], []
    server.url = f"http://127.0.0.1:{server.server_port}/hook"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def rows(session):
    session.expire_all()
    return session.scalars(select(Delivery).where(Delivery.kind == "webhook").order_by(Delivery.id)).all()


def deliver(session):
    ids = [row.id for row in rows(session)]
    session.rollback()
    for id in ids:
        outbox.deliver_one(id)
