"""Polling: a mail is taken only after it was accepted. Against a small server always, against dovecot where it is installed."""

import shutil
import subprocess
import time

import pytest

from helpdesk import config
from helpdesk.channels import email as channel
from helpdesk.channels import errors
from helpdesk.channels.email import check, imap, settings
from tests.channels.email import imap_server

MAILS = [b"Message-ID: <%d@x>\r\nFrom: ann@globex.example\r\n\r\nHello %d\r\n" % (n, n) for n in range(3)]


def mailbox(box, **more):
    return settings.Imap(
        "127.0.0.1",
        "help",
        **{"password": "right", "port": box.port, "security": "none", "timeout": 2} | more,
    )


def test_every_unseen_mail_is_handed_over_once_and_marked_seen():
    taken = []
    with imap_server.Mailbox(MAILS) as box:
        assert imap.fetch(mailbox(box), lambda external_id, raw: taken.append((external_id, raw))) == 3
        assert imap.fetch(mailbox(box), lambda external_id, raw: taken.append((external_id, raw))) == 0
    assert taken == [(channel.fingerprint(raw), raw) for raw in MAILS]


def test_a_mail_that_was_not_accepted_stays_unseen():
    taken = []

    def accept(external_id, raw):
        if raw == MAILS[1] and not taken[1:]:
            taken.append("crash")
            raise RuntimeError("the database is away")
        taken.append(raw)

    with imap_server.Mailbox(MAILS) as box:
        with pytest.raises(RuntimeError):
            imap.fetch(mailbox(box), accept)
        assert box.seen == {11}
        assert imap.fetch(mailbox(box), accept) == 2
    assert taken == [MAILS[0], "crash", MAILS[1], MAILS[2]]


def test_what_was_taken_is_moved_where_a_folder_is_named():
    with imap_server.Mailbox(MAILS) as box:
        imap.fetch(mailbox(box, move_to="Taken"), lambda external_id, raw: None)
        assert box.mails == {}
        assert box.moved == {"Taken": MAILS}


def test_a_mailbox_that_does_not_open_says_why():
    with imap_server.Mailbox() as box:
        with pytest.raises(errors.Blocked, match="user name or password"):
            imap.fetch(mailbox(box, password="wrong"), print)
        with pytest.raises(errors.Blocked, match="no folder Support"):
            imap.fetch(mailbox(box, folder="Support"), print)
        assert [finding.ok for finding in check.imap(mailbox(box))] == [True]
    assert [finding.ok for finding in check.imap(mailbox(box))] == [False]
    with pytest.raises(errors.Temporary):
        imap.fetch(mailbox(box), print)


def test_a_password_does_not_travel_in_the_clear():
    with pytest.raises(errors.Blocked, match="without TLS"):
        imap.fetch(settings.Imap("mail.example.net", "help", "right", security="none"), print)


def test_the_address_of_a_mailbox_is_read_from_the_configuration():
    def read(url):
        return settings.imap(config.Config({"SECRET_KEY": "x" * 32, "IMAP_URL": url}))

    assert read("") is None
    assert read("imaps://help%40x:p%2Fw@mail.example/Support%20in") == settings.Imap(
        "mail.example", "help@x", "p/w", 993, "Support in", security="tls"
    )
    assert read("imap://help@mail.example").security == "starttls"
    with pytest.raises(ValueError, match="IMAP_URL"):
        read("https://mail.example")


@pytest.mark.skipif(not shutil.which("dovecot"), reason="dovecot is not installed; .ci/run installs it")
def test_dovecot_hands_over_the_same_bytes(tmp_path):
    """A dovecot of our own, as ourselves, on a free port."""
    import getpass
    import os

    from tests import conftest

    port, user = conftest.free_port(), getpass.getuser()
    (tmp_path / "users").write_text(f"help:{{PLAIN}}right:{os.getuid()}:{os.getgid()}::{tmp_path}\n")
    inbox = tmp_path / "Maildir" / "new"
    for folder in ("new", "cur", "tmp"):
        (tmp_path / "Maildir" / folder).mkdir(parents=True)
    for number, raw in enumerate(MAILS):
        (inbox / f"{number}.mail").write_bytes(raw)
    (tmp_path / "dovecot.conf").write_text(
        f"protocols = imap\nlisten = 127.0.0.1\nbase_dir = {tmp_path}/run\nlog_path = {tmp_path}/log\nssl = no\n"
        f"disable_plaintext_auth = no\ndefault_internal_user = {user}\ndefault_login_user = {user}\n"
        f"default_internal_group = {user}\nfirst_valid_uid = 0\nmail_location = maildir:{tmp_path}/Maildir\n"
        f"passdb {{\n driver = passwd-file\n args = {tmp_path}/users\n}}\nuserdb {{\n driver = passwd-file\n args = {tmp_path}/users\n}}\n"
        f"service imap-login {{\n chroot =\n inet_listener imap {{\n port = {port}\n }}\n inet_listener imaps {{\n port = 0\n }}\n}}\n"
        "service anvil {\n chroot =\n}\n"
    )
    process = subprocess.Popen(["dovecot", "-F", "-c", str(tmp_path / "dovecot.conf")])
    try:
        taken = []
        given = settings.Imap("127.0.0.1", "help", "right", port=port, security="none", move_to="Taken")
        for _ in range(50):
            try:
                imap.fetch(given, lambda external_id, raw: taken.append(raw))
                break
            except errors.Temporary:
                time.sleep(0.1)
        assert sorted(taken) == MAILS
        assert imap.fetch(given, lambda external_id, raw: taken.append(raw)) == 0
    finally:
        process.terminate()
        process.wait(10)
