"""What ``helpdesk serve`` leaves in the folder VAR_DIR for other commands: its key, and the socket of its Redis."""

import os
import tempfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

KEY_FILE_NAME = "secret-key"  # made by the first "helpdesk serve" without a SECRET_KEY
MAX_SOCKET_PATH_LENGTH = 100  # characters; sockaddr_un allows a few more


def private_redis_socket(folder: str | Path) -> Path:
    """The socket of the private Redis of VAR_DIR, in the temporary folder if the path is too long for a socket."""
    path = Path(folder).resolve() / "redis.sock"
    if len(str(path)) <= MAX_SOCKET_PATH_LENGTH:
        return path
    return Path(tempfile.gettempdir()) / f"helpdesk-{os.getuid()}-{zlib.crc32(bytes(path.parent))}.sock"


def read_values(folder: Path) -> dict[str, Any]:
    """What ``helpdesk serve`` left in VAR_DIR for other commands: its key, and the socket of its Redis."""
    values: dict[str, Any] = {}
    with suppress(OSError):
        values["SECRET_KEY"] = (folder / KEY_FILE_NAME).read_text().strip()
    socket = private_redis_socket(folder)
    if socket.is_socket():
        values["REDIS_URL"] = f"unix://{socket}?db=0"
    return values
