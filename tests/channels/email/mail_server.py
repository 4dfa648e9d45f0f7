"""A real SMTP server (aiosmtpd) that records what it accepted and can be set to misbehave at every step."""

import asyncio
import datetime
import ipaddress
import socket
import ssl

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SIGNS_CERTIFICATES = x509.KeyUsage(
    key_cert_sign=True,
    crl_sign=True,
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)


class Server:
    """A small SMTP server.

    ``answers`` holds a step ("MAIL", "RCPT", "DATA", "DOT") and what to answer: a line, "drop", or seconds to wait.
    """

    def __init__(self, context=None, tls_from_start=False, password=None):
        self.taken: list[tuple[str, list[str], bytes]] = []
        self.answers: dict[str, list] = {}
        self.connections = 0
        self.steps: list[str] = []
        self._context, self._tls_from_start, self._password = context, tls_from_start, password

    def __enter__(self) -> "Server":
        rig = self

        class Running(Controller):
            def factory(self):
                rig.connections += 1
                return _Protocol(rig)

        self._controller = Running(
            object(),
            hostname="127.0.0.1",
            port=0,
            ssl_context=self._context if self._tls_from_start else None,
        )
        self._controller.port = _free_port()
        self._controller.start()
        self.port = self._controller.port
        self.connections = 0  # the controller has looked whether it answers
        return self

    def __exit__(self, *_):
        self._controller.stop()

    def misbehave(self, step: str, *answers) -> None:
        self.answers[step] = list(answers)

    def next_answer(self, step: str):
        self.steps.append(step)
        waiting = self.answers.get(step)
        return waiting.pop(0) if waiting else None


class _Protocol(SMTP):
    def __init__(self, rig: Server):
        wants_starttls = rig._context if not rig._tls_from_start else None
        more = {}
        if rig._password:
            more = {"authenticator": rig_authenticator(rig._password), "auth_require_tls": False}
        super().__init__(_Handler(rig), tls_context=wants_starttls, hostname="mail.example.net", timeout=120, **more)
        self.rig = rig

    async def smtp_QUIT(self, arg):
        answer = self.rig.next_answer("QUIT")
        if answer == "drop":
            self.transport.abort()
            return
        await super().smtp_QUIT(arg)

    async def smtp_DATA(self, arg):
        answer = self.rig.next_answer("DATA")
        if answer == "drop":
            self.transport.abort()
            return
        if answer:
            await self.push(answer)
            return
        await super().smtp_DATA(arg)


class _Handler:
    def __init__(self, rig: Server):
        self.rig = rig

    async def handle_MAIL(self, server, session, envelope, address, options):
        if answer := await self._answer("MAIL", server):
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if answer := await self._answer("RCPT", server):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        answer = self.rig.next_answer("DOT")
        if answer == "refuse" or (isinstance(answer, str) and answer[0] in "45"):
            return answer
        self.rig.taken.append((envelope.mail_from, list(envelope.rcpt_tos), envelope.original_content))
        if answer == "drop":
            server.transport.abort()
            return "250 too late"
        if isinstance(answer, (int, float)):
            await asyncio.sleep(answer)
        return "250 2.0.0 Taken as 4F1"

    async def _answer(self, step, server):
        answer = self.rig.next_answer(step)
        if answer == "drop":
            server.transport.abort()
            return "421 gone"
        if isinstance(answer, (int, float)):
            await asyncio.sleep(answer)
            return None
        return answer


def rig_authenticator(password: str):
    def authenticate(server, session, envelope, mechanism, data):
        good = data.login == b"helpdesk" and data.password == password.encode()
        return AuthResult(success=good, handled=good)

    return authenticate


def certificates(folder) -> dict[str, str]:
    """A certificate authority and what it signed: paths of ca, good (127.0.0.1), named (localhost), wrong (another name)."""
    key, name = ec.generate_private_key(ec.SECP256R1()), _name("Test authority")
    ca = (
        _builder(name, name, key, key)
        .add_extension(x509.BasicConstraints(True, None), True)
        .add_extension(SIGNS_CERTIFICATES, True)
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    paths = {"ca": str(folder / "ca.pem")}
    for label, alternative in {
        "good": x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        "named": x509.DNSName("localhost"),
        "wrong": x509.DNSName("another.example"),
    }.items():
        own = ec.generate_private_key(ec.SECP256R1())
        made = (
            _builder(_name(label), name, own, key)
            .add_extension(x509.SubjectAlternativeName([alternative]), False)
            .sign(key, hashes.SHA256())
        )
        path = folder / f"{label}.pem"
        path.write_bytes(
            own.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + made.public_bytes(serialization.Encoding.PEM)
        )
        paths[label] = str(path)
    return paths


def context(path: str) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(path)
    return made


def _builder(subject, issuer, key, issuer_key):
    """With the key identifiers that RFC 5280 asks for; Python checks them from 3.13 on (VERIFY_X509_STRICT)."""
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False)
    )


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
