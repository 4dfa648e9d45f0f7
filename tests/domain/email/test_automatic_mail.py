"""Automatic mail causes nothing: our own mail coming back, machines that answer each other, repeated words."""

import pytest

from helpdesk.demo import personas
from helpdesk.domain import tickets
from helpdesk.models.delivery import Delivery
from helpdesk.models.event import Event
from helpdesk.models.inbound_event import InboundEvent
from tests import worker_helpers
from tests.domain import mail_samples


@pytest.mark.parametrize(
    "fields",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"Return-Path": "<>"},
        {"Subject": "Automatic reply: away until Monday"},
    ],
)
def test_automatic_mail_causes_nothing(filed_ticket, session, post, mail, mailbox, fields):
    before = len(mailbox.mails), session.query(Delivery).count()
    post(mail_samples.reply(mail, headers=fields))
    assert mail_samples.assert_quarantined(session, post, "No person wrote it").payload["kind"] == "automatic"
    assert (len(mailbox.mails), session.query(Delivery).count()) == before


@pytest.mark.parametrize(
    "fields",
    [
        {"List-Unsubscribe": "<https://sales.example/u/1>"},
        {"Precedence": "list", "List-Id": "<it.globex.example>", "List-Post": "<mailto:it@globex.example>"},
    ],
)
def test_an_answer_with_the_fields_of_a_list_is_a_persons(filed_ticket, session, post, mail, fields):
    """As from a group's page, or a program for salespeople; it is written to the reply address all the same."""
    post(mail_samples.reply(mail, text="It works now.", quote=False, headers=fields))
    assert mail_samples.messages_after_first(session) == [("reply", "It works now.")]
    lost = fields | {"To": f"reply+{'a' * 26}@{mail_samples.REPLIES}"}
    post(mail_samples.reply(mail, text="Whose is this?", quote=False, headers=lost))
    assert (post.last().state, post.last().payload["kind"]) == ("quarantined", "automatic")
    post(mail_samples.reply(mail, text="Out", headers=fields | {"Auto-Submitted": "auto-replied"}))
    assert (post.last().state, post.last().payload["kind"]) == ("quarantined", "automatic")


def test_our_own_mail_coming_back_causes_nothing(filed_ticket, session, post, mail, mailbox):
    before = session.query(Delivery).count()
    post(b"Authentication-Results: demo; dmarc=pass header.from=support.example\r\n" + mail.raw)
    mail_samples.assert_quarantined(session, post, "our own mails")
    assert session.query(Delivery).count() == before


def test_two_machines_that_answer_each_other_end(filed_ticket, session, post, mailbox, make, workspace):
    """Two participants whose programs answer every mail and do not mark it as automatic."""
    oscar = make.user(filed_ticket.organization, "Oscar", email="oscar@globex.example")
    tickets.add_follower(filed_ticket, oscar, actor=filed_ticket.requester)
    tickets.reply(filed_ticket, author=make.agent("Maya"), body="Hello both")
    session.commit()
    worker_helpers.drain(session)
    answered = set()
    for round in range(40):
        fresh = [mail for mail in mailbox.mails if mail.id not in answered]
        if not fresh:
            break
        for mail in fresh:
            answered.add(mail.id)
            post(
                mail_samples.reply(
                    mail, text=f"Your request {round} {mail.id} was received.", by=mail.recipients[0], quote=False
                )
            )
    assert round < 39
    assert len(mail_samples.messages_after_first(session)) <= 1 + 10
    stopped = session.query(InboundEvent).filter_by(state="quarantined").all()
    assert stopped and all("two machines" in row.result for row in stopped)
    assert session.query(Event).filter_by(kind="mail_stopped").count() == 1
    assert "quarantine" in str(
        workspace.replies(personas.TRIAGE_CHANNEL_ID, workspace.posted(personas.TRIAGE_CHANNEL_ID)[0]["ts"])
    )


def test_the_same_words_again_and_again_end_sooner(filed_ticket, session, post, mail):
    for number in range(9):
        post(mail_samples.reply(mail, text="We got your mail.", quote=False, headers={"X-Round": str(number)}))
    assert len(mail_samples.messages_after_first(session)) == 5 and "same words" in post.last().result
