"""Both storages behave alike: a folder, and S3 (moto's server, over HTTP)."""

from io import BytesIO

import boto3
import pytest
from moto.server import ThreadedMotoServer

from helpdesk import config, storage
from helpdesk.storage.local import LocalStore

KEY = "k" * 30


@pytest.fixture(scope="module")
def s3_address():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "s3", "s3 below a prefix"])
def store(request, tmp_path, monkeypatch):
    """The current store, of each kind."""
    if request.param == "folder":
        url = f"file://{tmp_path}/some%20files"
    else:
        address = request.getfixturevalue("s3_address")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        boto3.client("s3", endpoint_url=address, region_name="us-east-1").create_bucket(Bucket="files")
        url = f"s3://files{'/help/desk' if 'prefix' in request.param else ''}?endpoint={address}"
    before = config._current
    config.set_current(config.Config({"SECRET_KEY": "s" * 40, "STORAGE_URL": url, "VAR_DIR": str(tmp_path)}))
    yield request.param
    config.set_current(before)


def test_file_is_written_read_and_erased(store):
    storage.write(KEY, b"some bytes")
    assert storage.read(KEY) == b"some bytes"
    storage.write(KEY, BytesIO(b"others"))
    with storage.open(KEY) as stream:
        assert stream.read(3) + stream.read() == b"others"
    storage.delete(KEY)
    storage.delete(KEY)
    with pytest.raises(FileNotFoundError):
        storage.read(KEY)


def test_large_file_is_read_completely_as_a_stream(store):
    data = bytes(range(256)) * 40_000
    stream = BytesIO(data)
    storage.write(KEY, stream)
    assert not stream.closed
    assert storage.read(KEY) == data
    storage.delete(KEY)


@pytest.mark.parametrize("key", ["../../etc/passwd", "short", "a/b" * 10, "", "k" * 65, "k" * 30 + "\n"])
def test_a_key_is_never_a_path(store, key):
    for use in (storage.read, storage.delete, lambda key: storage.write(key, b"x")):
        with pytest.raises(ValueError, match="storage key"):
            use(key)


def test_unreachable_storage_raises_its_error(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    before = config._current
    config.set_current(
        config.Config(
            {
                "SECRET_KEY": "s" * 40,
                "STORAGE_URL": "s3://files?endpoint=http://127.0.0.1:9",
                "VAR_DIR": str(tmp_path),
            }
        )
    )
    try:
        with pytest.raises(storage.StorageUnavailable):
            storage.read(KEY)
    finally:
        config.set_current(before)


class FullDisk(BytesIO):
    """A stream whose second part no longer fits."""

    def read(self, size=-1):
        if self.tell():
            raise OSError(28, "No space left on device")
        return super().read(10)


def test_disk_that_is_full_leaves_nothing(tmp_path):
    store = LocalStore(f"file://{tmp_path}")
    with pytest.raises(storage.StorageUnavailable, match="No space left"):
        store.write(KEY, FullDisk(b"0" * 100))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
