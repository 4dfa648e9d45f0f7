"""Ask a clamd whether a file holds a virus: the command INSTREAM of its protocol (clamd(8)), bounded in time and size.

``CLAMD_URL`` is ``unix:///run/clamav/clamd.ctl`` or ``tcp://127.0.0.1:3310``. A connection is made for each file.
"""

import socket
import struct
import time
from typing import BinaryIO
from urllib.parse import urlsplit

from helpdesk import config

CONNECT_SECONDS = 5.0
SCAN_SECONDS = 60.0  # of one file, from the connection to the answer
PIECE_BYTES = 1 << 16
MAX_ANSWER_BYTES = 4096


class ScannerUnavailable(Exception):
    """The scanner does not answer; the text says why."""


class NoVerdict(Exception):
    """The scanner answered, but could not judge this file; the text is its own."""


def is_configured() -> bool:
    """Whether files are scanned at all."""
    return bool(config.current().CLAMD_URL)


def find_virus(file: BinaryIO) -> str | None:
    """Return the name of the virus in ``file``, None if there is none. Raises ScannerUnavailable and NoVerdict."""
    deadline = time.monotonic() + SCAN_SECONDS
    try:
        with _connect() as line:
            line.sendall(b"zINSTREAM\0")
            while piece := file.read(PIECE_BYTES):
                _set_time_left(line, deadline)
                line.sendall(struct.pack(">I", len(piece)) + piece)
            line.sendall(struct.pack(">I", 0))
            answer = _read_answer(line, deadline)
    except OSError as error:
        raise ScannerUnavailable(str(error) or type(error).__name__) from error
    return _read_verdict(answer)


def _connect() -> socket.socket:
    address = urlsplit(config.current().CLAMD_URL)
    if address.scheme == "unix":
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            line.settimeout(CONNECT_SECONDS)
            line.connect(address.path)
        except OSError:
            line.close()
            raise
        return line
    return socket.create_connection((address.hostname, address.port or 3310), timeout=CONNECT_SECONDS)


def _set_time_left(line: socket.socket, deadline: float) -> None:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("it took too long")
    line.settimeout(left)


def _read_answer(line: socket.socket, deadline: float) -> bytes:
    """What is answered up to the NUL that ends it, or to the end of the connection."""
    answer = b""
    while b"\0" not in answer and len(answer) < MAX_ANSWER_BYTES:
        _set_time_left(line, deadline)
        piece = line.recv(MAX_ANSWER_BYTES)
        if not piece:
            break
        answer += piece
    return answer.partition(b"\0")[0]


def _read_verdict(answer: bytes) -> str | None:
    """``stream: OK`` or ``stream: NAME FOUND``; anything else is no verdict."""
    text = answer.decode("utf-8", "replace").strip().removeprefix("stream:").strip()
    if text == "OK":
        return None
    if text.endswith(" FOUND"):
        return text.removesuffix(" FOUND").strip()[:100] or "unknown"
    raise NoVerdict(text[:200] or "an empty answer")
