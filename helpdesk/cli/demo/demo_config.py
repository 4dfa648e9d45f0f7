"""The demo's configuration: ports, folders, and the settings that connect its parts."""

import json
import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

import click

from helpdesk import var_folder
from helpdesk.demo import personas
from helpdesk.environment_variables import ENVIRONMENT_VARIABLES

PASSED_VARIABLES = (
    "DATABASE_URL",
    "VAR_DIR",
    "LOG_LEVEL",
    "WEBHOOKS_TO_LOOPBACK",
    "WEB_PROCESSES",
    "WEB_THREADS",
    "LIVE_STREAMS",
    "WORKER_PROCESSES",
    "WORKER_THREADS",
    "DELIVERY_HOLD_OFF",
)


@dataclass(frozen=True)
class DemoConfig:
    """One demo: its folder and ports. Only the worker uses ``smtp_port``."""

    var: Path
    port: int
    demo_port: int
    smtp_port: int

    @property
    def portal_url(self) -> str:
        """The URL of the portal."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def external_url(self) -> str:
        """The URL of the start page of the simulated Slack workspace, mailbox and sign-in providers."""
        return f"http://127.0.0.1:{self.demo_port}"

    @property
    def has_own_redis(self) -> bool:
        """Whether the environment names a Redis to use instead of a private one."""
        return bool(os.environ.get("REDIS_URL"))

    @property
    def redis_socket(self) -> Path:
        """The path of the private Redis's socket, in the temporary folder if the demo's folder has a long path."""
        return var_folder.private_redis_socket(self.var)

    def log(self, name: str) -> Path:
        """Return the path of the log of the part ``name``."""
        return self.var / "log" / f"{name}.log"

    def environment(self) -> dict[str, str]:
        """Return the environment of the demo's processes.

        Settings of a real installation in our own environment are left out, so that a demo never posts to a real Slack.
        """
        known = {setting.name for setting in ENVIRONMENT_VARIABLES}
        variables = {
            name: value
            for name, value in os.environ.items()
            if name in PASSED_VARIABLES
            or (
                name not in known
                and name.removesuffix("_FILE") not in known
                and not name.startswith(("FLASK_", "OAUTHLIB_"))
            )
        }
        variables |= {
            "PORT": str(self.port),
            "DEMO_PORT": str(self.demo_port),
            "DEMO_SMTP_PORT": str(self.smtp_port),
            "VAR_DIR": str(self.var),
            "SECRET_KEY": self._secret_key(),
            "PORTAL_BASE_URL": self.portal_url,
            "REDIS_URL": os.environ.get("REDIS_URL") or f"unix://{self.redis_socket}?db=0",
            "SLACK_API_URL": f"{self.external_url}/slack/api/",
            "SLACK_BOT_TOKEN": personas.BOT_TOKEN,
            "SLACK_SIGNING_SECRET": personas.SIGNING_SECRET,
            "GOOGLE_OAUTH_CLIENT_ID": personas.GOOGLE_CLIENT_ID,
            "GOOGLE_OAUTH_CLIENT_SECRET": personas.GOOGLE_CLIENT_SECRET,
            "GOOGLE_OAUTH_URL": f"{self.external_url}/google",
            "MICROSOFT_OAUTH_CLIENT_ID": personas.MICROSOFT_CLIENT_ID,
            "MICROSOFT_OAUTH_CLIENT_SECRET": personas.MICROSOFT_CLIENT_SECRET,
            "MICROSOFT_OAUTH_URL": f"{self.external_url}/microsoft",
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
        } | variables

    def write_environment(self) -> None:
        """Write the settings into the folder, so that other commands can be run beside the demo."""
        known = {setting.name for setting in ENVIRONMENT_VARIABLES}
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
    """Read PORT, DEMO_PORT and VAR_DIR. Raises ClickException."""
    port, demo_port = _parse_port("PORT", 5000), _parse_port("DEMO_PORT", 5001)
    if port == demo_port:
        raise click.ClickException(f"PORT and DEMO_PORT are both {port}; they need to differ.")
    smtp_port_text = os.environ.get("DEMO_SMTP_PORT")
    smtp_port = _parse_port("DEMO_SMTP_PORT", 0) if smtp_port_text else _find_free_port(demo_port + 1, port)
    return DemoConfig(Path(os.environ.get("VAR_DIR") or "var").resolve(), port, demo_port, smtp_port)


def check_port_is_free(port: int, variable: str, owner: str) -> None:
    """Raise ClickException if another program listens on ``port``."""
    if not _is_port_free(port):
        raise click.ClickException(
            f"Port {port}, which {owner} needs, is used by another program. "
            f"Choose another, for example: {variable}={port + 100} make run"
        )


def _parse_port(variable: str, default: int) -> int:
    text = os.environ.get(variable) or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise click.ClickException(f"{variable} is {text}, which is not a port between 1 and 65535.")
    return int(text)


def _find_free_port(preferred: int, taken: int) -> int:
    if preferred != taken and preferred <= 65535 and _is_port_free(preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_port_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
