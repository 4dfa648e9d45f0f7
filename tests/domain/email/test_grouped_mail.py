"""Messages close to each other leave as one mail, in which nothing is lost, doubled or taken back."""

from datetime import timedelta

from helpdesk import clock
from helpdesk.domain import tickets
from tests import worker_helpers
from tests.domain import mail_samples


def test_a_burst_leaves_as_one_mail_in_which_nothing_is_lost(filed_ticket, session, mailbox, say):
    mail_samples.save_settings(session, mail_grouping_seconds=30)
    mailbox.clear()
    for word in ("first", "second", "third"):
        say(word)
    assert mailbox.list_for(mail_samples.DANA) == []
    worker_helpers.advance_time(session, 31)
    worker_helpers.drain(session)
    [mail] = mailbox.list_for(mail_samples.DANA)
    assert mail.text.index("first") < mail.text.index("second") < mail.text.index("third")
    assert [(row.state, row.external_id) for row in mail_samples.requester_mails(session, filed_ticket)] == [
        ("sent", mail.message_id)
    ] * 3
    say("fourth")
    worker_helpers.advance_time(session, 31)
    worker_helpers.drain(session)
    assert len(mailbox.list_for(mail_samples.DANA)) == 2 and "fourth" in mailbox.list_for(mail_samples.DANA)[-1].text


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
    [mail] = mailbox.list_for(mail_samples.DANA)
    assert "Here is the answer" in mail.text and "marked ticket" in mail.text and "score=5" in mail.text
    assert [
        row.state
        for row in mail_samples.requester_mails(session, filed_ticket)
        + mail_samples.requester_mails(session, filed_ticket, "solved")
    ] == ["sent"] * 2


def test_whoever_wants_no_mail_about_progress_gets_the_reply_alone(filed_ticket, session, mailbox, maya):
    filed_ticket.requester.mail_updates = False
    session.commit()
    mailbox.clear()
    solve_with(session, filed_ticket, maya, "Here is the answer")
    [mail] = mailbox.list_for(mail_samples.DANA)
    assert "Here is the answer" in mail.text and "marked ticket" not in mail.text
    assert mail_samples.requester_mails(session, filed_ticket, "solved")[0].state == "cancelled"


def test_whoever_wants_no_replies_is_mailed_only_that_it_is_solved(filed_ticket, session, mailbox, maya):
    filed_ticket.requester.mail_replies = False
    session.commit()
    mailbox.clear()
    solve_with(session, filed_ticket, maya, "Here is the answer")
    [mail] = mailbox.list_for(mail_samples.DANA)
    assert "marked ticket" in mail.text.split("Earlier in")[0] and "Here is" not in mail.text.split("Earlier in")[0]


def test_without_grouping_each_leaves_by_itself(filed_ticket, session, mailbox, say):
    mailbox.clear()
    for word in ("first", "second"):
        say(word, send=False)
    worker_helpers.drain(session)
    assert len(mailbox.list_for(mail_samples.DANA)) == 2


def test_a_burst_stops_at_what_may_still_be_taken_back(filed_ticket, session, mailbox, maya):
    mail_samples.save_settings(session, mail_grouping_seconds=30)
    mailbox.clear()
    tickets.reply(filed_ticket, author=maya, body="said")
    tickets.reply(filed_ticket, author=maya, body="undecided", release_at=clock.now() + timedelta(hours=2))
    session.commit()
    worker_helpers.advance_time(session, 31)
    worker_helpers.drain(session)
    [mail] = mailbox.list_for(mail_samples.DANA)
    assert "said" in mail.text and "undecided" not in mail.text
    assert [row.state for row in mail_samples.requester_mails(session, filed_ticket)] == ["sent", "pending"]


def test_a_carried_message_deleted_before_the_mail_leaves_is_not_in_it(filed_ticket, session, mailbox, say, maya):
    mail_samples.save_settings(session, mail_grouping_seconds=30)
    say("stays", send=False)
    regretted = say("regretted", send=False)
    mailbox.clear()
    mailbox.misbehave("rcpt_4xx", times=1)
    worker_helpers.advance_time(session, 31)
    worker_helpers.drain(session)
    assert mailbox.list_for(mail_samples.DANA) == []
    tickets.delete_message(regretted, editor=maya)
    session.commit()
    worker_helpers.advance_time(session)
    worker_helpers.drain(session)
    [mail] = mailbox.list_for(mail_samples.DANA)
    assert "stays" in mail.text and "regretted" not in mail.text


def test_what_may_have_arrived_goes_again_as_the_same_bytes_and_is_forgotten_once_it_has(
    filed_ticket, session, mailbox, say
):
    mailbox.clear()
    mailbox.misbehave("drop_after_data", times=1)
    say("unmistakable")
    [row] = mail_samples.requester_mails(session, filed_ticket)
    assert row.state == "unknown" and row.content
    filed_ticket.requester.name = "Dana Renamed"
    session.commit()
    worker_helpers.advance_time(session)
    worker_helpers.drain(session)
    first, second = mailbox.list_for(mail_samples.DANA)
    assert first.raw == second.raw
    [row] = mail_samples.requester_mails(session, filed_ticket)
    assert (row.state, row.content) == ("sent", None)
