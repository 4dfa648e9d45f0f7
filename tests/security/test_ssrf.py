"""A webhook cannot be sent to an internal address, whatever its name resolves to (SSRF)."""

import pytest

from helpdesk.channels import ssrf
from helpdesk.domain.integrations import webhook_address
from helpdesk.domain.outbox import errors
from tests.replaced_modules import replace_in

INSIDE = [
    "127.0.0.1",
    "10.0.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "::1",
    "::ffff:10.0.0.1",
    "::7f00:1",
    "fe80::1",
    "fec0::1",
    "fd00::1",
    "64:ff9b::a00:1",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "ff02::1",
]
NOT_ADDRESSES = [
    "http://hooks.example.com/",
    "https://user:secret@hooks.example.com/",
    "https://hooks.example.com:22/",
    "https://localhost/",
    "https://printer/",
    "https://db.internal/",
    "https://hooks.example.com/\r\nX-Evil: 1",
    "https://hooks.example.com/ x",
    "https://ho\u200boks.example.com/",
    "ftp://hooks.example.com/",
    "https://[::1/",
    "https://hooks.example.com:99999/",
    "javascript:alert(1)",
]


@pytest.fixture(autouse=True)
def of_an_app(app):
    """Settings of a portal like any other."""


def resolving_to(monkeypatch, *found):
    def getaddrinfo(host, port, **_):
        return [(0, 0, 0, "", (each, port)) for each in found]

    replace_in(monkeypatch, ssrf, "socket", getaddrinfo=getaddrinfo)


@pytest.mark.parametrize("address", INSIDE)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_internal_addresses_are_never_requested(monkeypatch, address):
    written = f"https://[{address}]/" if ":" in address else f"https://{address}/"
    assert webhook_address.url_error(written)
    resolving_to(monkeypatch, address)
    with pytest.raises(errors.PermanentError):
        ssrf.resolve_url("https://hooks.example.com/")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_one_internal_address_among_others_is_refused(monkeypatch):
    resolving_to(monkeypatch, "93.184.216.34", "10.0.0.1")
    with pytest.raises(errors.PermanentError):
        ssrf.resolve_url("https://hooks.example.com/")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_checked_address_is_the_one_connected_to(monkeypatch):
    """A name that answers differently a moment later (DNS rebinding) changes nothing."""
    resolving_to(monkeypatch, "93.184.216.34")
    place = ssrf.resolve_url("https://hooks.example.com/in?x=1")
    assert (place.address, place.host, place.port, place.path) == ("93.184.216.34", "hooks.example.com", 443, "/in?x=1")


@pytest.mark.parametrize("number", ["2130706433", "0x7f.1", "127.1", "0177.0.0.1"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_other_notations_of_loopback_are_refused(number):
    """The resolver of this machine is asked, as in earnest: it knows these spellings."""
    with pytest.raises(errors.ChannelError):
        ssrf.resolve_url(f"https://{number}/")


@pytest.mark.parametrize("url", NOT_ADDRESSES)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_invalid_webhook_urls_are_refused(url):
    assert webhook_address.url_error(url)


@pytest.mark.parametrize(
    "url", ["https://hooks.example.com/", "https://1.1.1.1:8443/a?b=c", "https://[2606:4700::1111]/"]
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_valid_webhook_urls_are_accepted(url):
    assert webhook_address.url_error(url) is None
