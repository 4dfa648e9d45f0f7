"""The mailbox: an SMTP server in a thread, and the mails it received."""

import asyncio
import itertools
import socket
import threading
import time

from aiosmtpd import controller, smtp

from helpdesk.demo import personas
from helpdesk.demo.mailbox import smtp_faults
from helpdesk.demo.mailbox.stored_mail import Mail

MAX_MAILS = 50_000


class Mailbox:
    """Every received mail, in memory. Use it as `with Mailbox() as mailbox:`; `mailbox.port` is the SMTP port."""

    def __init__(
        self,
        port: int = 0,
        host: str = "127.0.0.1",
        portal_url: str | None = None,
        inbound_secret: str = personas.INBOUND_SECRET,
        tls_context=None,
    ):
        self.host, self.port = host, port
        self.portal_url, self.inbound_secret = portal_url, inbound_secret
        self.changed = threading.Condition()
        self.version = 0
        self._mails: list[Mail] = []
        self._numbers = itertools.count(1)
        self._faults = smtp_faults.SmtpFaults()
        self._tls = tls_context
        self._controller: controller.Controller | None = None

    def start(self) -> "Mailbox":
        """Start listening. Raises OSError when the port is taken."""
        self._controller = _SmtpController(self, self.host, self.port, self._tls)
        self._controller.start()
        self.port = self._controller.server.sockets[0].getsockname()[1]
        return self

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def __enter__(self) -> "Mailbox":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def mails(self) -> list[Mail]:
        """All stored mails, oldest first."""
        with self.changed:
            return list(self._mails)

    def list_for(self, address: str) -> list[Mail]:
        """The mails whose envelope names this address, oldest first."""
        wanted = address.casefold()
        return [mail for mail in self.mails if wanted in (one.casefold() for one in mail.recipients)]

    def mail(self, number: int) -> Mail | None:
        """One mail by its id."""
        return next((mail for mail in self.mails if mail.id == number), None)

    def wait_for(self, address: str, count: int = 1, timeout: float = 5) -> Mail:
        """The latest mail to an address, once there are `count`. AssertionError after `timeout` seconds."""
        end = time.monotonic() + timeout
        with self.changed:
            while len(found := self.list_for(address)) < count and (left := end - time.monotonic()) > 0:
                self.changed.wait(left)
        assert len(found) >= count, f"{len(found)} mails to {address} after {timeout} s, expected {count}"
        return found[-1]

    def wait_change(self, seen: int, timeout: float) -> int:
        """The version of the mailbox, as soon as it is not `seen` any more, or after `timeout` seconds."""
        with self.changed:
            self.changed.wait_for(lambda: self.version != seen, timeout)
            return self.version

    def misbehave(self, kind: str, **how) -> smtp_faults.SmtpFault:
        """Make the next mails go wrong; see `smtp_faults.FAULT_KINDS`."""
        return self._faults.add(kind, **how)

    def behave(self) -> None:
        """End every fault."""
        self._faults.clear()

    def clear(self) -> None:
        """Delete every mail."""
        with self.changed:
            self._mails.clear()
            self._touch()

    def store(self, sender: str, recipients: list[str], raw: bytes) -> Mail:
        """Store a mail that arrived."""
        with self.changed:
            mail = Mail(next(self._numbers), sender, tuple(recipients), raw)
            self._mails.append(mail)
            del self._mails[:-MAX_MAILS]
            self._touch()
        return mail

    def find_fault(self, kinds: tuple[str, ...], recipients: list[str]) -> smtp_faults.SmtpFault | None:
        """The fault that applies now, if any."""
        return self._faults.find_fault(kinds, recipients)

    def _touch(self) -> None:
        self.version += 1
        self.changed.notify_all()


class _SmtpHandler:
    def __init__(self, mailbox: Mailbox):
        self._mailbox = mailbox

    async def handle_RCPT(self, server, session, envelope, address: str, options) -> str:
        fault = self._mailbox.find_fault(("rcpt_4xx", "rcpt_5xx"), [address])
        if fault is not None:
            later = fault.kind == "rcpt_4xx"
            return "451 4.3.0 Mailbox busy, try again later" if later else "550 5.1.1 No such user here"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope) -> str:
        fault = self._mailbox.find_fault(
            ("data_4xx", "data_5xx", "black_hole", "drop_before_data", "drop_after_data", "delay"),
            envelope.rcpt_tos,
        )
        kind = fault.kind if fault else ""
        if kind == "data_4xx":
            return "451 4.3.2 System not accepting mail now"
        if kind == "data_5xx":
            return "554 5.6.0 Message refused"
        if kind == "black_hole":
            await asyncio.sleep(fault.how.get("seconds", 60))
            server.transport.abort()
            return "421 4.4.2 Timeout"
        if kind == "drop_before_data":
            server.transport.abort()
            return "421 4.4.2 Connection dropped"
        if kind == "delay":
            await asyncio.sleep(fault.how.get("seconds", 1))
        mail = self._mailbox.store(envelope.mail_from or "", list(envelope.rcpt_tos), envelope.original_content)
        if kind == "drop_after_data":
            server.transport.abort()
        return f"250 2.0.0 OK stored as {mail.id}"

    async def handle_QUIT(self, server, session, envelope) -> str:
        if self._mailbox.find_fault(("drop_before_quit",), []) is not None:
            server.transport.abort()
        return "221 2.0.0 Bye"


class _SmtpController(controller.Controller):
    def __init__(self, mailbox: Mailbox, host: str, port: int, tls):
        self._starttls = tls
        super().__init__(
            _SmtpHandler(mailbox), hostname=host, port=port or _free_port(host), data_size_limit=40 * 1024 * 1024
        )

    def factory(self) -> smtp.SMTP:
        return smtp.SMTP(
            self.handler,
            data_size_limit=40 * 1024 * 1024,
            enable_SMTPUTF8=True,
            hostname="mail.demo.example",
            ident="Demo mailbox",
            tls_context=self._starttls,
        )


def _free_port(host: str) -> int:
    """A free port. aiosmtpd's controller connects to the port it was given, so 0 would not work."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]
