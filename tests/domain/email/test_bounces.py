"""What a report of failed delivery changes: the address, the delivery, what the team reads."""

import pytest

from helpdesk.channels.email import undeliverable
from helpdesk.domain import tickets
from helpdesk.domain.people import undeliverable_addresses
from helpdesk.models.delivery import Delivery
from tests import worker_helpers
from tests.domain import mail_samples


class TestBounces:
    def report(self, mail, recipient="dana@globex.example", action="failed", status="5.1.1"):
        return (
            f"From: MAILER-DAEMON@mx.example\r\nTo: help@support.example\r\nSubject: Undelivered Mail\r\n"
            f"Message-ID: <{action}-{status}-{recipient}@mx.example>\r\nMIME-Version: 1.0\r\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
            f"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
            f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
            f"Diagnostic-Code: smtp; 550 No such person\r\n\r\n"
            f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {mail.message_id}\r\n\r\nx\r\n--b--\r\n"
        ).encode()

    def test_a_mail_that_came_back_is_counted_and_shown(self, filed_ticket, session, post, mail):
        post(self.report(mail))
        session.refresh(filed_ticket.requester)
        assert (post.last().state, post.last().ticket_id, filed_ticket.requester.mail_failures) == (
            "done",
            filed_ticket.id,
            1,
        )
        assert (
            session.query(Delivery).filter_by(external_id=mail.message_id).one().data["bounced"] == "550 No such person"
        )

    def test_the_same_mail_coming_back_twice_counts_once(self, filed_ticket, session, post, mail):
        post(self.report(mail))
        post(self.report(mail, status="5.1.0"))
        session.refresh(filed_ticket.requester)
        assert filed_ticket.requester.mail_failures == 1

    def test_word_of_a_mail_to_somebody_else_or_of_no_mail_of_ours_counts_nothing(
        self, filed_ticket, session, post, mail
    ):
        post(self.report(mail, recipient="oscar@globex.example"))
        mail_samples.assert_quarantined(session, post, "not one of ours")
        mail.__dict__["message_id"] = "x"
        post(self.report(type("Other", (), {"message_id": "<0123@localhost>"})))
        mail_samples.assert_quarantined(session, post, "not one of ours")
        session.refresh(filed_ticket.requester)
        assert filed_ticket.requester.mail_failures == 0

    def test_a_delay_counts_nothing(self, filed_ticket, session, post, mail):
        post(self.report(mail, action="delayed", status="4.4.1"))
        session.refresh(filed_ticket.requester)
        assert (post.last().state, filed_ticket.requester.mail_failures) == ("ignored", 0)

    def test_a_mail_that_was_given_up_is_shown_and_says_nothing_about_the_address(
        self, filed_ticket, session, post, mail
    ):
        """RFC 3463, section 2: with 4.x.x a later mail may arrive, but this one was abandoned (action "failed")."""
        post(self.report(mail, status="4.4.7"))
        session.refresh(filed_ticket.requester)
        assert (post.last().result, filed_ticket.requester.mail_failures) == (
            "A mail to dana@globex.example came back.",
            0,
        )

    @pytest.mark.parametrize("status", ["5.2.2", "5.2.3", "5.3.4", "5.4.6", "5.6.1", "5.7.1", "5.7.26", "5.1.8"])
    def test_a_mail_that_was_refused_for_another_reason_says_nothing_about_the_address(
        self, filed_ticket, session, post, mail, status
    ):
        """Full, too long, a loop, taken for spam, a sender without a domain (RFC 3463)."""
        post(self.report(mail, status=status))
        session.refresh(filed_ticket.requester)
        assert (post.last().state, filed_ticket.requester.mail_failures) == ("done", 0)
        assert session.query(Delivery).filter_by(external_id=mail.message_id).one().data["bounced"]

    @pytest.mark.parametrize("status", ["5.0.0", "none"])
    @pytest.mark.parametrize(
        ("said", "count"),
        [
            ("552 5.2.2 mailbox full", 0),
            ("554-5.7.1 rejected as spam", 0),
            ("550 5.1.1 no such person", 1),
            ("550 no such person at 5.2.2.9", 1),
        ],
    )
    def test_a_report_without_a_reason_of_its_own_is_read_by_the_other_servers_words(
        self, filed_ticket, session, post, mail, status, said, count
    ):
        post(self.report(mail, status=status).replace(b"550 No such person", said.encode()))
        session.refresh(filed_ticket.requester)
        assert (post.last().state, filed_ticket.requester.mail_failures) == ("done", count)

    def test_a_report_of_exims_is_read_by_the_other_servers_words(self, filed_ticket, session, post, mail):
        post(
            "From: Mail Delivery System <Mailer-Daemon@mx.example>\r\nTo: help@support.example\r\n"
            f"X-Failed-Recipients: dana@globex.example\r\nAuto-Submitted: auto-replied\r\nSubject: Mail delivery failed\r\n"
            "\r\nA message that you sent could not be delivered.\r\n\r\n  dana@globex.example\r\n"
            "    SMTP error from remote mail server after RCPT TO:<dana@globex.example>:\r\n"
            f"    552 5.2.2 mailbox full\r\n\r\n------ This is a copy ------\r\nMessage-ID: {mail.message_id}\r\n".encode()
        )
        session.refresh(filed_ticket.requester)
        assert (post.last().state, filed_ticket.requester.mail_failures) == ("done", 0)
        bounced = session.query(Delivery).filter_by(external_id=mail.message_id).one().data["bounced"]
        assert bounced == "552 5.2.2 mailbox full"

    @pytest.mark.parametrize("status", ["5.0.0", "5.1.10", "5.2.1", "5.4.1", "5.4.310"])
    def test_an_address_that_takes_no_mail_is_counted(self, filed_ticket, session, post, mail, status):
        post(self.report(mail, status=status))
        session.refresh(filed_ticket.requester)
        assert filed_ticket.requester.mail_failures == 1

    def test_the_report_that_a_mail_arrived_says_so(self, filed_ticket, post, mail):
        post(self.report(mail, action="relayed", status="2.0.0"))
        assert (post.last().state, post.last().result) == ("ignored", "A mail to dana@globex.example arrived.")

    def test_after_three_the_address_is_left_alone_until_somebody_revives_it(
        self, filed_ticket, session, post, mailbox, make
    ):
        agent = make.agent("Maya")
        for number in range(3):
            tickets.reply(filed_ticket, author=agent, body=f"word{number}")
            session.commit()
            worker_helpers.drain(session)
            post(
                self.report(mailbox.list_for("dana@globex.example")[-1]).replace(
                    b"Message-ID: <failed", b"Message-ID: <%d" % number, 1
                )
            )
        session.refresh(filed_ticket.requester)
        assert (
            "No such person" in filed_ticket.requester.email_undeliverable_reason
            and undeliverable_addresses.list_undeliverable() == [filed_ticket.requester]
        )
        mailbox.clear()
        tickets.reply(filed_ticket, author=agent, body="unheard")
        session.commit()
        worker_helpers.drain(session)
        assert mailbox.mails == []
        undeliverable.reset_and_retry(filed_ticket.requester, actor=agent)
        tickets.reply(filed_ticket, author=agent, body="heard")
        session.commit()
        worker_helpers.drain(session)
        assert "heard" in mailbox.list_for("dana@globex.example")[-1].text

    def test_an_answer_shows_that_the_address_works(self, filed_ticket, session, post, mail):
        filed_ticket.requester.mail_failures = 2
        session.commit()
        post(mail_samples.reply(mail))
        session.refresh(filed_ticket.requester)
        assert filed_ticket.requester.mail_failures == 0
