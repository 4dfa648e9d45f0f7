"""Files in an S3-compatible store. boto3 is imported only here, and only if STORAGE_URL needs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

from helpdesk.storage import StorageUnavailable


class S3Store:
    """The bucket that an ``s3://`` URL names. Several threads may share the client."""

    def __init__(self, url: str):
        parts = urlsplit(url)
        options = parse_qs(parts.query)
        prefix = parts.path.strip("/")
        self.bucket = parts.netloc
        self.prefix = f"{prefix}/" if prefix else ""
        self.client = boto3.session.Session().client(
            "s3",
            endpoint_url=options.get("endpoint", [None])[0],
            region_name=options.get("region", ["us-east-1"])[0],
            config=Config(
                connect_timeout=3,
                read_timeout=20,
                retries={"max_attempts": 2, "mode": "standard"},
                s3={"addressing_style": options.get("addressing", ["auto"])[0]},
            ),
        )

    def write(self, key: str, stream: BinaryIO) -> None:
        with _translate_errors():
            self.client.upload_fileobj(_UnclosableStream(stream), self.bucket, self.prefix + key)

    def open(self, key: str) -> BinaryIO:
        with _translate_errors(key):
            return self.client.get_object(Bucket=self.bucket, Key=self.prefix + key)["Body"]

    def erase(self, key: str) -> None:
        with _translate_errors():
            self.client.delete_object(Bucket=self.bucket, Key=self.prefix + key)


class _UnclosableStream:
    """A stream that stays open: boto3 closes the one it receives."""

    def __init__(self, stream: BinaryIO):
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        return self._stream.read(size)


@contextmanager
def _translate_errors(key: str = "") -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
            raise FileNotFoundError(key) from None
        raise StorageUnavailable(f"The file store answered {error.response['Error']['Code']}.") from error
    except (NoCredentialsError, PartialCredentialsError):
        raise StorageUnavailable("S3 has no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.") from None
    except (BotoCoreError, boto3.exceptions.Boto3Error) as error:
        raise StorageUnavailable(f"The file store does not answer ({type(error).__name__}).") from error
