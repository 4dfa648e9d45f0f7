"""Serves a WSGI application on a real loopback socket, in a thread."""

import contextlib
import socket
import struct
import threading
from types import TracebackType

from werkzeug import serving

LINGER_ZERO_OPTION = struct.pack("ii", 1, 0)


class WsgiServer:
    """A running server. `url` has no slash at its end; leaving the `with` block stops it."""

    def __init__(self, app, port: int = 0, host: str = "127.0.0.1"):
        self._server = serving.make_server(host, port, app, threaded=True, request_handler=_RequestHandler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port: int = self._server.server_port
        self.url = f"http://{host}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        extensions = getattr(app, "extensions", {})
        self._end_threads = extensions.get("end_threads")  # of the application, which nobody needs any more then
        base = extensions.get("base_url")
        if base is not None and base.get() is None:
            base.set(self.url)

    def start(self) -> "WsgiServer":
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop accepting. Unfinished requests are left to their daemon threads."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
        if self._end_threads is not None:
            self._end_threads()

    def __enter__(self) -> "WsgiServer":
        return self.start()

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


class BaseUrl:
    """The address under which an app is reached, known only once it is served."""

    def __init__(self, url: str | None = None):
        self._url = url.rstrip("/") if url else None

    def get(self) -> str | None:
        return self._url

    def set(self, url: str) -> None:
        self._url = url.rstrip("/")


def serve_app(app, port: int = 0, host: str = "127.0.0.1") -> WsgiServer:
    """A server for `app`; use as `with serve_app(app) as server:`. Port 0 takes any free one."""
    return WsgiServer(app, port, host)


def reset_connection(environ: dict) -> None:
    """Close the connection of this request with a TCP reset, then raise ConnectionResetError."""
    raw = environ.get("werkzeug.socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO_OPTION)
        socket.socket(fileno=raw.detach()).close()
    raise ConnectionResetError("reset on request of the demo")


class _RequestHandler(serving.WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def log(self, type: str, message: str, *args) -> None:
        pass

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, ValueError, OSError):
            self.close_connection = True

    def finish(self) -> None:
        with contextlib.suppress(ConnectionError, ValueError, OSError):
            super().finish()
