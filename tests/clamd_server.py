"""A clamd that speaks INSTREAM as clamd(8) describes it, and finds what the test names."""

import socketserver
import struct
import threading


class Clamd:
    """Serves on a free port until the ``with`` block ends. ``viruses``: marker bytes and their names.

    ``answer``, if set, is given instead of a verdict; ``limit`` is StreamMaxLength. ``scanned`` has what it was sent.
    """

    def __init__(self) -> None:
        self.viruses = {b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE": "Win.Test.EICAR_HDB-1"}
        self.answer, self.limit, self.scanned = b"", 25 * 1024 * 1024, []
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                outer._scan(self.rfile, self.wfile)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"tcp://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "Clamd":
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _scan(self, incoming, outgoing) -> None:
        command = b"".join(iter(lambda: incoming.read(1), b"\0"))
        if command != b"zINSTREAM":
            outgoing.write(b"UNKNOWN COMMAND\0")
            return
        data = b""
        while length := struct.unpack(">I", incoming.read(4))[0]:
            data += incoming.read(length)
            if len(data) > self.limit:
                outgoing.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.scanned.append(data)
        name = next((name for marker, name in self.viruses.items() if marker in data), "")
        outgoing.write(self.answer or (f"stream: {name} FOUND" if name else "stream: OK").encode() + b"\0")
