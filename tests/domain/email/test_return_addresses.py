"""With a return domain each mail has an envelope sender of its own, and a report to it needs to name nothing."""

import pytest

from helpdesk.models.delivery import Delivery
from tests.domain import mail_samples

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
REPORT = (
    "From: MAILER-DAEMON@mx.example\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{to}-{subject}>\r\n\r\n{text}"
)


@pytest.fixture
def settings(workspace, mailbox):
    return mail_samples.settings(workspace, mailbox) | {"MAIL_RETURN_DOMAIN": "returns.support.example"}


def report(to, subject="failure notice", text="No mailbox here by that name. (#5.1.1)"):
    return REPORT.format(to=to, subject=subject, text=text).encode()


def test_a_report_to_the_return_address_is_counted_against_the_recipient(filed_ticket, session, post, mail):
    delivery = session.query(Delivery).filter_by(external_id=mail.message_id).one()
    assert mail.sender == f"bounce+{delivery.key}@returns.support.example"
    assert mail.message["From"].addresses[0].addr_spec != mail.sender
    post(report(mail.sender))
    session.refresh(filed_ticket.requester)
    session.refresh(delivery)
    assert (post.last().state, post.last().ticket_id) == ("done", filed_ticket.id)
    assert (filed_ticket.requester.mail_failures, delivery.data["bounced"]) == (
        1,
        "No mailbox here by that name. (#5.1.1)",
    )


def test_what_is_no_failure_and_what_names_no_mail_of_ours_counts_nothing(filed_ticket, session, post, mail):
    away = report(mail.sender, "Away until Monday", "I am on holiday.").replace(b"MAILER-DAEMON@mx", b"dana@globex")
    for raw in (
        away.replace(b"Subject", b"Auto-Submitted: auto-replied\r\nSubject"),
        report(mail.sender, "Warning", "452 4.2.2 mailbox full, we will keep trying"),
        report("bounce+0123456789abcdef0123456789abcdef@returns.support.example"),
        report(mail.sender.replace("returns.", "elsewhere.")),
    ):
        post(raw)
    session.refresh(filed_ticket.requester)
    assert filed_ticket.requester.mail_failures == 0
