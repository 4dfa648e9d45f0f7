"""Requests of tests are independent, as in production: each in an application context of its own.

Without this, Flask would let a request share the test's context, and with it the signed-in person that Flask-Login
stores there, and the database session, which ends with the request, before its answer is read.
"""

import contextvars

import pytest
from flask.testing import FlaskClient

from helpdesk.extensions import db
from tests.catalogues import write_catalogue  # noqa: F401, a fixture


class LonelyClient(FlaskClient):
    """What the test has not committed is not there for the request."""

    def open(self, *args, **options):
        db.session.rollback()
        self.preserve_context = False  # which pytest-flask's ``client`` asks for
        return super().open(*args, **options)


def make_requests_lonely(app, monkeypatch) -> None:
    """Have ``app`` make such clients, and answer each request in an empty context.

    What is streamed is read outside of it, after the end of the request, as by a server.
    """
    app.test_client_class, answer = LonelyClient, app.wsgi_app

    def answer_in_an_empty_context(environ, start_response):
        return contextvars.Context().run(answer, environ, start_response)

    monkeypatch.setattr(app, "wsgi_app", answer_in_an_empty_context)


@pytest.fixture(autouse=True)
def lonely_requests(request, monkeypatch):
    if "app" in request.fixturenames:
        make_requests_lonely(request.getfixturevalue("app"), monkeypatch)
