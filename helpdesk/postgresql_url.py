"""Addresses of PostgreSQL in every form that libpq takes, as SQLAlchemy reads them, and the default socket options.

libpq's forms: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING
"""

import re
import shlex
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

SCHEMES = ("postgres://", "postgresql://", "postgresql+psycopg://")
DRIVER = "postgresql+psycopg://"
# A host that goes dark sends no packet any more. Without these, Linux repeats its own for a quarter of an hour.
SOCKET_OPTIONS: dict[str, Any] = {
    "connect_timeout": 3,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 9_000,  # milliseconds
}
APPLICATION_NAME = "helpdesk"  # by which a restore sees in pg_stat_activity that the portal runs
PREPARE_THRESHOLD = "prepare_threshold"  # psycopg's; PgBouncer in transaction mode needs none


class InvalidDatabaseUrl(ValueError):
    """The address cannot be understood; the text is a sentence for the operator."""


def is_postgresql(url: str) -> bool:
    """Whether ``url`` names a PostgreSQL, also as libpq's list of keywords and values."""
    return url.startswith(SCHEMES) or _is_keyword_list(url)


def normalize_url(url: str) -> str:
    """Return ``url`` with the driver's scheme and, for several hosts, with ``host`` and ``port`` in its query.

    Raises InvalidDatabaseUrl.
    """
    if _is_keyword_list(url):
        return _url_of_keywords(url)
    rest = url.split("://", 1)[1]
    authority, slash, tail = rest.partition("/")
    if not slash:
        authority, question, query = rest.partition("?")
        tail = question + query
    login, at, hosts = authority.rpartition("@")
    if "," not in hosts:
        return DRIVER + rest
    names, ports = zip(*(_split_host(host) for host in hosts.split(",")), strict=True)
    database, _, query = tail.partition("?")
    options = [(name, value) for name, value in parse_qsl(query) if name not in ("host", "port")]
    options += [("host", ",".join(names)), ("port", _join_ports(ports))]
    return f"{DRIVER}{login}{at}/{database}?{urlencode([pair for pair in options if pair[1]])}"


def connect_arguments(query: dict[str, Any]) -> dict[str, Any]:
    """The driver's arguments for an address with this ``query``, whose own options win. Raises InvalidDatabaseUrl."""
    arguments = {name: value for name, value in SOCKET_OPTIONS.items() if name not in query}
    if "application_name" not in query:
        arguments["application_name"] = APPLICATION_NAME
    if PREPARE_THRESHOLD in query:
        text = str(query[PREPARE_THRESHOLD]).lower()
        if text not in ("none", "") and not text.isdecimal():
            raise InvalidDatabaseUrl(f"{PREPARE_THRESHOLD} in DATABASE_URL is a number or none.")
        arguments[PREPARE_THRESHOLD] = int(text) if text.isdecimal() else None
    return arguments


def _is_keyword_list(url: str) -> bool:
    return "://" not in url and re.match(r"\s*(host|hostaddr|dbname|user|port|service)\s*=", url) is not None


def _url_of_keywords(text: str) -> str:
    try:
        pairs = [word.partition("=") for word in shlex.split(re.sub(r"\s*=\s*", "=", text))]
    except ValueError as error:
        raise InvalidDatabaseUrl(f"DATABASE_URL cannot be understood: {error}.") from None
    values = {name: value for name, _, value in pairs}
    login = quote(values.pop("user", ""), safe="")
    if password := values.pop("password", ""):
        login += ":" + quote(password, safe="")
    hosts = values.get("host", "").split(",")
    if values.get("port") and len(set(values["port"].split(","))) == 1 < len(hosts):
        values["port"] = ",".join([values["port"].split(",")[0]] * len(hosts))
    database = quote(values.pop("dbname", ""), safe="")
    return f"{DRIVER}{login}{'@' if login else ''}/{database}?{urlencode(values)}"


def _split_host(host: str) -> tuple[str, str]:
    """Return the name and the port (or "") of one host; an IPv6 address stands in brackets."""
    found = re.fullmatch(r"\[([^\]]*)\](?::(\d*))?|([^:\[\]]*)(?::(\d*))?", host)
    if found is None:
        raise InvalidDatabaseUrl("DATABASE_URL names a host or a port that cannot be understood.")
    return found[1] or found[3] or "", found[2] or found[4] or ""


def _join_ports(ports: tuple[str, ...]) -> str:
    return ",".join(port or "5432" for port in ports) if any(ports) else ""
