"""Polling: a mail is taken only after it was accepted.

Always against a small server of our own, and against dovecot where it is installed.
"""

import contextlib
import dataclasses
import getpass
import grp
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from helpdesk import config
from helpdesk.channels import email as channel
from helpdesk.channels.email import diagnostics, imap, settings
from helpdesk.domain.outbox import errors
from tests import conftest
from tests.channels.email import imap_server

MAILS = [b"Message-ID: <%d@x>\r\nFrom: ann@globex.example\r\n\r\nHello %d\r\n" % (n, n) for n in range(3)]


def mailbox(box, **more):
    return settings.ImapSettings(
        "127.0.0.1",
        "help",
        **{"password": "right", "port": box.port, "security": "none", "timeout": 2} | more,
    )


def test_every_unseen_mail_is_handed_over_once_and_marked_seen():
    taken = []
    with imap_server.Mailbox(MAILS) as box:
        assert imap.fetch_mails(mailbox(box), lambda external_id, raw: taken.append((external_id, raw))) == 3
        assert imap.fetch_mails(mailbox(box), lambda external_id, raw: taken.append((external_id, raw))) == 0
    assert taken == [(channel.mail_fingerprint(raw), raw) for raw in MAILS]


def test_a_mail_that_was_not_accepted_stays_unseen():
    taken = []

    def accept(external_id, raw):
        if raw == MAILS[1] and not taken[1:]:
            taken.append("crash")
            raise RuntimeError("the database is away")
        taken.append(raw)

    with imap_server.Mailbox(MAILS) as box:
        with pytest.raises(RuntimeError):
            imap.fetch_mails(mailbox(box), accept)
        assert box.seen == {11}
        assert imap.fetch_mails(mailbox(box), accept) == 2
    assert taken == [MAILS[0], "crash", MAILS[1], MAILS[2]]


@pytest.mark.parametrize("refusal", ["NO", "BAD", ""])
def test_a_mail_that_the_server_cannot_give_holds_up_no_other(refusal):
    taken, failed = [], set()
    with imap_server.Mailbox(MAILS) as box:
        box.refusals = {11: refusal}
        for _ in range(2):  # where the server broke off, the second round begins with the others
            with pytest.raises(errors.TemporaryError):
                imap.fetch_mails(mailbox(box), lambda external_id, raw: taken.append(raw), failed)
        assert (taken, failed, box.seen) == (MAILS[1:], {"11"}, {12, 13})
        box.refusals = {}
        assert imap.fetch_mails(mailbox(box), lambda external_id, raw: taken.append(raw), failed) == 1
        assert (taken[2:], failed) == (MAILS[:1], set())


@pytest.mark.parametrize("command", ["UID STORE", "UID COPY", "CREATE", "EXPUNGE"])
@pytest.mark.parametrize("refusal", ["NO [OVERQUOTA] full", "BAD not here"])
def test_a_mail_that_cannot_be_marked_or_moved_holds_up_no_other(command, refusal):
    taken, failed = [], set()
    with imap_server.Mailbox(MAILS) as box:
        box.refused = {command: refusal}
        with pytest.raises(errors.TemporaryError, match="mark or move 3 of its mails"):
            imap.fetch_mails(mailbox(box, move_to="Taken"), lambda external_id, raw: taken.append(raw), failed)
        assert (taken, failed) == (MAILS, {"11", "12", "13"})


def test_what_could_not_be_marked_is_marked_later_after_new_mail():
    taken, failed = [], set()
    with imap_server.Mailbox(MAILS) as box:
        box.refused = {"UID STORE": "NO read only"}
        for _ in range(2):
            with pytest.raises(errors.TemporaryError, match="mark or move"):
                imap.fetch_mails(mailbox(box), lambda external_id, raw: taken.append(raw), failed)
            box.mails[20] = b"Message-ID: <new@x>\r\n\r\nNew\r\n"
        assert taken == [*MAILS, box.mails[20], *MAILS]
        box.refused = {}
        assert imap.fetch_mails(mailbox(box), lambda external_id, raw: None, failed) == 4
        assert (failed, box.seen) == (set(), {11, 12, 13, 20})


def test_marking_a_mail_removes_nothing_that_others_marked_as_deleted():
    with imap_server.Mailbox(MAILS) as box:
        imap.fetch_mails(mailbox(box), lambda external_id, raw: None)
        assert box.seen == {11, 12, 13} and not box.expunged


def test_a_mailbox_that_may_only_be_read_says_so():
    with imap_server.Mailbox(MAILS) as box:
        box.is_read_only = True
        with pytest.raises(errors.ChannelBlockedError, match="may only be read"):
            imap.fetch_mails(mailbox(box), print)


def test_what_was_taken_is_moved_where_a_folder_is_named():
    with imap_server.Mailbox(MAILS) as box:
        imap.fetch_mails(mailbox(box, move_to="Taken"), lambda external_id, raw: None)
        assert box.mails == {}
        assert box.moved == {"Taken": MAILS}


def test_a_mailbox_that_does_not_open_says_why():
    with imap_server.Mailbox() as box:
        with pytest.raises(errors.ChannelBlockedError, match="user name or password"):
            imap.fetch_mails(mailbox(box, password="wrong"), print)
        with pytest.raises(errors.ChannelBlockedError, match="no folder Support"):
            imap.fetch_mails(mailbox(box, folder="Support"), print)
        assert [finding.ok for finding in diagnostics.check_imap(mailbox(box))] == [True]
    assert [finding.ok for finding in diagnostics.check_imap(mailbox(box))] == [False]
    with pytest.raises(errors.TemporaryError):
        imap.fetch_mails(mailbox(box), print)


def test_a_password_does_not_travel_in_the_clear():
    with pytest.raises(errors.ChannelBlockedError, match="without TLS"):
        imap.fetch_mails(settings.ImapSettings("mail.example.net", "help", "right", security="none"), print)


def test_the_address_of_a_mailbox_is_read_from_the_configuration():
    def read(url):
        return settings.imap_settings(config.Config({"SECRET_KEY": "x" * 32, "IMAP_URL": url}))

    assert read("") is None
    assert read("imaps://help%40x:p%2Fw@mail.example/Support%20in") == settings.ImapSettings(
        "mail.example", "help@x", "p/w", 993, "Support in", security="tls"
    )
    assert read("imap://help@mail.example").security == "starttls"
    with pytest.raises(config.UnsafeConfiguration, match="IMAP_URL"):
        read("https://mail.example")


DOVECOT = shutil.which("dovecot")


@pytest.mark.skipif(
    not DOVECOT and os.environ.get("MAIL_SERVERS") != "required", reason="dovecot is not installed; .ci/run installs it"
)
def test_dovecot_hands_over_the_same_bytes():
    with running_dovecot(MAILS) as box:
        taken = []
        given = mailbox(box, move_to="Taken", timeout=30)
        imap.fetch_mails(given, lambda external_id, raw: taken.append(raw))
        assert sorted(taken) == MAILS
        assert imap.fetch_mails(given, lambda external_id, raw: taken.append(raw)) == 0


@dataclasses.dataclass
class Dovecot:
    """A running Dovecot on this port."""

    port: int


@contextlib.contextmanager
def running_dovecot(mails, oauth_port=0):
    """A dovecot of our own on a free port with ``mails`` in the mailbox of "help": as ourselves, or as root with the
    users its package brings. With ``oauth_port`` it asks the provider there about access tokens.
    """
    folder = Path(tempfile.mkdtemp(prefix="helpdesk-dovecot-"))  # pytest's own folders are closed to dovecot's users
    folder.chmod(0o755)
    port = conftest.free_port()
    for name in ("new", "cur", "tmp"):
        (folder / "Maildir" / name).mkdir(parents=True)
    for number, raw in enumerate(mails):
        (folder / "Maildir" / "new" / f"{number}.mail").write_bytes(raw)
    owner = pwd.getpwnam("nobody" if os.getuid() == 0 else getpass.getuser())  # dovecot opens no mailbox of root's
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner.pw_uid, owner.pw_gid)
    (folder / "users").write_text(f"help:{{PLAIN}}right:{owner.pw_uid}:{owner.pw_gid}::{folder}\n")
    (folder / "users").chmod(0o644)
    written = dovecot_settings(folder, port)
    if oauth_port:
        written += oauth_passdb(folder, oauth_port)
    (folder / "dovecot.conf").write_text(written)
    process = subprocess.Popen(["dovecot", "-F", "-c", str(folder / "dovecot.conf")])
    try:
        _wait_until_open(folder, port)
        yield Dovecot(port)
    finally:
        process.terminate()
        process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_open(folder, port):
    ends = time.monotonic() + 90
    while True:
        try:
            with imap.open_mailbox(mailbox(Dovecot(port), timeout=30)):
                return
        except errors.TemporaryError:
            log = folder / "log"
            assert time.monotonic() < ends, log.read_text() if log.exists() else "dovecot said nothing"
            time.sleep(0.1)


def oauth_passdb(folder: Path, port: int) -> str:
    """Dovecot's own documentation: "Password database: oauth2"."""
    (folder / "oauth.conf").write_text(
        f"introspection_mode = post\nintrospection_url = http://127.0.0.1:{port}/introspect\n"
        "username_attribute = username\nactive_attribute = active\nactive_value = true\n"
    )
    (folder / "oauth.conf").chmod(0o644)
    return f"""
auth_mechanisms = plain login xoauth2
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth.conf
}}
"""


def dovecot_settings(folder: Path, port: int) -> str:
    internal, login = ("dovecot", "dovenull") if os.getuid() == 0 else (getpass.getuser(),) * 2
    group = grp.getgrgid(pwd.getpwnam(internal).pw_gid).gr_name
    return f"""
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
log_path = {folder}/log
ssl = no
disable_plaintext_auth = no
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
first_valid_uid = 0
first_valid_gid = 0
mail_location = maildir:{folder}/Maildir
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = passwd-file
  args = {folder}/users
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
"""
