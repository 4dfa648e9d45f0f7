"""Requests of tests are independent, as in production: each in an application context of its own.

Without this, Flask would let a request share the test's context, and with it the signed-in person that Flask-Login
stores there.
"""

import pytest
from flask.testing import FlaskClient

from helpdesk.extensions import db
from tests.catalogues import write_catalogue  # noqa: F401, a fixture


class LonelyClient(FlaskClient):
    """What the test has not committed is not there for the request."""

    def open(self, *args, **options):
        db.session.rollback()
        self.preserve_context = False  # which pytest-flask's ``client`` asks for
        with self.application.app_context():
            return super().open(*args, **options)


@pytest.fixture(autouse=True)
def lonely_requests(request):
    if "app" in request.fixturenames:
        request.getfixturevalue("app").test_client_class = LonelyClient
