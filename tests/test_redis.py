"""Redis is a hint: a server that is demoted, gone or behind Sentinel; addresses of every form."""

import subprocess
import time
from datetime import timedelta

import pytest
import redis

from helpdesk import clock, config, extensions, presence, redis_url
from helpdesk.jobs import wake_workers
from helpdesk.web.api import token_authentication
from helpdesk.web.middleware import personal_limits
from tests import conftest, time_travel, timeouts
from tests.replaced_modules import replace_in

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def start_server(tmp_path):
    """``start_server(*options)``: a Redis server of the test's own, stopped afterwards. Gives its port."""
    started = []

    def begin(*options):
        port = conftest.free_port()
        folder = tmp_path / str(port)
        folder.mkdir()
        first = []
        if "--sentinel" in options:
            first = [str(folder / "sentinel.conf")]  # Sentinel writes what it learns into its file
            (folder / "sentinel.conf").touch()
        command = [
            conftest.redis_binary(),
            *first,
            *options,
            "--port",
            str(port),
            "--bind",
            "127.0.0.1",
            "--dir",
            str(folder),
        ]
        started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        timeouts.wait_for(lambda: conftest.answers(redis.Redis(port=port)), "Redis to start")
        return port

    yield begin
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def no_cooldown(monkeypatch):
    monkeypatch.setattr(extensions, "REDIS_COOLDOWN", 0.0)
    monkeypatch.setattr(extensions, "_unavailable_until", 0.0)


@ON_SQLITE
def test_connections_to_a_demoted_server_are_dropped(app, start_server, no_cooldown, monkeypatch):
    former = start_server("--save", "")
    monkeypatch.setattr(config.current(), "REDIS_URL", f"redis://127.0.0.1:{former}/0")
    extensions.drop_redis_client()
    assert wake_workers([("deliver", 1)])
    pool = extensions.redis().connection_pool
    redis.Redis(port=former).replicaof("127.0.0.1", conftest.free_port())
    assert not wake_workers([("deliver", 1)]), "a replica takes no writes"
    assert extensions.redis().connection_pool is not pool, "a kept connection would lead to the replica for ever"
    monkeypatch.setattr(config.current(), "REDIS_URL", f"redis://127.0.0.1:{start_server('--save', '')}/0")
    extensions.drop_redis_client()
    assert wake_workers([("deliver", 1)])


@ON_SQLITE
def test_a_failure_ends_nothing_that_another_thread_is_asking(app, no_cooldown):
    """A page was answered 500 after its commit, because its connection was closed while it waited for the answer."""
    extensions.drop_redis_client()
    pool = extensions.redis().connection_pool
    idle, used = pool.get_connection(), pool.get_connection()
    for connection in (idle, used):
        connection.send_command("PING")
    assert idle.read_response()
    pool.release(idle)
    extensions.note_redis_error(redis.exceptions.OutOfMemoryError("no memory"))
    assert used.read_response() in (b"PONG", "PONG")
    assert not idle.is_connected, "it may lead to a server that takes no writes"


@ON_SQLITE
def test_page_waits_once_for_a_redis_that_is_away(app, monkeypatch):
    monkeypatch.setattr(extensions, "_unavailable_until", 0.0)
    monkeypatch.setattr(extensions, "REDIS_COOLDOWN", 3600.0)
    monkeypatch.setattr(config.current(), "REDIS_URL", f"redis://127.0.0.1:{conftest.free_port()}/0")
    extensions.drop_redis_client()
    assert presence.present_users(1) == {}
    asked = []
    monkeypatch.setattr(extensions, "redis", lambda: asked.append(1))
    presence.mark_present(1, 1)
    assert presence.present_users(1) == {}
    assert not wake_workers([("deliver", 1)])
    assert asked == []
    monkeypatch.setattr(extensions, "_unavailable_until", 0.0)


@ON_SQLITE
def test_who_is_present_is_judged_by_the_clock_that_all_machines_follow(app, monkeypatch):
    """One whose own clock is an hour ahead would have somebody present for an hour, and their mail held back."""
    time_travel.advance(3600)
    monkeypatch.setattr(clock, "_offset", timedelta(hours=-1))
    assert presence.mark_present(1, 7)
    time_travel.reset()
    monkeypatch.setattr(clock, "_offset", timedelta(0))
    assert presence.present_users(1) == {7: "reading"}
    time_travel.advance(presence.PRESENCE_TTL_SECONDS + 5)
    assert presence.present_users(1) == {}


@ON_SQLITE
def test_limit_of_the_api_holds_without_redis(app, make, monkeypatch):
    from helpdesk.models.api_token import ApiToken

    monkeypatch.setattr(extensions, "_unavailable_until", time.monotonic() + 3600)
    monkeypatch.setattr(token_authentication, "MAX_REQUESTS_PER_MINUTE", 3)
    replace_in(monkeypatch, personal_limits, "time", time=lambda: 1_800_000_000.0)
    personal_limits._counts.clear()
    token = ApiToken(id=7)
    limited = ["Retry-After" in token_authentication._count_request(token) for _ in range(5)]
    assert limited == [False, False, False, True, True]
    assert "Retry-After" not in token_authentication._count_request(ApiToken(id=8))


@ON_SQLITE
def test_master_that_sentinel_names(app, start_server):
    master = start_server("--save", "")
    sentinel = start_sentinel(start_server, master)
    client = redis_url.connect(f"redis+sentinel://127.0.0.1:{conftest.free_port()},127.0.0.1:{sentinel}/helpdesk/1")
    timeouts.wait_for(lambda: answers_through_sentinel(client), "Sentinel to name the master")
    client.set("found", "yes")
    assert redis.Redis(port=master, db=1).get("found") == b"yes"


def start_sentinel(start_server, master: int) -> int:
    port = start_server("--sentinel")
    commands = redis.Redis(port=port)
    commands.execute_command("SENTINEL", "MONITOR", "helpdesk", "127.0.0.1", str(master), "1")
    return port


def answers_through_sentinel(client) -> bool:
    try:
        return client.ping()
    except redis.RedisError:
        return False


@pytest.mark.parametrize(
    ("url", "host", "encrypted"),
    [
        ("redis://:p%2Fw@one:7/3", "one", False),
        ("rediss://user:pw@one/0?ssl_ca_certs=/etc/ca.pem", "one", True),
        ("valkey://one/0", None, None),
    ],
)
def test_addresses(url, host, encrypted):
    if host is None:
        with pytest.raises(redis_url.InvalidRedisUrl):
            redis_url.check_url(url)
        return
    redis_url.check_url(url)
    pool = redis_url.connect(url).connection_pool
    assert pool.connection_kwargs["host"] == host
    assert issubclass(pool.connection_class, redis.SSLConnection) is encrypted


def test_parts_of_a_sentinel_address():
    hosts, name, sentinel, own = redis_url._parse_sentinel_url(
        "rediss+sentinel://me:p%40w@one,[::1]:5/main/2?sentinel_password=s&ssl_ca_certs=/etc/ca.pem"
    )
    assert hosts == [("one", 26379), ("::1", 5)] and name == "main"
    assert own == {"db": 2, "username": "me", "password": "p@w", "ssl": True, "ssl_ca_certs": "/etc/ca.pem"}
    assert sentinel == {"username": None, "password": "s", "ssl": True, "ssl_ca_certs": "/etc/ca.pem"}
