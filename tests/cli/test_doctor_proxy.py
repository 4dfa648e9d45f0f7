"""``helpdesk doctor`` asks the portal at its public address whom it takes it for, and says what the proxy does wrong."""

import contextlib
import time

import pytest
import time_machine
from werkzeug.middleware.proxy_fix import ProxyFix

from helpdesk import config
from helpdesk.demo import wsgi_server
from helpdesk.domain.monitoring import forwarding

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def nothing(environ):
    """No proxy, or one that passes on what it gets."""


def replacing(environ):
    environ["HTTP_X_FORWARDED_FOR"] = environ["REMOTE_ADDR"]
    environ["HTTP_X_FORWARDED_HOST"] = environ["HTTP_HOST"]
    environ["HTTP_X_FORWARDED_PROTO"] = "http"


def appending(environ):
    given = environ.get("HTTP_X_FORWARDED_FOR")
    replacing(environ)
    environ["HTTP_X_FORWARDED_FOR"] = f"{given}, {environ['REMOTE_ADDR']}" if given else environ["REMOTE_ADDR"]


def passing_on_addresses(environ):
    given = environ.get("HTTP_X_FORWARDED_FOR", environ["REMOTE_ADDR"])
    replacing(environ)
    environ["HTTP_X_FORWARDED_FOR"] = given


def passing_on_hosts(environ):
    given = environ.get("HTTP_X_FORWARDED_HOST", environ["HTTP_HOST"])
    replacing(environ)
    environ["HTTP_X_FORWARDED_HOST"] = given


def naming_itself(environ):
    replacing(environ)
    environ["HTTP_X_FORWARDED_HOST"] = "127.0.0.1:5000"


@contextlib.contextmanager
def portal_behind(app, monkeypatch, proxy, trusted: int):
    """The portal behind ``proxy``, at the address that is its PORTAL_BASE_URL."""
    inner = ProxyFix(app.wsgi_app, x_for=trusted, x_proto=trusted, x_host=trusted) if trusted else app.wsgi_app

    def serve(environ, start_response):
        proxy(environ)
        return inner(environ, start_response)

    with wsgi_server.serve_app(serve) as server:
        monkeypatch.setattr(config.current(), "PORTAL_BASE_URL", server.url)
        monkeypatch.setattr(config.current(), "TRUSTED_PROXIES", trusted)
        yield


@pytest.mark.parametrize(
    ("proxy", "trusted", "sentence"),
    [
        (nothing, 0, ""),
        (replacing, 1, ""),
        (appending, 1, ""),
        (nothing, 1, "TRUSTED_PROXIES is 1, but X-Forwarded-For has the addresses of 0"),
        (replacing, 0, "TRUSTED_PROXIES is 0, but X-Forwarded-For has the addresses of 1"),
        (replacing, 2, "TRUSTED_PROXIES is 2, but X-Forwarded-For has the addresses of 1"),
        (passing_on_addresses, 1, "A browser can choose its own address"),
        (passing_on_hosts, 1, "A browser can choose the portal's address"),
        (naming_itself, 1, "for http://127.0.0.1:5000, and would refuse forms"),
    ],
)
def test_headers_of_the_proxy_are_tried(app, monkeypatch, proxy, trusted, sentence):
    with portal_behind(app, monkeypatch, proxy, trusted):
        [(ok, said)] = forwarding.check()
    assert ok is not bool(sentence), said
    assert (sentence or "the portal knows from whom requests come") in said


def test_another_server_at_the_address_is_noticed(app, monkeypatch):
    def other(environ, start_response):
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b'{"proof": "any"}']

    with wsgi_server.serve_app(other) as server:
        monkeypatch.setattr(config.current(), "PORTAL_BASE_URL", server.url)
        [(ok, said)] = forwarding.check()
    assert ok is False and "does not lead to this portal" in said


def test_an_address_that_is_not_reached_from_here_is_no_fault(run, monkeypatch):
    monkeypatch.setattr(config.current(), "PORTAL_BASE_URL", "http://127.0.0.1:1")
    said = "off    http://127.0.0.1:1 is not reached from this machine, so the proxy was not tried: "
    [line] = [line for line in run("doctor")[1].splitlines() if line.startswith(said)]
    assert line.endswith("Connection refused") and "(" not in line


def test_only_a_new_proof_of_ours_is_answered(app):
    proof = forwarding.new_proof()
    moment, _, signature = proof.partition(".")
    for given in ("", "x.y", "1.2", f"{int(moment) + 1}.{signature}", f"{moment}.{signature[:-1]}"):
        assert ask(app, given) == 404, given
    assert ask(app, proof) == 200
    with time_machine.travel(time.time() + forwarding.PROOF_SECONDS + 60, tick=True):
        assert ask(app, proof) == 404


def ask(app, proof: str) -> int:
    headers = {"Authorization": f"Bearer {proof}"}
    return app.test_client().get("/healthz/forwarded", headers=headers).status_code
