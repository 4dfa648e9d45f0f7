"""Outgoing mail: who gets it, what it contains, how it threads, and when none is sent."""

from datetime import timedelta

import pytest

from helpdesk import clock
from helpdesk.domain import tickets
from helpdesk.domain.tickets import auto_close
from tests import worker_helpers
from tests.channels.email.test_email_threads import threads
from tests.domain import mail_samples


@pytest.mark.parametrize("own", [None, "support@globex-care.example"])
def test_a_whole_conversation_is_one_thread_in_the_inbox(filed_ticket, session, mailbox, say, app, own):
    """By a mail program's own rule (RFC 5256, REFERENCES), with answers by mail between, from either address."""
    if own:
        filed_ticket.organization.from_address = own
        mail_samples.save_settings(session, use_custom_from=True)
    post = mail_samples.Post(app, session)
    messages = []
    for number in range(25):
        say(f"word{number}")
        if number % 3 == 0:
            answer = mail_samples.reply(mailbox.list_for(mail_samples.DANA)[-1], text=f"answer{number}")
            post(answer)
            assert post.last().state == "done", post.last().result
            messages.append(answer)
    seen = mailbox.list_for(mail_samples.DANA)
    from email import message_from_bytes, policy

    parsed = [message_from_bytes(raw, policy=policy.default) for raw in [*[mail.raw for mail in seen], *messages]]
    assert threads(parsed) == [len(seen) + len(messages)]
    assert [str(seen[-1].message["From"].addresses[0].addr_spec)] == [own or "help@support.example"]
    assert len(mail_samples.ids(seen[-1].message["References"])) <= 20
    assert mail_samples.ids(seen[-1].message["References"])[0] == seen[0].message_id
    assert all(mail.subject.startswith(f"[#{filed_ticket.number}]") for mail in seen)


def test_the_sender_is_called_by_those_who_speak(filed_ticket, session, mailbox, say, make, maya):
    oscar = make.user(filed_ticket.organization, "Oscar", email="oscar@globex.example")
    say("From a colleague", by=oscar)
    say("From the team")
    names = [mail.message["From"].addresses[0].display_name for mail in mailbox.list_for(mail_samples.DANA)[-2:]]
    assert names == ["Oscar via Support", "Maya, Support"]
    mail_samples.save_settings(session, mail_grouping_seconds=30)
    for author in (oscar, maya, make.agent("Tom")):
        say("One of several", by=author, send=False)
    worker_helpers.advance_time(session, 31)
    worker_helpers.drain(session)
    assert (
        mailbox.list_for(mail_samples.DANA)[-1].message["From"].addresses[0].display_name
        == "Tom and others via Support"
    )


def test_private_links_in_a_message_are_cut_however_it_was_written(filed_ticket, session, mailbox, say):
    link = "https://help.example/unsubscribe/12/" + "q" * 40
    message = say(f"Look: {link}")
    tickets.edit_message(message, editor=message.author, body=f"Look again: {link}")
    session.commit()
    assert "qqq" not in message.body and "/unsubscribe/12/…" in message.body
    assert all("qqq" not in mail.text for mail in mailbox.mails)


def test_solved_asks_for_a_rating_on_a_page(filed_ticket, session, mailbox, maya):
    tickets.solve(filed_ticket, actor=maya)
    session.commit()
    worker_helpers.drain(session)
    mail = mailbox.list_for(mail_samples.DANA)[-1]
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
    mail = mailbox.list_for(mail_samples.DANA)[-1]
    assert "closes" in mail.subject.lower() or "close" in mail.text
    assert "JST" in mail.text


def test_an_edit_shows_in_the_next_mail_as_a_correction(filed_ticket, session, mailbox, say, maya):
    wrong = say("The port is 8080.")
    tickets.edit_message(wrong, editor=maya, body="The port is 8443.")
    session.commit()
    worker_helpers.drain(session)
    say("Does it work?")
    mail = mailbox.list_for(mail_samples.DANA)[-1]
    assert "8443" in mail.text and "8080" not in mail.text and "corrected since it was mailed" in mail.text


def test_what_may_still_be_taken_back_is_in_no_other_mail(filed_ticket, session, mailbox, say, make, maya):
    """Somebody who joins before the reply is released gets no mail of it, only those that follow."""
    oscar = make.user(filed_ticket.organization, "Oscar", email="oscar@globex.example")
    say("Said for good")
    answer = tickets.reply(filed_ticket, author=maya, body="Undecided", release_at=clock.now() + timedelta(seconds=20))
    tickets.add_follower(filed_ticket, oscar, actor=maya)
    say("Any news?", by=filed_ticket.requester)
    [mail] = mailbox.list_for(oscar.email)
    assert "Any news?" in mail.text and "Said for good" in mail.text and "Undecided" not in mail.text
    tickets.convert_to_note(answer, editor=maya)
    session.commit()
    worker_helpers.advance_time(session, 30)
    say("Still nothing?", by=filed_ticket.requester)
    assert not any("Undecided" in mail.text for mail in mailbox.list_for(oscar.email))


def test_times_are_on_the_readers_clock(filed_ticket, session, mailbox, say):
    filed_ticket.requester.time_zone = "Asia/Kolkata"
    session.commit()
    message = say("word")
    local = message.created_at + timedelta(hours=5, minutes=30)
    assert f"{local:%H:%M} IST" in mailbox.list_for(mail_samples.DANA)[-1].text


def test_no_name_and_no_subject_writes_a_header_of_its_own(filed_ticket, session, mailbox, say, make):
    filed_ticket.requester.name = "Dana\r\nBcc: eve@evil.example"
    filed_ticket.subject = "Hi\r\nX-Evil: 1"
    session.commit()
    say("**bold** <img src=x onerror=alert(1)> [a](javascript:alert(1))", by=make.agent("Eve\nBcc: eve@evil.example"))
    mail = mailbox.list_for(mail_samples.DANA)[-1]
    assert mail.recipients == (mail_samples.DANA,)
    assert not {"bcc", "x-evil"} & {name.lower() for name, _ in mail.headers}
    assert "<img" not in mail.html and 'href="javascript:' not in mail.html and "<strong>bold</strong>" in mail.html


def test_small_pictures_stand_in_the_mail_where_the_setting_says_so(filed_ticket, session, mailbox, maya):
    from io import BytesIO

    from helpdesk.domain.tickets import attachments

    for inline in (False, True):
        mail_samples.save_settings(session, mail_inline_images=inline)
        picture = attachments.store_upload(BytesIO(b"\x89PNG\r\n\x1a\n" + b"p" * 300), "chart.png", "image/png", maya)
        tickets.reply(filed_ticket, author=maya, body="See", attachments=[picture])
        session.commit()
        worker_helpers.drain(session)
        mail = mailbox.list_for(mail_samples.DANA)[-1]
        kinds = [part.get_content_type() for part in mail.message.walk()]
        assert ("image/png" in kinds, "cid:" in mail.html) == (inline, inline)
        assert f"http://localhost/tickets/{filed_ticket.number}#message-" in mail.text
