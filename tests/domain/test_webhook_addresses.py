"""Webhooks go to no address that is not public."""

import pytest

from helpdesk.channels import ssrf
from helpdesk.domain.integrations import webhook_address
from helpdesk.domain.outbox import errors
from tests.replaced_modules import replace_in


@pytest.fixture
def strict(monkeypatch):
    monkeypatch.setattr(webhook_address, "is_loopback_allowed", lambda: False)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "https://127.0.0.1/",
        "https://localhost/x",
        "https://10.1.2.3/",
        "https://[::1]/",
        "https://[fe80::1]/",
        "https://169.254.169.254/latest",
        "https://192.168.0.9:8443/",
        "https://user:pw@example.com/",
        "https://example.com:22/",
        "ftp://example.com/",
        "https:///x",
        "https://intranet/",
        "https://db.internal/",
        "https://[::ffff:127.0.0.1]/",
        "https://0.0.0.0/",
        "https://exa mple.com/",
        "https://224.0.0.1/",
        "https://100.64.0.1/",
        "",
    ],
)
def test_no_address_that_is_not_public_is_taken(strict, url):
    assert webhook_address.url_error(url)


def test_a_public_address_is_taken(strict):
    assert webhook_address.url_error("https://hooks.example.com/a?b=c") is None
    assert webhook_address.url_error("https://93.184.216.34:8443/") is None


def test_a_name_that_resolves_to_a_private_address_is_never_called(strict, monkeypatch):
    found = [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", ("10.0.0.1", 443))]
    replace_in(monkeypatch, ssrf, "socket", getaddrinfo=lambda *a, **k: found)
    with pytest.raises(errors.PermanentError):
        ssrf.resolve_url("https://rebinding.example.com/")
    found.pop()
    assert ssrf.resolve_url("https://rebinding.example.com/a?b").address == "93.184.216.34"
