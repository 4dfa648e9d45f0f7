"""Mail of a sender who is not proven, or who may not write, waits for the team and stores little."""

from helpdesk.channels.email import quarantine
from helpdesk.channels.email.handlers import storage_limits
from helpdesk.channels.email.parse import dmarc
from helpdesk.domain import outbox, tickets
from helpdesk.models.inbound_event import InboundEvent
from tests import worker_helpers
from tests.domain import mail_samples


def test_a_forged_sender_waits(filed_ticket, session, post, mail):
    for verdict in ("fail", "none"):
        post(mail_samples.reply(mail, text=f"forged {verdict}", dmarc=verdict))
        mail_samples.assert_quarantined(session, post, "not proven")


def test_a_verdict_of_somebody_we_do_not_trust_proves_nothing(filed_ticket, session, post, mail):
    raw = mail_samples.reply(mail).split(b"\r\n", 1)[1]
    post(b"Authentication-Results: mx.evil.example; dmarc=pass header.from=globex.example\r\n" + raw)
    mail_samples.assert_quarantined(session, post, "not proven")


def test_somebody_of_another_organization_cannot_answer_with_this_address(filed_ticket, session, post, mail, make):
    make.user(make.organization("Initech", domain="initech.example"), "Nina", email="nina@initech.example")
    session.commit()
    post(mail_samples.reply(mail, by="nina@initech.example"))
    row = mail_samples.assert_quarantined(session, post, "somebody else than dana@globex.example")
    assert row.ticket_id == filed_ticket.id


def test_what_nobody_proves_is_stored_up_to_a_limit_and_deleted_with_the_decision(
    filed_ticket, session, post, mail, make, monkeypatch
):
    monkeypatch.setattr(storage_limits, "MAX_MAILS_OF_SENDER", 2)
    for number in range(3):
        post(mail_samples.reply(mail, text=f"forged {number}", dmarc="fail"))
    rows = session.query(InboundEvent).filter_by(source="email").order_by(InboundEvent.id).all()
    assert [(row.state, row.raw is None) for row in rows] == [("quarantined", False)] * 2 + [("ignored", True)]
    quarantine.discard_mail(rows[0], actor=make.agent())
    session.commit()
    assert rows[0].raw is None


def test_a_token_of_nobody_waits(filed_ticket, session, post, mail):
    raw = mail_samples.reply(mail, headers={"To": f"reply+{'a' * 26}@{mail_samples.REPLIES}"})
    post(raw)
    mail_samples.assert_quarantined(session, post, "reply address of any conversation")


def test_a_subject_and_references_match_nothing_but_are_a_hint_for_the_team(filed_ticket, session, post, mail):
    post(mail_samples.reply(mail, headers={"To": "help@support.example", "Subject": f"Re: [#{filed_ticket.number}] x"}))
    assert (
        mail_samples.assert_quarantined(session, post, "reply address of any conversation").ticket_id == filed_ticket.id
    )
    post(mail_samples.reply(mail, headers={"To": "help@support.example", "References": "", "In-Reply-To": ""}))
    assert mail_samples.assert_quarantined(session, post, "reply address of any conversation").ticket_id is None


def test_whoever_lost_the_right_or_left_the_conversation_waits(filed_ticket, session, post, mail):
    filed_ticket.organization.portal_enabled = False
    session.commit()
    post(mail_samples.reply(mail, text="one"))
    mail_samples.assert_quarantined(session, post, "may no longer see")
    filed_ticket.organization.portal_enabled = True
    outbox.end_mail_thread(filed_ticket, filed_ticket.requester)
    session.commit()
    post(mail_samples.reply(mail, text="two"))
    mail_samples.assert_quarantined(session, post, "reply address of any conversation")


def test_the_team_does_not_act_by_mail(filed_ticket, session, post, mail, make, mailbox):
    agent = make.agent("Maya", email="maya@support.example")
    tickets.add_follower(filed_ticket, agent, actor=agent)
    tickets.reply(filed_ticket, author=filed_ticket.requester, body="Hello?")
    session.commit()
    worker_helpers.drain(session)
    before = mail_samples.messages_after_first(session)
    post(mail_samples.reply(mailbox.list_for("maya@support.example")[-1], by="maya@support.example"))
    assert (post.last().state, mail_samples.messages_after_first(session)) == (
        "quarantined",
        before,
    ) and "team does not act" in post.last().result


def test_dns_that_does_not_answer_is_asked_again_before_the_mail_waits(filed_ticket, session, post, mail, monkeypatch):
    answers = []

    def check(raw, message, domain, incoming):
        answers.append(domain)
        return dmarc.AuthenticationResult(
            "temperror" if len(answers) < 3 else "pass", "dkim", domain, "The sender's DNS did not answer."
        )

    monkeypatch.setattr(dmarc, "check_dmarc", check)
    post(mail_samples.reply(mail))
    assert post.last().state == "waiting" and mail_samples.messages_after_first(session) == []
    for _ in range(3):
        worker_helpers.advance_time(session)
        worker_helpers.drain(session)
    assert len(answers) == 3 and len(mail_samples.messages_after_first(session)) == 1


def test_dns_that_never_answers_ends_in_quarantine(filed_ticket, session, post, mail, monkeypatch):
    monkeypatch.setattr(
        dmarc,
        "check_dmarc",
        lambda raw, message, domain, incoming: dmarc.AuthenticationResult("temperror", "dkim", domain, "No DNS."),
    )
    post(mail_samples.reply(mail))
    for _ in range(12):
        worker_helpers.advance_time(session)
        worker_helpers.drain(session)
    mail_samples.assert_quarantined(session, post, "not proven")
