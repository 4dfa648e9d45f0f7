"""Clients for REDIS_URL: one server (``redis://``, ``rediss://``, ``unix://``), or a master that Sentinel names.

``redis+sentinel://[user:password@]host:port,host:port/name[/database]``; with ``rediss+sentinel://`` the connections
are encrypted. ``sentinel_username`` and ``sentinel_password`` in the query are for the Sentinels themselves, and
``ssl_ca_certs`` names a file with the certificate of an authority of one's own, as for ``rediss://``.
"""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import redis
import redis.asyncio
import redis.asyncio.sentinel
import redis.sentinel

SENTINEL_PORT = 26379
SENTINEL_SCHEMES = {"redis+sentinel": False, "rediss+sentinel": True}  # scheme: whether it is encrypted
SCHEMES = ("redis", "rediss", "unix", *SENTINEL_SCHEMES)


class InvalidRedisUrl(ValueError):
    """The address cannot be understood; the text is a sentence for the operator."""


def connect(url: str, **options: Any) -> redis.Redis:
    """A client, with a connection pool of its own, for the server or the present master. Connects at the first call."""
    if not _is_sentinel(url):
        return redis.Redis.from_url(url, **options)
    hosts, service, sentinel_options, own_options = _parse_sentinel_url(url)
    sentinels = redis.sentinel.Sentinel(hosts, sentinel_kwargs={**_timeouts(options), **sentinel_options})
    return sentinels.master_for(service, **own_options, **options)


def connect_async(url: str, **options: Any) -> redis.asyncio.Redis:
    """Return a client for asyncio of the server, or of the Sentinel's master, that ``url`` names."""
    if not _is_sentinel(url):
        return redis.asyncio.Redis.from_url(url, **options)
    hosts, service, sentinel_options, own_options = _parse_sentinel_url(url)
    sentinels = redis.asyncio.sentinel.Sentinel(hosts, sentinel_kwargs={**_timeouts(options), **sentinel_options})
    return sentinels.master_for(service, **own_options, **options)


def check_url(url: str) -> None:
    """Raise InvalidRedisUrl if no client can be made for ``url``."""
    scheme = url.partition("://")[0]
    if scheme not in SCHEMES:
        raise InvalidRedisUrl(f"REDIS_URL begins with {scheme[:20]!r}; it should be one of {', '.join(SCHEMES)}.")
    try:
        connect(url).close()
    except InvalidRedisUrl:
        raise
    except (ValueError, TypeError) as error:
        raise InvalidRedisUrl(
            f"REDIS_URL cannot be understood ({error}); signs such as / and @ in a password are written %2F and %40."
        ) from None


def _is_sentinel(url: str) -> bool:
    return url.partition("://")[0] in SENTINEL_SCHEMES


def _timeouts(options: dict[str, Any]) -> dict[str, Any]:
    return {name: options[name] for name in ("socket_timeout", "socket_connect_timeout") if name in options}


def _parse_sentinel_url(url: str) -> tuple[list[tuple[str, int]], str, dict[str, Any], dict[str, Any]]:
    """Return the Sentinels, the name of the service, and the options of connections to Sentinels and to the master."""
    parts = urlsplit(url)
    login, _, places = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    service, _, database = parts.path.strip("/").partition("/")
    query = dict(parse_qsl(parts.query))
    try:
        hosts = [_parse_host(place) for place in places.split(",")]
        own: dict[str, Any] = {"db": int(database or query.pop("db", 0))}
    except ValueError:
        raise InvalidRedisUrl("REDIS_URL names a port or a database that is not a number.") from None
    if not service or not all(host for host, _ in hosts):
        raise InvalidRedisUrl("REDIS_URL for Sentinel is redis+sentinel://host:port,host:port/name-of-the-service.")
    own |= {"username": unquote(user) or None, "password": unquote(password) or None}
    sentinel = {
        "username": query.pop("sentinel_username", None),
        "password": query.pop("sentinel_password", None),
    }
    if SENTINEL_SCHEMES[parts.scheme]:
        encrypted = {"ssl": True, **{name: value for name, value in query.items() if name.startswith("ssl_")}}
        own |= encrypted
        sentinel |= encrypted
    return hosts, service, sentinel, own


def _parse_host(place: str) -> tuple[str, int]:
    if place.startswith("["):
        host, _, port = place[1:].partition("]")
        return host, int(port.lstrip(":") or SENTINEL_PORT)
    host, _, port = place.partition(":")
    return host, int(port or SENTINEL_PORT)
