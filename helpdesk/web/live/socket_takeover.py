"""A connection taken over from the web server, so that an open page holds no thread while it waits.

Gunicorn gives the request's socket as ``gunicorn.socket``. Once the head of the answer has left, the connection gets a second
descriptor, which is ours, and the server's own is turned to a dead end: whatever it still says or closes there, nobody hears.
Elsewhere (another server, TLS without a proxy in front) nothing can be taken, and a thread waits as it does for any answer.
"""

import os
import socket


class Line:
    """A connection of ours, past the head of its answer. Nobody waits on it: what cannot be said at once ends it."""

    def __init__(self, connection: socket.socket, is_chunked: bool):
        self._connection = connection
        self._is_chunked = is_chunked

    def say(self, words: bytes) -> bool:
        """Send ``words``. False when the browser has left, or has not read for so long that there is no room."""
        framed = b"%x\r\n%s\r\n" % (len(words), words) if self._is_chunked else words
        try:
            return self._connection.send(framed) == len(framed)
        except OSError:
            return False

    def end(self) -> None:
        """Finish the answer and close."""
        if self._is_chunked:
            self.say(b"")
        self.drop()

    def drop(self) -> None:
        """Close, whatever state the answer is in."""
        self._connection.close()


def take(environ: dict) -> Line | None:
    """The connection of the WSGI request ``environ``, whose answer has begun and has no stated length. None where it stays the
    server's."""
    theirs = environ.get("gunicorn.socket")
    if type(theirs) is not socket.socket or theirs.fileno() < 0 or environ["REQUEST_METHOD"] != "GET":
        return None
    ours = socket.socket(fileno=os.dup(theirs.fileno()))
    ours.setblocking(False)
    dead_end, other_end = socket.socketpair()
    with dead_end, other_end:
        os.dup2(dead_end.fileno(), theirs.fileno(), inheritable=False)
    return Line(ours, environ.get("SERVER_PROTOCOL") == "HTTP/1.1")
