"""``helpdesk demo``: the whole helpdesk and simulated external services on this machine. Needs no settings."""

import contextlib
import fcntl
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen

import click

from helpdesk.cli import supervisor
from helpdesk.cli.demo import demo_config, private_redis, startup_message
from helpdesk.stop_signal import StopSignal

START_TIMEOUT_SECONDS = 240.0  # a machine that does much else starts five programs slowly
END_TIMEOUT_SECONDS = 8.0  # until processes are killed


class DemoInterrupted(Exception):
    """A signal arrived before everything had started."""


@click.command()
def demo() -> None:
    """Run portal, worker, Redis, and a simulated Slack workspace and mailbox to try them with. Ctrl-C ends it all.

    PORT (5000) is the portal's, DEMO_PORT (5001) the demo's.
    """
    config = demo_config.load_demo_config()
    demo_config.check_port_is_free(config.port, "PORT", "the portal")
    demo_config.check_port_is_free(config.demo_port, "DEMO_PORT", "the demo")
    stop_signal = StopSignal()
    children: dict[str, Popen[bytes]] = {}
    with _lock_folder(config):
        try:
            _start_processes(config, stop_signal, children)
            click.echo(startup_message.format_startup_message(config))
            while not stop_signal.wait(0.5):
                for name, child in children.items():
                    if child.poll() is not None:
                        raise click.ClickException(f"{name} ended by itself; {config.log(name)} says why.")
        except DemoInterrupted:
            pass
        finally:
            _end_processes(children)


def _start_processes(
    config: demo_config.DemoConfig, stop_signal: StopSignal, children: dict[str, Popen[bytes]]
) -> None:
    environment = config.environment()
    config.write_environment()
    if not config.has_own_redis:
        children["redis"] = private_redis.start_redis(config)
    children["demo"] = _run_process(
        config, "demo", [sys.executable, "-m", "helpdesk.cli.demo.external_services"], environment
    )
    if stop_signal:
        raise DemoInterrupted
    if _is_first_start(config):
        click.echo("Making a database with three customers and their tickets ...")
    preparation = _run_process(
        config, "prepare", [sys.executable, "-m", "helpdesk.cli.demo.database_setup"], environment
    )
    children["prepare"] = preparation
    _wait_until_ready(stop_signal, children, lambda: preparation.poll() is not None)
    if preparation.returncode:
        raise click.ClickException(f"The database could not be prepared; {config.log('prepare')} says why.")
    del children["prepare"]
    command = [sys.executable, "-m", "helpdesk.cli"]
    children["worker"] = _run_process(config, "worker", [*command, "worker"], environment)
    children["portal"] = _run_process(
        config,
        "portal",
        [*command, "serve", "--bind", f"127.0.0.1:{config.port}", "--graceful", "3", "--drain", "0"],
        environment,
    )
    _wait_until_ready(
        stop_signal,
        children,
        lambda: _is_reachable(f"{config.portal_url}/healthz") and _is_reachable(f"{config.external_url}/healthz"),
    )


def _run_process(
    config: demo_config.DemoConfig, name: str, command: list[str], environment: dict[str, str]
) -> Popen[bytes]:
    with config.log(name).open("ab") as log:
        return supervisor.start_process(command, environment, log)


def _wait_until_ready(stop_signal: StopSignal, children: dict[str, Popen[bytes]], ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while not ready():
        if stop_signal.wait(0.05):
            raise DemoInterrupted
        for name, child in children.items():
            if child.poll():
                raise click.ClickException(f"{name} ended by itself; {_read_last_log_line(child, name)}")
        if time.monotonic() > deadline:
            raise click.ClickException("Not everything has started in time; the logs in var/log say why.")


def _read_last_log_line(child: Popen[bytes], name: str) -> str:
    with contextlib.suppress(OSError, IndexError):
        return demo_config.load_demo_config().log(name).read_text(errors="replace").strip().splitlines()[-1]
    return f"it gave the status {child.returncode}."


def _is_reachable(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310, a loopback address
            return response.status == 200
    except urllib.error.HTTPError as response:
        return response.code < 500
    except (urllib.error.URLError, OSError):
        return False


def _end_processes(children: dict[str, Popen[bytes]]) -> None:
    """End the portal first, so that no request arrives any more, and Redis last, because the others need it."""
    redis = children.pop("redis", None)
    supervisor.stop_processes(list(children.values()), END_TIMEOUT_SECONDS)
    if redis is not None:
        supervisor.stop_processes([redis], END_TIMEOUT_SECONDS)


def _is_first_start(config: demo_config.DemoConfig) -> bool:
    return not (config.var / "helpdesk.db").exists()


@contextlib.contextmanager
def _lock_folder(config: demo_config.DemoConfig) -> Iterator[None]:
    """Prevent a second demo in the same folder, which would share the database and Redis."""
    config.var.mkdir(parents=True, exist_ok=True)
    (config.var / "log").mkdir(exist_ok=True)
    with Path(config.var / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise click.ClickException(
                f"A demo is running in {config.var} already. End it, or set VAR_DIR to another folder."
            ) from None
        os.set_inheritable(lock.fileno(), False)
        yield
