"""Requests of these tests stand alone, as in production."""

from tests.web.conftest import lonely_requests  # noqa: F401
