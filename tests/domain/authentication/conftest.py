"""An organization whose domain admits people, and a clock that tests move on."""

from datetime import timedelta

import pytest

from helpdesk import clock


@pytest.fixture
def globex(make):
    return make.organization("Globex", domain="globex.example")


@pytest.fixture
def later(monkeypatch):
    real = clock.now
    return lambda **much: monkeypatch.setattr(clock, "now", lambda: real() + timedelta(**much))
