"""Mail for admins and accounts: signatures, records, trials, warnings, invitations, a polled mailbox."""

from datetime import timedelta

import dkim
import pytest

from helpdesk import config
from helpdesk.channels.email import administration, dkim_signing
from helpdesk.demo import personas
from helpdesk.domain import outbox
from helpdesk.domain.authentication import invitations, magic_links
from helpdesk.domain.monitoring import delivery_alerts
from helpdesk.models.delivery import Delivery
from helpdesk.models.user import Identity
from tests import worker_helpers
from tests.domain import mail_samples


class TestSigned:
    KEY = dkim_signing.generate_key("support.example")

    @pytest.fixture(name="settings")
    def environment(self, workspace, mailbox):
        return mail_samples.settings(workspace, mailbox) | {"DKIM_PRIVATE_KEY": self.KEY.private_key}

    def test_mail_is_signed_for_the_domain_it_comes_from(self, filed_ticket, session, mailbox, say):
        filed_ticket.organization.from_address = "care@globex-care.example"
        asked = []

        def dns(name, timeout=5):
            asked.append(name.decode())
            return dkim_signing.public_key_record(self.KEY).encode()

        say("word")
        assert dkim.verify(mailbox.list_for(mail_samples.DANA)[-1].raw, dnsfunc=dns)
        mail_samples.save_settings(session, use_custom_from=True)
        say("word")
        assert dkim.verify(mailbox.list_for(mail_samples.DANA)[-1].raw, dnsfunc=dns)
        assert asked == ["helpdesk._domainkey.support.example.", "helpdesk._domainkey.globex-care.example."]


def test_people_are_let_in_by_mail(make, session, mailbox, filed_ticket):
    admin = make.agent("Ada", role="admin")
    mailbox.clear()
    invitations.invite_agent("new@support.example", "New", "lead", actor=admin)
    browser = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
    magic_links.request_link(mail_samples.DANA, browser_token="b" * 43, browser=browser)
    identity = Identity(user_id=filed_ticket.requester_id, provider="google", issuer="i", subject="s")
    session.add(identity)
    session.flush()
    outbox.enqueue_account_mail("linked", identity.id)
    session.commit()
    worker_helpers.drain(session)
    assert "Ada" in mailbox.list_for("new@support.example")[-1].text
    sign_in, linked = mailbox.list_for(mail_samples.DANA)
    assert sign_in.code and "10 minutes" in sign_in.text and "Google" in linked.text
    assert "Requested from Firefox on Linux" in sign_in.text and "Mozilla" not in sign_in.text
    assert "List-Unsubscribe" not in sign_in.message


def test_admins_are_notified_once_when_nothing_gets_out_and_not_after_the_repair(
    make, session, mailbox, filed_ticket, workspace, say
):
    admin = make.agent("Ada", role="admin", email="ada@support.example")
    workspace.archive(personas.TRIAGE_CHANNEL_ID)
    say("stuck")
    for row in session.query(Delivery).filter(Delivery.state == "pending"):
        row.created_at -= timedelta(minutes=11)
    session.commit()
    assert delivery_alerts.alert_admins() == 1
    session.commit()
    assert delivery_alerts.alert_admins() == 0
    session.commit()
    worker_helpers.drain(session)
    mail = mailbox.list_for(admin.email)[-1]
    assert "not getting out" in mail.subject and "archived" in mail.text
    workspace.unarchive(personas.TRIAGE_CHANNEL_ID)
    for _ in range(3):
        worker_helpers.advance_time(session)
        worker_helpers.drain(session)
    assert delivery_alerts.alert_admins() == 0
    session.commit()
    assert session.query(Delivery).filter_by(kind="delivery_alert").count() == 1


def test_an_admin_tries_mail_out_and_sees_every_mail_beforehand(make, session, mailbox):
    admin = make.agent("Ada", role="admin")
    administration.send_test_mail(admin)
    session.commit()
    worker_helpers.drain(session)
    assert "mail works" in mailbox.list_for(admin.email)[-1].subject
    mail_samples.save_settings(session, portal_name="Our help")
    previews = administration.render_previews()
    assert {"reply", "received", "solved", "closing_soon", "invitation", "sign_in"} <= set(previews)
    assert "Our help" in previews["received"].html and all(preview.subject for preview in previews.values())


def test_a_server_that_never_signs_by_the_name_that_is_trusted_is_reported(app, session, mailbox, filed_ticket):
    """Microsoft 365 names no server (go-msgauth#64)."""
    post, mail = mail_samples.Post(app, session), mailbox.list_for(mail_samples.DANA)[-1]

    def bad():
        return [each.sentence for each in administration.describe_incoming() if "None of the latest" in each.sentence]

    raw = mail_samples.reply(mail)
    post(raw)
    for number in range(administration.LOOKED_AT_MAILS):
        assert bad() == []
        unnamed = raw.replace(b"Authentication-Results: demo;", b"Authentication-Results: spf=pass;")
        post(unnamed.replace(b"Message-ID: <", b"Message-ID: <%d" % number))
        assert post.last().state == "quarantined"
    [sentence] = bad()
    assert "of demo" in sentence
    post(raw.replace(b"Message-ID: <", b"Message-ID: <other"))
    assert (post.last().state, bad()) == ("done", [])


def test_the_records_a_custom_address_needs(filed_ticket, session, maya):
    administration.set_organization_address(filed_ticket.organization, "Care@Globex-Care.example", actor=maya)
    session.commit()
    assert [sender.email for sender in administration.list_senders()] == [
        "help@support.example",
        "care@globex-care.example",
    ]
    names = [record.name for record in administration.required_dns_records("care@globex-care.example")]
    assert names == ["globex-care.example", "_dmarc.globex-care.example"]
    from helpdesk.domain.errors import ValidationError

    with pytest.raises(ValidationError):
        administration.set_organization_address(filed_ticket.organization, "a@b.example, c@d.example", actor=maya)


def test_a_mailbox_is_polled_into_the_same_inbox(filed_ticket, session, app, mailbox):
    from helpdesk.channels.email import imap_polling as polled
    from helpdesk.models.inbound_event import InboundEvent
    from tests.channels.email import imap_server

    raw = mail_samples.reply(mailbox.list_for(mail_samples.DANA)[-1], text="by IMAP")
    with imap_server.Mailbox([raw]) as server:
        current = config.current()
        values = {setting.name: getattr(current, setting.name) for setting in config.ENVIRONMENT_VARIABLES}
        config.set_current(config.Config(values | {"IMAP_URL": f"imap://help:right@127.0.0.1:{server.port}/INBOX"}))
        assert (polled.poll_mailbox(), polled.poll_mailbox()) == (1, 0)
        assert polled.get_mailbox_state()["trouble"] == ""
        server.mails[12], server.refusals[12] = raw, ""
        assert (polled.poll_mailbox(), polled.get_mailbox_state()["failed"]) == (0, ["12"])
    assert polled.poll_mailbox() == 0 and "cannot be reached" in polled.get_mailbox_state()["trouble"]
    config.set_current(current)
    mail_samples.Post(app, session)(raw)
    assert session.query(InboundEvent).filter_by(source="email").count() == 1
    assert filed_ticket.messages[-1].body == "by IMAP"
