"""Mail through Debian's Postfix with OpenDMARC, configured as deploy/mail/postfix.txt shows, into ``helpdesk
mail-in``.
"""

import os
import pwd
import shutil
import smtplib
import subprocess
import tempfile
from pathlib import Path

import pytest

from helpdesk.channels.email import acceptance, quarantine
from helpdesk.cli import mail_in
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from tests import conftest, timeouts, worker_helpers
from tests.domain import mail_samples

MISSING = [name for name in ("postfix", "opendmarc") if not shutil.which(name, path="/usr/sbin:/usr/bin:/bin")]
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
smtpd_milters = inet:127.0.0.1:{milter}
milter_default_action = tempfail
maillog_file = {folder}/queue/log
maillog_file_prefixes = {folder}
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
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
Socket inet:{milter}@127.0.0.1
AuthservID mx.northwind.example
IgnoreHosts {folder}/ignore
SPFIgnoreResults true
SPFSelfValidate true
Background false
UserID nobody
PidFile {folder}/spool/dmarc.pid
Syslog false
"""


@pytest.fixture
def settings(workspace, mailbox):
    return mail_samples.settings(workspace, mailbox) | {"INBOUND_AUTHSERV_ID": "mx.northwind.example"}


@pytest.fixture
def postfix():
    """The port of a Postfix of our own, and the folder with what its pipe was given."""
    folder = Path(tempfile.mkdtemp(prefix="helpdesk-postfix-"))
    folder.chmod(0o755)
    for name in ("etc", "queue", "data", "spool"):
        (folder / name).mkdir()
    (folder / "spool").chmod(0o777)
    os.chown(folder / "data", pwd.getpwnam("postfix").pw_uid, -1)
    values = {"folder": folder, "domain": mail_samples.REPLIES}
    values |= {"port": conftest.free_port(), "milter": conftest.free_port()}
    (folder / "etc" / "main.cf").write_text(MAIN.format(**values))
    (folder / "etc" / "master.cf").write_text(MASTER.format(**values))
    (folder / "dmarc.conf").write_text(DMARC.format(**values))
    (folder / "ignore").write_text("192.0.2.1\n")
    (folder / "deliver.sh").write_text(
        f"if [ -e {folder}/spool/away ]; then exit 75; fi\n"
        f"cat > {folder}/spool/$$.part && mv {folder}/spool/$$.part {folder}/spool/$$.eml\n"
    )
    checker = subprocess.Popen(["/usr/sbin/opendmarc", "-f", "-c", str(folder / "dmarc.conf")])
    subprocess.run(["/usr/sbin/postfix", "-c", str(folder / "etc"), "start"], check=True, capture_output=True)
    try:
        yield values["port"], folder
    finally:
        subprocess.run(["/usr/sbin/postfix", "-c", str(folder / "etc"), "stop"], check=False, capture_output=True)
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


def test_a_reply_goes_through_postfix_and_opendmarc_into_the_pipe(app, session, make, mailbox, postfix):
    port, folder = postfix
    ticket = mail_samples.filed_ticket(make, session)
    mail = mailbox.wait_for("dana@globex.example")
    raw = mail_samples.reply(mail, text="By Postfix", quote=False).split(b"\r\n", 1)[1]
    (folder / "spool" / "away").touch()
    hand_in(port, raw, mail.message["Reply-To"].addresses[0].addr_spec)
    log = folder / "queue" / "log"
    timeouts.wait_for(lambda: "status=deferred" in log.read_text(), "exit status 75 to delay the mail")
    (folder / "spool" / "away").unlink()
    timeouts.wait_for(lambda: list((folder / "spool").glob("*.eml")), "the pipe to be given the mail")
    (piped,) = (folder / "spool").glob("*.eml")
    session.rollback()
    answer = app.test_cli_runner().invoke(mail_in.mail_in, input=piped.read_bytes())
    assert answer.exit_code == 0, answer.output
    worker_helpers.drain(session)
    row = session.query(InboundEvent).filter_by(source="email").one()
    assert (row.state, row.ticket_id) == ("quarantined", ticket.id)
    assert "dmarc=" in row.result, "OpenDMARC's field is read, which cannot ask the DNS here"
    waiting = quarantine.find_waiting(row.id)
    acceptance.accept(waiting, mail=quarantine.prepare(waiting), actor=make.agent("Maya"))
    session.commit()
    message = session.query(Message).order_by(Message.id.desc()).first()
    assert (message.body, message.author_id, message.ticket_id) == ("By Postfix", ticket.requester_id, ticket.id)
