"""A test mail goes the whole way and comes back; what is missing is said."""

import threading

import pytest

from helpdesk.channels.email import administration, mail_loop
from helpdesk.cli import doctor
from helpdesk.domain.errors import ValidationError
from tests import worker_helpers
from tests.domain import mail_samples

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def sentences():
    return [
        finding.sentence
        for finding in administration.describe_incoming()
        if "whole way" in finding.sentence or "The test mail" in finding.sentence
    ]


def test_the_mail_that_comes_back_is_recorded_and_waits_nowhere(app, session, mailbox, make):
    admin = make.agent("Ada", role="admin")
    assert "not been tried" in sentences()[0]
    mail_loop.start(admin)
    session.commit()
    worker_helpers.drain(session)
    [mail] = mailbox.mails
    assert mail.recipients[0].endswith("@" + mail_samples.REPLIES) and mail.recipients[0].startswith("reply+")
    assert "has not come back" in sentences()[0]
    post = mail_samples.Post(app, session)
    post(mail.raw)
    state = mail_loop.get_state()
    assert state.arrived_at and (post.last().state, post.last().payload["kind"]) == ("ignored", "automatic")
    assert "came back" in sentences()[0]


def test_an_earlier_try_is_not_taken_for_the_latest(app, session, mailbox, make):
    admin = make.agent("Ada", role="admin")
    for _ in range(2):
        mail_loop.start(admin)
        session.commit()
        worker_helpers.drain(session)
    mail_samples.Post(app, session)(mailbox.mails[0].raw)
    assert mail_loop.get_state().arrived_at is None


def test_only_admins_try_it(make):
    with pytest.raises(Exception, match="Only admins"):
        mail_loop.start(make.agent("Tom"))


def test_the_doctor_sends_it_and_waits(app, session, mailbox):
    def bring_back():
        """What a mail server does: deliver to the hook."""
        with mailbox.changed:
            mailbox.changed.wait_for(lambda: mailbox.mails, 60)
        mail = mailbox.mails[0]
        headers = {"X-Inbound-Secret": mail_samples.SECRET}
        app.test_client().post("/hooks/email", data=mail.raw, headers=headers, content_type="message/rfc822")

    session.rollback()
    server = threading.Thread(target=bring_back)
    server.start()
    answer = app.test_cli_runner().invoke(doctor.doctor, ["--quick", "--mail-loop"])
    server.join()
    assert "The test mail came back after" in answer.output, answer.output


class TestWithoutReplies:
    @pytest.fixture
    def settings(self, workspace, mailbox):
        return mail_samples.settings(workspace, mailbox) | {"INBOUND_MAIL_DOMAIN": ""}

    def test_what_is_missing_is_said(self, app, session):
        with pytest.raises(ValidationError, match="INBOUND_MAIL_DOMAIN"):
            mail_loop.start(None)
        answer = app.test_cli_runner().invoke(doctor.doctor, ["--quick", "--mail-loop"])
        assert "WRONG" in answer.output and "INBOUND_MAIL_DOMAIN is not set" in answer.output
