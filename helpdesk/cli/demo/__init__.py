"""``helpdesk demo``: the whole helpdesk on this machine, and an outside to try it with. It needs no setting at all."""

import contextlib
import fcntl
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import click

from helpdesk.cli import supervisor
from helpdesk.cli.demo import demo_config, private_redis, startup_message

START_TIMEOUT_SECONDS = 60.0  # seconds until everything has to answer
END_TIMEOUT_SECONDS = 8.0  # seconds processes have for their last work


class DemoInterrupted(Exception):
    """Told to end before everything had started."""


@click.command()
def demo() -> None:
    """Run portal, worker, Redis, and a Slack workspace and a mailbox to try them with. Ctrl-C ends it all.

    PORT (5000) is the portal's, DEMO_PORT (5001) the demo's.
    """
    there = demo_config.load_demo_config()
    demo_config.check_port_is_free(there.port, "PORT", "the portal")
    demo_config.check_port_is_free(there.demo_port, "DEMO_PORT", "the demo")
    told = supervisor.StopSignal()
    children: dict[str, Popen] = {}
    with _lock_folder(there):
        try:
            _start_processes(there, told, children)
            click.echo(startup_message.format_startup_message(there))
            while not told.wait(0.5):
                for name, child in children.items():
                    if child.poll() is not None:
                        raise click.ClickException(f"{name} ended by itself; {there.log(name)} says why.")
        except DemoInterrupted:
            pass
        finally:
            _end_processes(children)


def _start_processes(there: demo_config.DemoConfig, told: supervisor.StopSignal, children: dict[str, Popen]) -> None:
    environment = there.environment()
    there.write_environment()
    if not there.has_own_redis:
        children["redis"] = private_redis.start_redis(there)
    children["demo"] = _run_process(
        there, "demo", [sys.executable, "-m", "helpdesk.cli.demo.external_services"], environment
    )
    if told:
        raise DemoInterrupted
    if _is_first_start(there):
        click.echo("Making a database with three customers and their tickets ...")
    prepared = _run_process(there, "prepare", [sys.executable, "-m", "helpdesk.cli.demo.database_setup"], environment)
    children["prepare"] = prepared
    _wait_until_ready(told, children, lambda: prepared.poll() is not None)
    if prepared.returncode:
        raise click.ClickException(f"The database could not be prepared; {there.log('prepare')} says why.")
    del children["prepare"]
    command = [sys.executable, "-m", "helpdesk.cli"]
    children["worker"] = _run_process(there, "worker", [*command, "worker"], environment)
    children["portal"] = _run_process(
        there,
        "portal",
        [*command, "serve", "--bind", f"127.0.0.1:{there.port}", "--graceful", "3"],
        environment,
    )
    _wait_until_ready(
        told, children, lambda: _is_reachable(f"{there.portal}/healthz") and _is_reachable(f"{there.outside}/healthz")
    )


def _run_process(there: demo_config.DemoConfig, name: str, command: list[str], environment: dict[str, str]) -> Popen:
    with there.log(name).open("ab") as log:
        return supervisor.start_process(command, environment, log)


def _wait_until_ready(told: supervisor.StopSignal, children: dict[str, Popen], ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while not ready():
        if told.wait(0.05):
            raise DemoInterrupted
        for name, child in children.items():
            if child.poll():
                raise click.ClickException(f"{name} ended by itself; {_read_last_log_line(child, name)}")
        if time.monotonic() > deadline:
            raise click.ClickException("Not everything has started within a minute; the logs in var/log say why.")


def _read_last_log_line(child: Popen, name: str) -> str:
    with contextlib.suppress(OSError, IndexError):
        return demo_config.load_demo_config().log(name).read_text(errors="replace").strip().splitlines()[-1]
    return f"it gave the status {child.returncode}."


def _is_reachable(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310, our own address
            return answer.status == 200
    except urllib.error.HTTPError as answer:
        return answer.code < 500
    except (urllib.error.URLError, OSError):
        return False


def _end_processes(children: dict[str, Popen]) -> None:
    """The portal first, so that nobody comes in any more; Redis last, so that nobody misses it."""
    redis = children.pop("redis", None)
    supervisor.stop_processes(list(children.values()), END_TIMEOUT_SECONDS)
    if redis is not None:
        supervisor.stop_processes([redis], END_TIMEOUT_SECONDS)


def _is_first_start(there: demo_config.DemoConfig) -> bool:
    return not (there.var / "helpdesk.db").exists()


@contextlib.contextmanager
def _lock_folder(there: demo_config.DemoConfig):
    """Two demos in one folder would share a database and a Redis."""
    there.var.mkdir(parents=True, exist_ok=True)
    (there.var / "log").mkdir(exist_ok=True)
    with Path(there.var / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise click.ClickException(
                f"A demo is running in {there.var} already. End it, or set VAR_DIR to another folder."
            ) from None
        os.set_inheritable(lock.fileno(), False)
        yield
