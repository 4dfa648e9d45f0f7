"""Where the demo's parts are: ports, folders, and the settings that connect them."""

import json
import os
import secrets
import socket
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import click

from helpdesk import config
from helpdesk.demo import personas

KEPT_VARIABLES = (
    "DATABASE_URL",
    "VAR_DIR",
    "LOG_LEVEL",
    "WEB_PROCESSES",
    "WEB_THREADS",
    "LIVE_STREAMS",
    "WORKER_PROCESSES",
    "WORKER_THREADS",
    "DELIVERY_HOLD_OFF",
)
MAX_SOCKET_PATH_LENGTH = 100  # characters; the system allows a few more


@dataclass(frozen=True)
class DemoConfig:
    """One demo: its folder and ports. ``smtp_port`` is asked by nobody but the worker."""

    var: Path
    port: int
    demo_port: int
    smtp_port: int

    @property
    def portal(self) -> str:
        """The portal's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def outside(self) -> str:
        """The address of the start page of Slack workspace, mailbox and sign-in providers."""
        return f"http://127.0.0.1:{self.demo_port}"

    @property
    def has_own_redis(self) -> bool:
        """Whether the environment names a Redis to use instead of a private one."""
        return bool(os.environ.get("REDIS_URL"))

    @property
    def redis_socket(self) -> Path:
        path = self.var / "redis.sock"
        if len(str(path)) <= MAX_SOCKET_PATH_LENGTH:
            return path
        return Path(tempfile.gettempdir()) / f"helpdesk-{os.getuid()}-{zlib.crc32(bytes(self.var))}.sock"

    def log(self, name: str) -> Path:
        """The file that the part ``name`` writes its log to."""
        return self.var / "log" / f"{name}.log"

    def environment(self) -> dict[str, str]:
        """What our processes run with. Settings of a real installation in our own environment are left out, so that a demo
        never posts to a real Slack."""
        known = {setting.name for setting in config.ENVIRONMENT_VARIABLES}
        ours = {
            name: value
            for name, value in os.environ.items()
            if name in KEPT_VARIABLES
            or (
                name not in known
                and name.removesuffix("_FILE") not in known
                and not name.startswith(("FLASK_", "OAUTHLIB_"))
            )
        }
        ours |= {
            "PORT": str(self.port),
            "DEMO_PORT": str(self.demo_port),
            "DEMO_SMTP_PORT": str(self.smtp_port),
            "VAR_DIR": str(self.var),
            "SECRET_KEY": self._secret_key(),
            "PORTAL_BASE_URL": self.portal,
            "REDIS_URL": os.environ.get("REDIS_URL") or f"unix://{self.redis_socket}?db=0",
            "SLACK_API_URL": f"{self.outside}/slack/api/",
            "SLACK_BOT_TOKEN": personas.BOT_TOKEN,
            "SLACK_SIGNING_SECRET": personas.SIGNING_SECRET,
            "GOOGLE_OAUTH_CLIENT_ID": personas.GOOGLE_CLIENT_ID,
            "GOOGLE_OAUTH_CLIENT_SECRET": personas.GOOGLE_CLIENT_SECRET,
            "GOOGLE_OAUTH_URL": f"{self.outside}/google",
            "MICROSOFT_OAUTH_CLIENT_ID": personas.MICROSOFT_CLIENT_ID,
            "MICROSOFT_OAUTH_CLIENT_SECRET": personas.MICROSOFT_CLIENT_SECRET,
            "MICROSOFT_OAUTH_URL": f"{self.outside}/microsoft",
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": str(self.smtp_port),
            "MAIL_DEFAULT_SENDER": personas.SYSTEM_EMAIL,
            "INBOUND_MAIL_SECRET": personas.INBOUND_SECRET,
            "INBOUND_MAIL_DOMAIN": personas.SUPPORT_DOMAIN,
            "INBOUND_AUTHSERV_ID": "demo",
        }
        return {
            "DELIVERY_HOLD_OFF": "15",
            "LOG_LEVEL": "INFO",
            "WORKER_PROCESSES": "2",
            "PYTHONUNBUFFERED": "1",
        } | ours

    def write_environment(self) -> None:
        """Leave our settings in the folder, so that other commands can be run beside the demo."""
        known = {setting.name for setting in config.ENVIRONMENT_VARIABLES}
        path = self.var / "environment.json"
        path.touch(mode=0o600)
        path.write_text(
            json.dumps({name: value for name, value in self.environment().items() if name in known}, indent=1) + "\n"
        )

    def _secret_key(self) -> str:
        path = self.var / "secret-key"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(f"demo-only-{secrets.token_urlsafe(48)}\n")
        return path.read_text().strip()


def load_demo_config() -> DemoConfig:
    """The places that PORT, DEMO_PORT and VAR_DIR choose. Raises ClickException with a sentence."""
    port, demo_port = _parse_port("PORT", 5000), _parse_port("DEMO_PORT", 5001)
    if port == demo_port:
        raise click.ClickException(f"PORT and DEMO_PORT are both {port}; they need to differ.")
    given = os.environ.get("DEMO_SMTP_PORT")
    smtp_port = _parse_port("DEMO_SMTP_PORT", 0) if given else _find_free_port(demo_port + 1, port)
    return DemoConfig(Path(os.environ.get("VAR_DIR") or "var").resolve(), port, demo_port, smtp_port)


def check_port_is_free(port: int, variable: str, whose: str) -> None:
    """Raises ClickException with a sentence when something listens on ``port`` already."""
    if not _is_port_free(port):
        raise click.ClickException(
            f"Port {port}, which {whose} wants, is taken by another program. "
            f"Choose another, for example: {variable}={port + 100} make run"
        )


def _parse_port(variable: str, default: int) -> int:
    text = os.environ.get(variable) or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise click.ClickException(f"{variable} is {text}, which is not a port between 1 and 65535.")
    return int(text)


def _find_free_port(wanted: int, taken: int) -> int:
    if wanted != taken and wanted <= 65535 and _is_port_free(wanted):
        return wanted
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _is_port_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
