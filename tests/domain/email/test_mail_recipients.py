"""Who is mailed about a ticket: rights, followers, what was read on the page, preferences, one click that ends it."""

from helpdesk import presence
from helpdesk.channels.email import undeliverable
from helpdesk.domain import tickets
from tests import worker_helpers
from tests.domain import mail_samples


def test_whoever_lost_the_right_gets_nothing_not_even_what_was_written_before(filed_ticket, session, mailbox, say):
    mailbox.clear()
    mailbox.misbehave("drop_before_data", times=1)
    mailbox.misbehave("data_4xx", times=1)
    say("secret")
    mailbox.misbehave("drop_after_data", times=1)
    worker_helpers.advance_time(session)
    worker_helpers.drain(session)
    arrived = len(mailbox.list_for(mail_samples.DANA))
    filed_ticket.organization.portal_enabled = False
    session.commit()
    worker_helpers.advance_time(session)
    worker_helpers.drain(session)
    assert len(mailbox.list_for(mail_samples.DANA)) == arrived
    [row] = mail_samples.requester_mails(session, filed_ticket)
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
    assert reply_to != mailbox.list_for(mail_samples.DANA)[-1].message["Reply-To"]
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
    assert mailbox.list_for(mail_samples.DANA) == []


def test_somebody_at_the_page_is_mailed_only_what_they_leave_unread(filed_ticket, session, mailbox, say):
    mailbox.clear()
    presence.mark_present(filed_ticket.id, filed_ticket.requester_id)
    say("read")
    assert (
        mailbox.list_for(mail_samples.DANA) == []
        and mail_samples.requester_mails(session, filed_ticket)[0].state == "pending"
    )
    tickets.save_read_receipt(tickets.pending_read_receipt(filed_ticket, filed_ticket.requester))
    session.commit()
    worker_helpers.advance_time(session)
    presence.mark_present(filed_ticket.id, filed_ticket.requester_id)  # still there
    worker_helpers.drain(session)
    assert (
        mailbox.list_for(mail_samples.DANA) == []
        and "read it in the portal" in mail_samples.requester_mails(session, filed_ticket)[0].reason
    )
    say("unread")
    from helpdesk import extensions

    extensions.redis().delete(f"helpdesk:present:{filed_ticket.id}")
    worker_helpers.advance_time(session)
    worker_helpers.drain(session)
    assert "unread" in mailbox.list_for(mail_samples.DANA)[-1].text


def test_the_setting_mails_readers_too(filed_ticket, session, mailbox, say):
    mail_samples.save_settings(session, mail_while_reading=True)
    presence.mark_present(filed_ticket.id, filed_ticket.requester_id)
    say("word")
    assert "word" in mailbox.list_for(mail_samples.DANA)[-1].text


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
    mail = mailbox.list_for(mail_samples.DANA)[-1]
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


def test_received_is_said_to_proven_people_only(make, session, mailbox, filed_ticket):
    mailbox.clear()
    unverified = make.user(filed_ticket.organization, "Ines", email="ines@globex.example")
    unverified.email_verified_at = None
    session.commit()
    make.ticket(unverified)
    worker_helpers.drain(session)
    assert mailbox.list_for(unverified.email) == []


def test_a_dead_address_blocks_nobody_else(filed_ticket, session, mailbox, say, make):
    oscar = make.user(filed_ticket.organization, "Oscar", email="oscar@globex.example")
    tickets.add_follower(filed_ticket, oscar, actor=filed_ticket.requester)
    session.commit()
    mailbox.misbehave("rcpt_5xx", times=None, recipient=mail_samples.DANA)
    say("one")
    say("two")
    assert [("one" in m.text, "two" in m.text) for m in mailbox.list_for(oscar.email)] == [(True, False), (True, True)]
    session.refresh(filed_ticket.requester)
    assert filed_ticket.requester.mail_failures == 1
    assert [row.state for row in mail_samples.requester_mails(session, filed_ticket)] == ["failed", "pending"]
    mailbox.behave()
    undeliverable.reset_and_retry(filed_ticket.requester, actor=make.agent())
    session.commit()
    worker_helpers.drain(session)
    assert [row.state for row in mail_samples.requester_mails(session, filed_ticket)] == ["sent", "sent"]
