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

from helpdesk.cli import processes
from helpdesk.cli.demo import greeting, places, private_redis

START_PATIENCE = 60.0  # seconds until everything has to answer
END_PATIENCE = 8.0  # seconds processes have for their last work


class Ended(Exception):
    """Told to end before everything had started."""


@click.command()
def demo() -> None:
    """Run portal, worker, Redis, and a Slack workspace and a mailbox to try them with. Ctrl-C ends it all.

    PORT (5000) is the portal's, DEMO_PORT (5001) the demo's.
    """
    there = places.chosen()
    places.refuse_taken(there.port, "PORT", "the portal")
    places.refuse_taken(there.demo_port, "DEMO_PORT", "the demo")
    told = processes.Told()
    children: dict[str, Popen] = {}
    with _only_one(there):
        try:
            _start(there, told, children)
            click.echo(greeting.text(there))
            while not told.wait(0.5):
                for name, child in children.items():
                    if child.poll() is not None:
                        raise click.ClickException(f"{name} ended by itself; {there.log(name)} says why.")
        except Ended:
            pass
        finally:
            _end(children)


def _start(there: places.Places, told: processes.Told, children: dict[str, Popen]) -> None:
    environment = there.environment()
    there.write_environment()
    if not there.has_own_redis:
        children["redis"] = private_redis.start(there)
    children["demo"] = _run(there, "demo", [sys.executable, "-m", "helpdesk.cli.demo.outside"], environment)
    if told:
        raise Ended
    if _is_new(there):
        click.echo("Making a database with three customers and their tickets ...")
    prepared = _run(there, "prepare", [sys.executable, "-m", "helpdesk.cli.demo.prepare"], environment)
    children["prepare"] = prepared
    _wait(told, children, lambda: prepared.poll() is not None)
    if prepared.returncode:
        raise click.ClickException(f"The database could not be prepared; {there.log('prepare')} says why.")
    del children["prepare"]
    command = [sys.executable, "-m", "helpdesk.cli"]
    children["worker"] = _run(there, "worker", [*command, "worker"], environment)
    children["portal"] = _run(
        there,
        "portal",
        [*command, "serve", "--bind", f"127.0.0.1:{there.port}", "--graceful", "3"],
        environment,
    )
    _wait(told, children, lambda: _answers(f"{there.portal}/healthz") and _answers(f"{there.outside}/healthz"))


def _run(there: places.Places, name: str, command: list[str], environment: dict[str, str]) -> Popen:
    with there.log(name).open("ab") as log:
        return processes.started(command, environment, log)


def _wait(told: processes.Told, children: dict[str, Popen], ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_PATIENCE
    while not ready():
        if told.wait(0.05):
            raise Ended
        for name, child in children.items():
            if child.poll():
                raise click.ClickException(f"{name} ended by itself; {_last_line(child, name)}")
        if time.monotonic() > deadline:
            raise click.ClickException("Not everything has started within a minute; the logs in var/log say why.")


def _last_line(child: Popen, name: str) -> str:
    with contextlib.suppress(OSError, IndexError):
        return places.chosen().log(name).read_text(errors="replace").strip().splitlines()[-1]
    return f"it gave the status {child.returncode}."


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310, our own address
            return answer.status == 200
    except urllib.error.HTTPError as answer:
        return answer.code < 500
    except (urllib.error.URLError, OSError):
        return False


def _end(children: dict[str, Popen]) -> None:
    """The portal first, so that nobody comes in any more; Redis last, so that nobody misses it."""
    redis = children.pop("redis", None)
    processes.end(list(children.values()), END_PATIENCE)
    if redis is not None:
        processes.end([redis], END_PATIENCE)


def _is_new(there: places.Places) -> bool:
    return not (there.var / "helpdesk.db").exists()


@contextlib.contextmanager
def _only_one(there: places.Places):
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
