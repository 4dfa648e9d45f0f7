"""A mail to the support address becomes a ticket, within limits."""

import base64

import pytest

from helpdesk.channels.email.handlers import create_ticket
from helpdesk.domain import tickets
from helpdesk.domain.administration import settings as chosen
from helpdesk.domain.errors import ChangedMeanwhile
from helpdesk.domain.people import own_domains
from helpdesk.models.organization import OrganizationAddress
from helpdesk.models.ticket import Ticket
from tests import worker_helpers
from tests.replaced_modules import replace_in


class TestTicketsByMail:
    RAW = (
        b"Authentication-Results: demo; dmarc=pass header.from=globex.example\r\nFrom: Ines <%s@globex.example>\r\n"
        b"To: help@support.example\r\nSubject: Toner\r\nMessage-ID: <first@globex.example>\r\n\r\n"
        b"The toner is empty.\r\n"
    )

    @pytest.fixture(autouse=True)
    def on(self, filed_ticket, session, mailbox):
        chosen.set("tickets_by_mail", True)
        session.commit()
        mailbox.clear()

    def newest(self, session):
        return session.query(Ticket).order_by(Ticket.id.desc()).first()

    def test_an_admitted_person_files_one_and_its_mails_stand_below_theirs(self, session, post, mailbox, make):
        post(self.RAW % b"dana")
        ticket = self.newest(session)
        assert (post.last().state, ticket.subject, ticket.requester.email) == ("done", "Toner", "dana@globex.example")
        assert ticket.messages[0].body == "The toner is empty."
        assert mailbox.list_for("dana@globex.example")[-1].message["In-Reply-To"] == "<first@globex.example>"

    def test_one_whose_organization_is_merged_in_this_moment_is_read_again(self, session, post, monkeypatch):
        refusals = [ChangedMeanwhile("Merged.")]

        def create(**values):
            if refusals:
                raise refusals.pop()
            return tickets.create_ticket(**values)

        replace_in(monkeypatch, create_ticket, "tickets", create_ticket=create)
        post(self.RAW % b"dana")
        assert post.last().state == "waiting"
        worker_helpers.advance_time(session, 10)
        worker_helpers.drain(session)
        assert (post.last().state, self.newest(session).subject) == ("done", "Toner")

    def test_somebody_new_whose_domain_proves_them_hears_that_it_was_received(self, session, post, mailbox):
        post(self.RAW % b"ines")
        ticket = self.newest(session)
        assert (ticket.requester.email, ticket.requester.name, ticket.requester.email_verified_at) == (
            "ines@globex.example",
            "Ines",
            None,
        )
        (mail,) = mailbox.mails
        assert mail.recipients == ("ines@globex.example",) and mail.message["In-Reply-To"] == "<first@globex.example>"

    GROUP = (
        b"Precedence: list\r\nMailing-list: list help@support.example; contact help+owners@support.example\r\n"
        b"List-ID: <help.support.example>\r\nX-Google-Group-Id: 1023456789\r\n"
        b"List-Post: <https://groups.google.com/a/support.example/group/help/post>, <mailto:help@support.example>\r\n"
        b"List-Unsubscribe: <mailto:googlegroups-manage+1023456789+unsubscribe@googlegroups.com>\r\n"
    )

    def test_our_address_may_be_a_group_that_sends_its_mail_on(self, session, post, mailbox):
        """The fields are those that Google Groups adds (https://support.google.com/a/answer/167430)."""
        post(self.GROUP + self.RAW % b"dana")
        assert (post.last().state, self.newest(session).subject) == ("done", "Toner")

    @pytest.mark.parametrize("address", [b"billing@support.example", b"Help+urgent@support.example"])
    def test_a_further_address_of_ours_takes_tickets_too(self, session, post, mailbox, address):
        chosen.set("support_addresses", "billing@support.example, it@support.example")
        chosen.set("mail_cc_follows", True)
        session.commit()
        post((self.RAW % b"dana").replace(b"help@support.example", address + b", it+printers@support.example"))
        ticket = self.newest(session)
        assert (post.last().state, ticket.subject, ticket.followers) == ("done", "Toner", [])
        assert mailbox.list_for("dana@globex.example")[-1].message["From"].endswith("<help@support.example>")

    def test_a_further_address_of_ours_may_be_a_group(self, session, post):
        chosen.set("support_addresses", "billing@support.example")
        session.commit()
        post((self.GROUP + self.RAW % b"dana").replace(b"help@support.example", b"billing@support.example"))
        assert (post.last().state, self.newest(session).subject) == ("done", "Toner")

    def test_somebody_of_two_organizations_writes_to_the_one_whose_own_address_it_is(self, session, post, make):
        by_address = make.organization("Initech", domain="initech.example")
        by_address.addresses = [OrganizationAddress(email="ines@globex.example")]
        by_address.from_address = "initech@support.example"
        chosen.set("use_custom_from", True)
        session.commit()
        post(self.RAW % b"ines")
        assert "several organizations" in post.last().result
        to_theirs = (
            (self.RAW % b"ines").replace(b"help@support", b"Initech+it@support").replace(b"<first@", b"<second@")
        )
        post(to_theirs)
        ticket = self.newest(session)
        assert (post.last().state, ticket.subject, ticket.organization) == ("done", "Toner", by_address)

    @pytest.mark.parametrize(
        "more",
        [
            b"Precedence: list\r\nList-Id: <toner.globex.example>\r\nList-Post: <mailto:toner@globex.example>\r\n",
            b"List-Id: <help.support.example>\r\n",
            GROUP + b"List-Post: <mailto:toner@globex.example>\r\n",
            GROUP.replace(b"Precedence: list", b"Precedence: bulk"),
            GROUP + b"Auto-Submitted: auto-generated\r\n",
        ],
    )
    def test_what_came_by_the_list_of_somebody_else_or_of_a_machine_files_none(self, session, post, more):
        before = session.query(Ticket).count()
        post(more + self.RAW % b"dana")
        assert (post.last().state, post.last().payload["kind"]) == ("quarantined", "automatic")
        assert session.query(Ticket).count() == before

    def test_what_is_said_in_the_subject_alone_is_the_message(self, session, post):
        post((self.RAW % b"dana").replace(b"The toner is empty.", b"").replace(b"Toner", b"Call *me* about the toner"))
        ticket = self.newest(session)
        assert (post.last().state, ticket.subject) == ("done", "Call *me* about the toner")
        assert ticket.messages[0].body == r"Call \*me\* about the toner"

    def test_a_subject_that_is_too_long_for_a_ticket_is_above_the_message(self, session, post):
        subject = "The toner of the printer on the fifth floor " + "and the sixth " * 20 + "is empty"
        post((self.RAW % b"dana").replace(b"Toner", subject.encode()))
        ticket = self.newest(session)
        assert (ticket.subject, ticket.messages[0].body) == (
            subject[:200].rstrip(),
            f"{subject}\n\nThe toner is empty.",
        )

    def test_a_subject_keeps_the_joiners_of_its_words_and_loses_what_nobody_sees(self, session, post):
        text = "Rech\u00adnung \u0646\u0645\u06cc\u200c\u062a\u0648\u0627\u0646\u0645 \U0001f469\u200d\U0001f4bb"
        encoded = b"=?utf-8?B?" + base64.b64encode(text.encode()) + b"?="
        post((self.RAW % b"dana").replace(b"Toner", encoded))
        assert self.newest(session).subject == text.replace("\u00ad", "")

    def test_off_means_off(self, session, post, filed_ticket):
        chosen.set("tickets_by_mail", False)
        session.commit()
        post(self.RAW % b"dana")
        assert (post.last().state, self.newest(session).id) == ("quarantined", filed_ticket.id)

    @pytest.mark.parametrize(
        "change",
        [
            (b"dmarc=pass", b"dmarc=fail"),
            (b"globex.example", b"evil.example"),
            (b"help@support", b"sales@elsewhere"),
            (b"Subject:", b"Auto-Submitted: auto-replied\r\nSubject:"),
        ],
    )
    def test_nobody_else_files_one(self, session, post, filed_ticket, change):
        post((self.RAW % b"dana").replace(*change))
        assert (post.last().state, self.newest(session).id) == ("quarantined", filed_ticket.id)

    def test_a_sender_in_a_hurry_is_stopped(self, session, post):
        for number in range(13):
            post((self.RAW % b"dana").replace(b"<first@", b"<%d@" % number).replace(b"empty", b"empty %d" % number))
        filed = session.query(Ticket).filter_by(subject="Toner").count()
        assert filed == 10 and "More than 10 mails" in post.last().result

    def test_a_further_address_in_a_customers_domain_leaves_them_customers(self, session, post):
        chosen.set("support_addresses", "northwind@globex.example")
        session.commit()
        assert "globex.example" not in own_domains.list_own_domains()
        post((self.RAW % b"dana").replace(b"help@support.example", b"northwind@globex.example"))
        assert (post.last().state, self.newest(session).subject) == ("done", "Toner")
