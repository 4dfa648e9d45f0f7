"""A name server on this machine that answers for TXT records, and what makes our look-ups ask it."""

import socket
import threading
from contextlib import contextmanager

import dns.message
import dns.rcode
import dns.resolver
import dns.rrset


@contextmanager
def serve_records():
    """Yield the TXT records that are served, by name; until the end all look-ups of this process ask here."""
    records: dict[str, str] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=_answer, args=(server, records), daemon=True)
        thread.start()
        before = dns.resolver.default_resolver
        resolver = dns.resolver.default_resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], server.getsockname()[1]
        try:
            yield records
        finally:
            dns.resolver.default_resolver = before
            server.sendto(b"", server.getsockname())
            thread.join()


def _answer(server: socket.socket, records: dict[str, str]) -> None:
    while True:
        asked, sender = server.recvfrom(4096)
        if not asked:
            return
        query = dns.message.from_wire(asked)
        answer = dns.message.make_response(query)
        text = records.get(query.question[0].name.to_text(omit_final_dot=True))
        if text is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        else:
            answer.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "TXT", f'"{text}"'))
        server.sendto(answer.to_wire(), sender)
