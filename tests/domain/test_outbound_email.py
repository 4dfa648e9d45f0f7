"""Outgoing mail: who gets it, what it contains, how it threads, and when none is sent."""

from datetime import timedelta

import dkim
import pytest

from helpdesk import clock, config, presence
from helpdesk.channels.email import administration, dkim_signing, undeliverable
from helpdesk.demo import personas
from helpdesk.domain import outbox, tickets
from helpdesk.domain.administration import settings
from helpdesk.domain.authentication import invitations, magic_links
from helpdesk.domain.monitoring import delivery_alerts
from helpdesk.domain.tickets import auto_close
from helpdesk.models.delivery import Delivery
from helpdesk.models.thread import Thread
from helpdesk.models.user import Identity
from tests import worker_helpers
from tests.channels.email.test_email_threads import threads
from tests.domain import mail_samples

DANA = "dana@globex.example"


@pytest.fixture(name="settings")
def environment(workspace, mailbox):
    return mail_samples.settings(workspace, mailbox)


@pytest.fixture
def filed_ticket(make, session, mailbox):
    """A ticket whose first mail has arrived."""
    return mail_samples.filed_ticket(make, session)


@pytest.fixture
def maya(make):
    return make.agent("Maya")


@pytest.fixture
def say(filed_ticket, session, maya):
    """``say(words)`` as Maya; sends what is due."""

    def say(body, by=None, send=True):
        message = tickets.reply(filed_ticket, author=by or maya, body=body)
        session.commit()
        if send:
            worker_helpers.drain(session)
        return message

    return say


def choose(session, **values):
    for name, value in values.items():
        settings.set(name, value)
    session.commit()


def rows(session, filed_ticket, kind="message"):
    """The mail deliveries of the ticket's requester, oldest first."""
    mine = (
        session.query(Delivery).join(Thread).filter(Thread.user_id == filed_ticket.requester_id, Delivery.kind == kind)
    )
    return mine.order_by(Delivery.id).populate_existing().all()


@pytest.mark.parametrize("own", [None, "support@globex-care.example"])
def test_a_whole_conversation_is_one_thread_in_the_inbox(filed_ticket, session, mailbox, say, app, own):
    """By a mail program's own rule (RFC 5256, REFERENCES), with answers by mail between, from either address."""
    if own:
        filed_ticket.organization.from_address = own
        choose(session, use_custom_from=True)
    post = mail_samples.Post(app, session)
    messages = []
    for number in range(25):
        say(f"word{number}")
        if number % 3 == 0:
            answer = mail_samples.reply(mailbox.list_for(DANA)[-1], text=f"answer{number}")
            post(answer)
            assert post.last().state == "done", post.last().result
            messages.append(answer)
    seen = mailbox.list_for(DANA)
    from email import message_from_bytes, policy

    parsed = [message_from_bytes(raw, policy=policy.default) for raw in [*[mail.raw for mail in seen], *messages]]
    assert threads(parsed) == [len(seen) + len(messages)]
    assert [str(seen[-1].message["From"].addresses[0].addr_spec)] == [own or "help@support.example"]
    assert len(mail_samples.ids(seen[-1].message["References"])) <= 20
    assert mail_samples.ids(seen[-1].message["References"])[0] == seen[0].message_id
    assert all(mail.subject.startswith(f"[#{filed_ticket.number}]") for mail in seen)


def test_a_burst_leaves_as_one_mail_in_which_nothing_is_lost(filed_ticket, session, mailbox, say):
    choose(session, mail_grouping_seconds=30)
    mailbox.clear()
    for word in ("first", "second", "third"):
        say(word)
    assert mailbox.list_for(DANA) == []
    worker_helpers.advance_time(session, 31)
    worker_helpers.drain(session)
    [mail] = mailbox.list_for(DANA)
    assert mail.text.index("first") < mail.text.index("second") < mail.text.index("third")
    assert [(row.state, row.external_id) for row in rows(session, filed_ticket)] == [("sent", mail.message_id)] * 3
    say("fourth")
    worker_helpers.advance_time(session, 31)
    worker_helpers.drain(session)
    assert len(mailbox.list_for(DANA)) == 2 and "fourth" in mailbox.list_for(DANA)[-1].text


def solve_with(session, ticket, maya, body):
    """What the page does with "Reply and solve"."""
    until = tickets.window_end()
    tickets.reply(ticket, author=maya, body=body, release_at=until)
    tickets.set_status(ticket, "solved", actor=maya, release_at=until)
    session.commit()
    worker_helpers.advance_time(session, 15)
    worker_helpers.drain(session)


def test_a_reply_that_solves_is_one_mail(filed_ticket, session, mailbox, maya):
    mailbox.clear()
    solve_with(session, filed_ticket, maya, "Here is the answer")
    [mail] = mailbox.list_for(DANA)
    assert "Here is the answer" in mail.text and "marked ticket" in mail.text and "score=5" in mail.text
    assert [row.state for row in rows(session, filed_ticket) + rows(session, filed_ticket, "solved")] == ["sent"] * 2


def test_whoever_wants_no_mail_about_progress_gets_the_reply_alone(filed_ticket, session, mailbox, maya):
    filed_ticket.requester.mail_updates = False
    session.commit()
    mailbox.clear()
    solve_with(session, filed_ticket, maya, "Here is the answer")
    [mail] = mailbox.list_for(DANA)
    assert "Here is the answer" in mail.text and "marked ticket" not in mail.text
    assert rows(session, filed_ticket, "solved")[0].state == "cancelled"


def test_whoever_wants_no_replies_is_mailed_only_that_it_is_solved(filed_ticket, session, mailbox, maya):
    filed_ticket.requester.mail_replies = False
    session.commit()
    mailbox.clear()
    solve_with(session, filed_ticket, maya, "Here is the answer")
    [mail] = mailbox.list_for(DANA)
    assert "marked ticket" in mail.text.split("Earlier in")[0] and "Here is" not in mail.text.split("Earlier in")[0]


def test_the_sender_is_called_by_those_who_speak(filed_ticket, session, mailbox, say, make, maya):
    oscar = make.user(filed_ticket.organization, "Oscar", email="oscar@globex.example")
    say("From a colleague", by=oscar)
    say("From the team")
    names = [mail.message["From"].addresses[0].display_name for mail in mailbox.list_for(DANA)[-2:]]
    assert names == ["Oscar via Support", "Maya, Support"]
    choose(session, mail_grouping_seconds=30)
    for author in (oscar, maya, make.agent("Tom")):
        say("One of several", by=author, send=False)
    worker_helpers.advance_time(session, 31)
    worker_helpers.drain(session)
    assert mailbox.list_for(DANA)[-1].message["From"].addresses[0].display_name == "Tom and others via Support"


def test_private_links_in_a_message_are_cut_however_it_was_written(filed_ticket, session, mailbox, say):
    link = "https://help.example/unsubscribe/12/" + "q" * 40
    message = say(f"Look: {link}")
    tickets.edit_message(message, editor=message.author, body=f"Look again: {link}")
    session.commit()
    assert "qqq" not in message.body and "/unsubscribe/12/…" in message.body
    assert all("qqq" not in mail.text for mail in mailbox.mails)


def test_without_grouping_each_leaves_by_itself(filed_ticket, session, mailbox, say):
    mailbox.clear()
    for word in ("first", "second"):
        say(word, send=False)
    worker_helpers.drain(session)
    assert len(mailbox.list_for(DANA)) == 2


def test_a_burst_stops_at_what_may_still_be_taken_back(filed_ticket, session, mailbox, maya):
    choose(session, mail_grouping_seconds=30)
    mailbox.clear()
    tickets.reply(filed_ticket, author=maya, body="said")
    tickets.reply(filed_ticket, author=maya, body="undecided", release_at=clock.now() + timedelta(hours=2))
    session.commit()
    worker_helpers.advance_time(session, 31)
    worker_helpers.drain(session)
    [mail] = mailbox.list_for(DANA)
    assert "said" in mail.text and "undecided" not in mail.text
    assert [row.state for row in rows(session, filed_ticket)] == ["sent", "pending"]


def test_a_carried_message_deleted_before_the_mail_leaves_is_not_in_it(filed_ticket, session, mailbox, say, maya):
    choose(session, mail_grouping_seconds=30)
    say("stays", send=False)
    regretted = say("regretted", send=False)
    mailbox.clear()
    mailbox.misbehave("rcpt_4xx", times=1)
    worker_helpers.advance_time(session, 31)
    worker_helpers.drain(session)
    assert mailbox.list_for(DANA) == []
    tickets.delete_message(regretted, editor=maya)
    session.commit()
    worker_helpers.advance_time(session)
    worker_helpers.drain(session)
    [mail] = mailbox.list_for(DANA)
    assert "stays" in mail.text and "regretted" not in mail.text


def test_what_may_have_arrived_goes_again_as_the_same_bytes_and_is_forgotten_once_it_has(
    filed_ticket, session, mailbox, say
):
    mailbox.clear()
    mailbox.misbehave("drop_after_data", times=1)
    say("unmistakable")
    [row] = rows(session, filed_ticket)
    assert row.state == "unknown" and row.content
    filed_ticket.requester.name = "Dana Renamed"
    session.commit()
    worker_helpers.advance_time(session)
    worker_helpers.drain(session)
    first, second = mailbox.list_for(DANA)
    assert first.raw == second.raw
    [row] = rows(session, filed_ticket)
    assert (row.state, row.content) == ("sent", None)


def test_whoever_lost_the_right_gets_nothing_not_even_what_was_written_before(filed_ticket, session, mailbox, say):
    mailbox.clear()
    mailbox.misbehave("drop_before_data", times=1)
    mailbox.misbehave("data_4xx", times=1)
    say("secret")
    mailbox.misbehave("drop_after_data", times=1)
    worker_helpers.advance_time(session)
    worker_helpers.drain(session)
    arrived = len(mailbox.list_for(DANA))
    filed_ticket.organization.portal_enabled = False
    session.commit()
    worker_helpers.advance_time(session)
    worker_helpers.drain(session)
    assert len(mailbox.list_for(DANA)) == arrived
    [row] = rows(session, filed_ticket)
    assert row.state == "cancelled" and "may no longer see" in row.reason


def test_a_follower_who_sees_only_their_own_gets_it_as_long_as_they_follow(
    filed_ticket, session, mailbox, say, make, maya
):
    oscar = make.user(filed_ticket.organization, "Oscar", email="oscar@globex.example", ticket_visibility="own")
    tickets.add_follower(filed_ticket, oscar, actor=filed_ticket.requester)
    session.commit()
    say("one")
    assert (
        "one" in mailbox.list_for(oscar.email)[-1].text
        and "You follow this ticket" in mailbox.list_for(oscar.email)[-1].text
    )
    reply_to = mailbox.list_for(oscar.email)[-1].message["Reply-To"]
    assert reply_to != mailbox.list_for(DANA)[-1].message["Reply-To"]
    tickets.remove_follower(filed_ticket, oscar, actor=oscar)
    session.commit()
    say("two")
    assert len(mailbox.list_for(oscar.email)) == 1
    tickets.add_follower(filed_ticket, oscar, actor=filed_ticket.requester)
    session.commit()
    say("three")
    again = mailbox.list_for(oscar.email)[-1]
    assert "three" in again.text and again.message["Reply-To"] not in (None, reply_to)


def test_one_is_mailed_no_word_of_ones_own(filed_ticket, session, mailbox, say):
    mailbox.clear()
    say("my own words", by=filed_ticket.requester)
    assert mailbox.list_for(DANA) == []


def test_somebody_at_the_page_is_mailed_only_what_they_leave_unread(filed_ticket, session, mailbox, say):
    mailbox.clear()
    presence.mark_present(filed_ticket.id, filed_ticket.requester_id)
    say("read")
    assert mailbox.list_for(DANA) == [] and rows(session, filed_ticket)[0].state == "pending"
    tickets.save_read_receipt(tickets.pending_read_receipt(filed_ticket, filed_ticket.requester))
    session.commit()
    worker_helpers.advance_time(session)
    presence.mark_present(filed_ticket.id, filed_ticket.requester_id)  # still there
    worker_helpers.drain(session)
    assert mailbox.list_for(DANA) == [] and "read it in the portal" in rows(session, filed_ticket)[0].reason
    say("unread")
    from helpdesk import extensions

    extensions.redis().delete(f"helpdesk:present:{filed_ticket.id}")
    worker_helpers.advance_time(session)
    worker_helpers.drain(session)
    assert "unread" in mailbox.list_for(DANA)[-1].text


def test_the_setting_mails_readers_too(filed_ticket, session, mailbox, say):
    choose(session, mail_while_reading=True)
    presence.mark_present(filed_ticket.id, filed_ticket.requester_id)
    say("word")
    assert "word" in mailbox.list_for(DANA)[-1].text


def test_preferences_are_kept(filed_ticket, session, mailbox, say, maya):
    filed_ticket.requester.mail_replies = False
    session.commit()
    mailbox.clear()
    say("unwanted")
    assert mailbox.mails == []
    filed_ticket.requester.mail_replies, filed_ticket.requester.mail_updates = True, False
    session.commit()
    tickets.solve(filed_ticket, actor=maya)
    session.commit()
    worker_helpers.drain(session)
    assert mailbox.mails == []


def test_one_click_ends_the_mails_of_a_ticket_for_good(filed_ticket, session, mailbox, say, maya, client):
    say("wanted")
    mail = mailbox.list_for(DANA)[-1]
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = mail.message["List-Unsubscribe"].strip("<> ").removeprefix("http://localhost")
    assert client.get(path).status_code == 200
    session.expire_all()
    assert next(thread for thread in filed_ticket.threads if thread.user_id).ended_at is None
    session.rollback()
    assert client.post(path, data="List-Unsubscribe=One-Click").status_code == 200
    mailbox.clear()
    session.expire_all()
    say("unwanted")
    tickets.solve(filed_ticket, actor=maya)
    session.commit()
    worker_helpers.drain(session)
    assert mailbox.mails == []


def test_solved_asks_for_a_rating_on_a_page(filed_ticket, session, mailbox, maya):
    tickets.solve(filed_ticket, actor=maya)
    session.commit()
    worker_helpers.drain(session)
    mail = mailbox.list_for(DANA)[-1]
    assert "Maya" in mail.text
    links = [link for link in mail.links if "/rating" in link]
    assert links == [f"http://localhost/tickets/{filed_ticket.number}/rating?score={score}" for score in range(1, 6)]


def test_a_mail_of_a_ticket_taken_up_again_stays_away(filed_ticket, session, mailbox, maya):
    mailbox.clear()
    tickets.solve(filed_ticket, actor=maya)
    tickets.reopen(filed_ticket, actor=maya)
    session.commit()
    worker_helpers.drain(session)
    assert mailbox.mails == []


def test_the_customer_is_mailed_before_a_ticket_closes(filed_ticket, session, mailbox, maya):
    tickets.solve(filed_ticket, actor=maya)
    filed_ticket.solved_at -= timedelta(days=6, hours=12)
    filed_ticket.requester.time_zone = "Asia/Tokyo"
    session.commit()
    assert auto_close.warn_before_closing() == 1
    session.commit()
    worker_helpers.drain(session)
    mail = mailbox.list_for(DANA)[-1]
    assert "closes" in mail.subject.lower() or "close" in mail.text
    assert "JST" in mail.text


def test_received_is_said_to_proven_people_only(make, session, mailbox, filed_ticket):
    mailbox.clear()
    unverified = make.user(filed_ticket.organization, "Ines", email="ines@globex.example")
    unverified.email_verified_at = None
    session.commit()
    make.ticket(unverified)
    worker_helpers.drain(session)
    assert mailbox.list_for(unverified.email) == []


def test_an_edit_shows_in_the_next_mail_as_a_correction(filed_ticket, session, mailbox, say, maya):
    wrong = say("The port is 8080.")
    tickets.edit_message(wrong, editor=maya, body="The port is 8443.")
    session.commit()
    worker_helpers.drain(session)
    say("Does it work?")
    mail = mailbox.list_for(DANA)[-1]
    assert "8443" in mail.text and "8080" not in mail.text and "corrected since it was mailed" in mail.text


def test_times_are_on_the_readers_clock(filed_ticket, session, mailbox, say):
    filed_ticket.requester.time_zone = "Asia/Kolkata"
    session.commit()
    message = say("word")
    local = message.created_at + timedelta(hours=5, minutes=30)
    assert f"{local:%H:%M} IST" in mailbox.list_for(DANA)[-1].text


def test_no_name_and_no_subject_writes_a_header_of_its_own(filed_ticket, session, mailbox, say, make):
    filed_ticket.requester.name = "Dana\r\nBcc: eve@evil.example"
    filed_ticket.subject = "Hi\r\nX-Evil: 1"
    session.commit()
    say("**bold** <img src=x onerror=alert(1)> [a](javascript:alert(1))", by=make.agent("Eve\nBcc: eve@evil.example"))
    mail = mailbox.list_for(DANA)[-1]
    assert mail.recipients == (DANA,)
    assert not {"bcc", "x-evil"} & {name.lower() for name, _ in mail.headers}
    assert "<img" not in mail.html and 'href="javascript:' not in mail.html and "<strong>bold</strong>" in mail.html


def test_small_pictures_stand_in_the_mail_where_the_setting_says_so(filed_ticket, session, mailbox, maya):
    from io import BytesIO

    from helpdesk.domain.tickets import attachments

    for inline in (False, True):
        choose(session, mail_inline_images=inline)
        picture = attachments.store_upload(BytesIO(b"\x89PNG\r\n\x1a\n" + b"p" * 300), "chart.png", "image/png", maya)
        tickets.reply(filed_ticket, author=maya, body="See", attachments=[picture])
        session.commit()
        worker_helpers.drain(session)
        mail = mailbox.list_for(DANA)[-1]
        kinds = [part.get_content_type() for part in mail.message.walk()]
        assert ("image/png" in kinds, "cid:" in mail.html) == (inline, inline)
        assert f"http://localhost/tickets/{filed_ticket.number}#message-" in mail.text


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
        assert dkim.verify(mailbox.list_for(DANA)[-1].raw, dnsfunc=dns)
        choose(session, use_custom_from=True)
        say("word")
        assert dkim.verify(mailbox.list_for(DANA)[-1].raw, dnsfunc=dns)
        assert asked == ["helpdesk._domainkey.support.example.", "helpdesk._domainkey.globex-care.example."]


def test_people_are_let_in_by_mail(make, session, mailbox, filed_ticket):
    admin = make.agent("Ada", role="admin")
    mailbox.clear()
    invitations.invite_agent("new@support.example", "New", "lead", actor=admin)
    magic_links.request_link(DANA, browser_token="b" * 43, browser="Firefox on Linux")
    identity = Identity(user_id=filed_ticket.requester_id, provider="google", issuer="i", subject="s")
    session.add(identity)
    session.flush()
    outbox.enqueue_account_mail("linked", identity.id)
    session.commit()
    worker_helpers.drain(session)
    assert "Ada" in mailbox.list_for("new@support.example")[-1].text
    sign_in, linked = mailbox.list_for(DANA)
    assert sign_in.code and "10 minutes" in sign_in.text and "Google" in linked.text
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
    choose(session, portal_name="Our help")
    previews = administration.render_previews()
    assert {"reply", "received", "solved", "closing_soon", "invitation", "sign_in"} <= set(previews)
    assert "Our help" in previews["received"].html and all(preview.subject for preview in previews.values())


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


def test_a_dead_address_blocks_nobody_else(filed_ticket, session, mailbox, say, make):
    oscar = make.user(filed_ticket.organization, "Oscar", email="oscar@globex.example")
    tickets.add_follower(filed_ticket, oscar, actor=filed_ticket.requester)
    session.commit()
    mailbox.misbehave("rcpt_5xx", times=None, recipient=DANA)
    say("one")
    say("two")
    assert [("one" in m.text, "two" in m.text) for m in mailbox.list_for(oscar.email)] == [(True, False), (True, True)]
    session.refresh(filed_ticket.requester)
    assert filed_ticket.requester.mail_failures == 1
    assert [row.state for row in rows(session, filed_ticket)] == ["failed", "pending"]
    mailbox.behave()
    undeliverable.reset_and_retry(filed_ticket.requester, actor=make.agent())
    session.commit()
    worker_helpers.drain(session)
    assert [row.state for row in rows(session, filed_ticket)] == ["sent", "sent"]


def test_a_mailbox_is_polled_into_the_same_inbox(filed_ticket, session, app, mailbox):
    from helpdesk.channels.email import imap_polling as polled
    from helpdesk.models.inbound_event import InboundEvent
    from tests.channels.email import imap_server

    raw = mail_samples.reply(mailbox.list_for(DANA)[-1], text="by IMAP")
    with imap_server.Mailbox([raw]) as server:
        current = config.current()
        values = {setting.name: getattr(current, setting.name) for setting in config.ENVIRONMENT_VARIABLES}
        config.set_current(config.Config(values | {"IMAP_URL": f"imap://help:right@127.0.0.1:{server.port}/INBOX"}))
        assert (polled.poll_mailbox(), polled.poll_mailbox()) == (1, 0)
        assert polled.get_mailbox_state()["trouble"] == ""
    assert polled.poll_mailbox() == 0 and "cannot be reached" in polled.get_mailbox_state()["trouble"]
    config.set_current(current)
    mail_samples.Post(app, session)(raw)
    assert session.query(InboundEvent).filter_by(source="email").count() == 1
    assert filed_ticket.messages[-1].body == "by IMAP"
