"""Mail through Debian's Postfix with OpenDKIM and OpenDMARC, configured as deploy/mail/postfix.txt shows, into
``helpdesk mail-in``.
"""

import base64
import os
import pwd
import shutil
import smtplib
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from helpdesk.channels.email import acceptance, quarantine
from helpdesk.channels.email.parse import dmarc
from helpdesk.cli import mail_in
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from tests import conftest, timeouts, worker_helpers
from tests.domain import mail_samples

SERVERS = ("postfix", "opendkim", "opendmarc")
MISSING = [name for name in SERVERS if not shutil.which(name, path="/usr/sbin:/usr/bin:/bin")]
pytestmark = [
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.skipif(
        (bool(MISSING) or os.getuid() != 0) and os.environ.get("MAIL_SERVERS") != "required",
        reason=f"Mail servers are NOT tried: {' and '.join(MISSING) or 'root'} is missing; .ci/run installs them",
    ),
]

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
myhostname = mx.northwind.example
mydestination =
mynetworks = 192.0.2.0/24
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
virtual_mailbox_domains = {domain}
virtual_mailbox_maps = static:all
virtual_transport = helpdesk
recipient_delimiter = +
helpdesk_destination_recipient_limit = 1
smtpd_relay_restrictions = reject_unauth_destination
smtpd_milters = inet:127.0.0.1:{dkim}
milter_default_action = tempfail
maillog_file = {folder}/queue/log
maillog_file_prefixes = {folder}
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{strict_port} inet n - n - - smtpd -o smtpd_milters=inet:127.0.0.1:{dkim},inet:127.0.0.1:{dmarc}
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
helpdesk unix - n n - - pipe flags=DRXhu user=nobody argv=/bin/sh {folder}/deliver.sh
"""
DMARC = """
Socket inet:{dmarc}@127.0.0.1
AuthservID mx.northwind.example
IgnoreHosts {folder}/ignore
SPFIgnoreResults true
SPFSelfValidate true
Background false
UserID nobody
PidFile {folder}/spool/dmarc.pid
Syslog false
"""
DKIM = """
Socket inet:{dkim}@127.0.0.1
Mode v
AuthservID mx.northwind.example
AlwaysAddARHeader yes
RemoveARAll yes
RemoveARFrom mx.northwind.example
InternalHosts {folder}/ignore
TestPublicKeys {folder}/keys
Background no
UserID nobody
PidFile {folder}/spool/dkim.pid
Syslog no
"""
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE_KEY = _KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
)
PUBLIC_KEY = base64.b64encode(
    _KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
).decode()
FORGED = b"Authentication-Results: mx.northwind.example; dmarc=pass header.from=globex.example\r\n"


@pytest.fixture
def settings(workspace, mailbox):
    return mail_samples.settings(workspace, mailbox) | {"INBOUND_AUTHSERV_ID": "mx.northwind.example"}


@dataclass(frozen=True)
class Servers:
    """A running Postfix: its port with OpenDKIM, the one with OpenDMARC, too, and the folder its pipe writes to."""

    port: int
    strict_port: int
    folder: Path


@pytest.fixture
def servers():
    folder = Path(tempfile.mkdtemp(prefix="helpdesk-postfix-"))
    folder.chmod(0o755)
    for name in ("etc", "queue", "data", "spool"):
        (folder / name).mkdir()
    (folder / "spool").chmod(0o777)
    os.chown(folder / "data", pwd.getpwnam("postfix").pw_uid, -1)
    values = {"folder": folder, "domain": mail_samples.REPLIES}
    values |= {name: conftest.free_port() for name in ("port", "strict_port", "dkim", "dmarc")}
    (folder / "etc" / "main.cf").write_text(MAIN.format(**values))
    (folder / "etc" / "master.cf").write_text(MASTER.format(**values))
    (folder / "dmarc.conf").write_text(DMARC.format(**values))
    (folder / "dkim.conf").write_text(DKIM.format(**values))
    (folder / "ignore").write_text("192.0.2.1\n")
    (folder / "keys").write_text(f"x._domainkey.globex.example v=DKIM1; k=rsa; p={PUBLIC_KEY}\n")
    (folder / "deliver.sh").write_text(
        f"if [ -e {folder}/spool/away ]; then exit 75; fi\n"
        f"cat > {folder}/spool/$$.part && mv {folder}/spool/$$.part {folder}/spool/$$.eml\n"
    )
    checkers = [
        subprocess.Popen(["/usr/sbin/opendmarc", "-f", "-c", str(folder / "dmarc.conf")]),
        subprocess.Popen(["/usr/sbin/opendkim", "-f", "-x", str(folder / "dkim.conf")]),
    ]
    subprocess.run(["/usr/sbin/postfix", "-c", str(folder / "etc"), "start"], check=True, capture_output=True)
    try:
        yield Servers(values["port"], values["strict_port"], folder)
    finally:
        subprocess.run(["/usr/sbin/postfix", "-c", str(folder / "etc"), "stop"], check=False, capture_output=True)
        for checker in checkers:
            checker.terminate()
            checker.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def hand_in(port, raw, recipient):
    def send():
        with smtplib.SMTP("127.0.0.1", port, timeout=60) as line:
            line.sendmail("dana@globex.example", [recipient], raw)
        return True

    def try_to_send():
        try:
            return send()
        except (OSError, smtplib.SMTPException):
            return False  # one of the two servers does not listen yet

    timeouts.wait_for(try_to_send, "Postfix to take the mail")


def sign(raw):
    """Return ``raw``, below a forged field, with the signature of globex.example."""
    field = dkim.sign(raw, b"x", b"globex.example", PRIVATE_KEY, include_headers=[b"from", b"subject", b"message-id"])
    return FORGED + field + raw


def take_from_pipe(folder):
    timeouts.wait_for(lambda: list((folder / "spool").glob("*.eml")), "the pipe to be given the mail")
    (piped,) = (folder / "spool").glob("*.eml")
    raw = piped.read_bytes()
    piped.unlink()
    return raw


def take_in(app, session, raw):
    """Give ``raw`` to the command; return what became of it."""
    session.rollback()
    answer = app.test_cli_runner().invoke(mail_in.mail_in, input=raw)
    assert answer.exit_code == 0, answer.output
    worker_helpers.drain(session)
    return session.query(InboundEvent).filter_by(source="email").order_by(InboundEvent.id.desc()).first()


def test_replies_go_through_postfix_opendkim_and_opendmarc_into_the_pipe(
    app, session, make, mailbox, servers, monkeypatch
):
    records = {"_dmarc.globex.example": "v=DMARC1; p=reject"}
    monkeypatch.setattr(dmarc, "_query_txt", records.get)  # there is no DNS with this domain
    folder, log = servers.folder, servers.folder / "queue" / "log"
    ticket = mail_samples.filed_ticket(make, session)
    mail = mailbox.wait_for("dana@globex.example")
    address = mail.message["Reply-To"].addresses[0].addr_spec

    # OpenDKIM alone: its result is compared with the domain's policy here. Exit status 75 delays the mail.
    raw = sign(mail_samples.reply(mail, text="By OpenDKIM", quote=False).split(b"\r\n", 1)[1])
    (folder / "spool" / "away").touch()
    hand_in(servers.port, raw, address)
    timeouts.wait_for(lambda: "status=deferred" in log.read_text(), "exit status 75 to delay the mail")
    (folder / "spool" / "away").unlink()
    piped = take_from_pipe(folder)
    assert b"dkim=pass" in piped and b"dmarc=pass" not in piped, "the forged field is removed"
    row = take_in(app, session, piped)
    assert (row.state, row.payload["proven"]) == ("done", "pass"), row.result
    assert "by DKIM" in row.payload["proof"]

    # Changed on its way, and sent by somebody else with a forged field: neither is accepted.
    raw = sign(mail_samples.reply(mail, text="Changed", quote=False).split(b"\r\n", 1)[1])
    hand_in(servers.port, raw.replace(b"Changed", b"changed"), address)
    row = take_in(app, session, take_from_pipe(folder))
    assert (row.state, row.ticket_id, row.payload["proven"]) == ("quarantined", ticket.id, "fail"), row.result

    # With OpenDMARC behind it, both fields are read; OpenDMARC cannot ask the DNS here.
    raw = sign(mail_samples.reply(mail, text="By OpenDMARC", quote=False).split(b"\r\n", 1)[1])
    hand_in(servers.strict_port, raw, address)
    piped = take_from_pipe(folder)
    assert b"dkim=pass" in piped and b"dmarc=" in piped and b"dmarc=pass" not in piped
    row = take_in(app, session, piped)
    assert (row.state, row.ticket_id) == ("quarantined", ticket.id) and "dmarc=" in row.result
    waiting = quarantine.find_waiting(row.id)
    acceptance.accept(waiting, mail=quarantine.prepare(waiting), actor=make.agent("Maya"))
    session.commit()
    messages = session.query(Message).filter_by(ticket_id=ticket.id, kind="reply").order_by(Message.id)
    said = [(message.body, message.author_id) for message in messages][-2:]
    assert said == [("By OpenDKIM", ticket.requester_id), ("By OpenDMARC", ticket.requester_id)]
