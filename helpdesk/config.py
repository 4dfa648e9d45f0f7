"""The settings of this process, read from the environment once, at the start.

Some may be entered by an admin instead (``entered_values``). What admins change at run time is in ``models.setting``.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from helpdesk import config_checks, open_connections, postgresql_url, var_folder
from helpdesk.environment_variables import ENVIRONMENT_VARIABLES, OFF, parse_flag

PACKAGE_FOLDER = Path(__file__).resolve().parent
MIGRATIONS_FOLDER = str(  # within an installed package, or beside it in a checkout
    next(path for path in (PACKAGE_FOLDER / "migrations", PACKAGE_FOLDER.parent / "migrations") if path.is_dir())
)


class UnsafeConfiguration(Exception):
    """The settings contradict each other or are unsafe; the text is one sentence for the operator."""


class Config:
    """The settings of one process as attributes named like their variables; never changed after the start."""

    if TYPE_CHECKING:  # attributes are set from ENVIRONMENT_VARIABLES

        def __getattr__(self, name: str) -> Any: ...

    def __init__(self, values: Mapping[str, Any]) -> None:
        known = {setting.name: setting.default for setting in ENVIRONMENT_VARIABLES}
        unknown = set(values) - set(known)
        if unknown:
            raise UnsafeConfiguration(f"There is no setting {sorted(unknown)[0]}.")
        self.__dict__.update(known | dict(values))
        var = Path(self.VAR_DIR).resolve()
        self.VAR_DIR = str(var)
        self.DATABASE_URL = _normalize_database_url(self.DATABASE_URL or f"sqlite:///{var}/helpdesk.db")
        self.DATABASE_REPLICA_URL = _normalize_database_url(self.DATABASE_REPLICA_URL)
        self.STORAGE_URL = self.STORAGE_URL or f"file://{var}/files"
        self.PORTAL_BASE_URL = self.PORTAL_BASE_URL.strip().rstrip("/").lower()  # a scheme and a host, in any case
        _reject_unsafe(self)

    @property
    def is_https(self) -> bool:
        """Whether people reach the portal by https; cookies and HSTS depend on it."""
        return self.PORTAL_BASE_URL.startswith("https://")

    @property
    def is_sqlite(self) -> bool:
        return self.DATABASE_URL.startswith("sqlite")

    @property
    def portal_host(self) -> str:
        return urlsplit(self.PORTAL_BASE_URL).hostname or "localhost"

    def as_dict(self) -> dict[str, Any]:
        return dict(self.__dict__)

    def replace(self, values: Mapping[str, Any]) -> "Config":
        """These settings with others in place of some. Raises UnsafeConfiguration."""
        return Config(self.as_dict() | dict(values))


def load_config(environ: Mapping[str, str] = os.environ) -> Config:
    """Read every setting from ``environ``; ``NAME_FILE`` names a file with the value. Raises UnsafeConfiguration."""
    values = var_folder.read_values(Path(environ.get("VAR_DIR") or "var"))
    if environ.get("PORT", "").isdecimal():  # where "helpdesk serve" listens
        values["PORTAL_BASE_URL"] = f"http://127.0.0.1:{environ['PORT']}"
    for setting in ENVIRONMENT_VARIABLES:
        text = environ.get(setting.name) or None  # an empty variable is none, so that it hides no NAME_FILE
        path = environ.get(setting.name + "_FILE")
        if text is None and path:
            try:
                text = Path(path).read_text().strip()
            except OSError as error:
                raise UnsafeConfiguration(f"{setting.name}_FILE cannot be read: {error.strerror}.") from None
            except ValueError:
                raise UnsafeConfiguration(f"{setting.name}_FILE does not name a file of text in UTF-8.") from None
        if text is None:
            continue
        try:
            values[setting.name] = setting.read(text)
        except ValueError:
            wanted = "neither yes nor no" if setting.read is parse_flag else "not a number"
            raise UnsafeConfiguration(f"{setting.name} is {wanted}.") from None
    for name in ("OAUTHLIB_INSECURE_TRANSPORT", "FLASK_DEBUG"):
        if environ.get(name, "").strip().lower() not in OFF:
            raise UnsafeConfiguration(f"{name} switches protections off; unset it.")
    return Config(values)


_current: Config | None = None
_started_with: Config | None = None


def set_current(config: Config) -> None:
    """Make ``config`` the configuration that this process was started with."""
    global _current, _started_with
    _current = _started_with = config


def set_entered_values(values: Mapping[str, Any]) -> None:
    """Let ``values``, which an admin has entered, hold from now on. Raises UnsafeConfiguration."""
    global _current
    _current = started_with().replace(values) if values else started_with()


def started_with() -> Config:
    """Return the settings this process was started with."""
    assert _started_with is not None, "create_app() has not run"
    return _started_with


def current() -> Config:
    """Return the settings that hold now: those of the start, and what an admin has entered."""
    assert _current is not None, "create_app() has not run"
    return _current


def _normalize_database_url(url: str) -> str:
    if not postgresql_url.is_postgresql(url):
        return url
    try:
        return postgresql_url.normalize_url(url)
    except postgresql_url.InvalidDatabaseUrl as error:
        raise UnsafeConfiguration(str(error)) from None


def _reject_unsafe(config: Config) -> None:
    if mistake := config_checks.find_mistake(config) or open_connections.find_open_connection(config):
        raise UnsafeConfiguration(mistake)
    parts = urlsplit(config.PORTAL_BASE_URL)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UnsafeConfiguration("PORTAL_BASE_URL is not an http or https address.")
    if parts.path or parts.query or parts.fragment or parts.username is not None:
        raise UnsafeConfiguration("PORTAL_BASE_URL is only https:// and a host, such as https://help.example.")
    if len(config.SECRET_KEY) < config_checks.MIN_KEY_LENGTH:
        raise UnsafeConfiguration("SECRET_KEY is missing or shorter than 32 characters. Make one: openssl rand -hex 32")
    loopback = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if parts.scheme == "http" and not loopback:
        what = "PORTAL_BASE_URL must be https unless it is on this machine; sign-in cookies would travel in the clear."
        raise UnsafeConfiguration(what)
    if "demo-only" in config.SECRET_KEY and not loopback:
        raise UnsafeConfiguration("SECRET_KEY is the demo's, which everybody knows.")
    if contradiction := config_checks.find_contradiction(config, loopback):
        raise UnsafeConfiguration(contradiction)
