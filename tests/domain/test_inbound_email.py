"""Mail at the inbound endpoint: what is accepted, what waits for the team, and that nothing is lost or answered."""

import re
from pathlib import Path

import pytest

from helpdesk.channels import email
from helpdesk.channels.email import quarantine, undeliverable
from helpdesk.channels.email.handlers import storage_limits
from helpdesk.channels.email.parse import dmarc
from helpdesk.demo import personas
from helpdesk.domain import outbox, tickets
from helpdesk.domain.administration import settings as chosen
from helpdesk.domain.people import undeliverable_addresses
from helpdesk.models.delivery import Delivery
from helpdesk.models.event import Event
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket
from tests import worker_helpers
from tests.domain import mail_samples

UGLY = sorted((Path(__file__).parents[1] / "channels" / "email" / "ugly").glob("*.eml"))


@pytest.fixture
def settings(workspace, mailbox):
    return mail_samples.settings(workspace, mailbox)


@pytest.fixture
def filed_ticket(make, session):
    return mail_samples.filed_ticket(make, session)


@pytest.fixture
def post(app, session):
    return mail_samples.Post(app, session)


@pytest.fixture
def mail(filed_ticket, mailbox):
    """The mail that Dana answers."""
    return mailbox.wait_for("dana@globex.example")


def said(session):
    return [(message.kind, message.body) for message in session.query(Message).order_by(Message.id)][1:]


def waits(session, post, sentence):
    """The latest mail waits for the team, no message was created, and nobody was written to."""
    row = post.last()
    assert row.state == "quarantined" and sentence in row.result, (row.state, row.result)
    assert said(session) == []
    return row


def test_a_participants_reply_is_said_on_the_ticket_and_goes_where_replies_go(
    filed_ticket, session, post, mail, mailbox, workspace, make
):
    follower = make.user(filed_ticket.organization, "Oscar", email="oscar@globex.example")
    tickets.add_follower(filed_ticket, follower, actor=filed_ticket.requester)
    session.commit()
    assert post(mail_samples.reply(mail)).status_code == 200
    assert said(session) == [("reply", r"It \*\*works\*\* now.")]
    message = session.query(Message).order_by(Message.id.desc()).first()
    assert message.author_id == filed_ticket.requester_id and "Write your answer above" in message.quoted
    assert "It **works** now." in str(
        workspace.replies(personas.TRIAGE_CHANNEL_ID, workspace.posted(personas.TRIAGE_CHANNEL_ID)[0]["ts"])
    )
    assert "It **works** now." in mailbox.list_for("oscar@globex.example")[-1].text
    assert len(mailbox.list_for("dana@globex.example")) == 1


@pytest.mark.parametrize("secret", [None, "", "wrong", "é"])
def test_without_the_secret_the_endpoint_answers_401_and_nothing_else(filed_ticket, session, post, mail, secret):
    answer = post(mail_samples.reply(mail), secret)
    assert (answer.status_code, answer.data) == (401, b"")
    assert session.query(InboundEvent).filter_by(source="email").count() == 0


def test_the_answer_is_the_same_whatever_was_brought(filed_ticket, session, post, mail):
    answers = [
        post(raw) for raw in (mail_samples.reply(mail), b"nonsense", mail_samples.reply(mail, by="eve@evil.example"))
    ]
    assert {(answer.status_code, answer.data) for answer in answers} == {(200, b"ok\n")}


def test_the_same_mail_twice_is_one_reply(filed_ticket, session, post, mail):
    raw = mail_samples.reply(mail)
    post(raw)
    post(raw)
    assert len(said(session)) == 1 and session.query(InboundEvent).filter_by(source="email").count() == 1


def test_a_forged_sender_waits(filed_ticket, session, post, mail):
    for verdict in ("fail", "none"):
        post(mail_samples.reply(mail, text=f"forged {verdict}", dmarc=verdict))
        waits(session, post, "not proven")


def test_a_verdict_of_somebody_we_do_not_trust_proves_nothing(filed_ticket, session, post, mail):
    raw = mail_samples.reply(mail).split(b"\r\n", 1)[1]
    post(b"Authentication-Results: mx.evil.example; dmarc=pass header.from=globex.example\r\n" + raw)
    waits(session, post, "not proven")


def test_a_colleague_who_may_reply_answers_under_their_own_name(filed_ticket, session, post, mail, mailbox, make):
    oscar = make.user(filed_ticket.organization, "Oscar", email="oscar@globex.example")
    session.commit()
    raw = mail_samples.reply(mail, by="oscar@globex.example")
    post(raw)
    post(raw.replace(b"Message-ID: <", b"X-Seen: 1\r\nMessage-ID: <"))
    message = session.query(Message).order_by(Message.id.desc()).first()
    assert (message.author_id, len(said(session)), post.last().state) == (oscar.id, 1, "done")
    assert "It **works** now." in mailbox.list_for("dana@globex.example")[-1].text


def test_somebody_of_another_organization_cannot_answer_with_this_address(filed_ticket, session, post, mail, make):
    make.user(make.organization("Initech", domain="initech.example"), "Nina", email="nina@initech.example")
    session.commit()
    post(mail_samples.reply(mail, by="nina@initech.example"))
    row = waits(session, post, "somebody else than dana@globex.example")
    assert row.ticket_id == filed_ticket.id


def test_a_known_message_id_with_other_words_is_a_message_of_its_own(filed_ticket, session, post, mail):
    first = mail_samples.reply(mail, text="The first answer.", quote=False)
    second = first.replace(b"The first answer.", b"Quite another one.")
    post(first)
    post(second)
    post(b"Received: from a.list\r\n" + second)
    assert [body for _, body in said(session)] == ["The first answer.", "Quite another one."]


def test_a_mail_to_two_reply_addresses_reaches_both_tickets(filed_ticket, session, post, mail, mailbox, make):
    other = make.ticket(filed_ticket.requester, subject="Another")
    worker_helpers.drain(session)
    second = mailbox.list_for("dana@globex.example")[-1]
    both = f"{mail.message['Reply-To']}, {second.message['Reply-To']}"
    post(mail_samples.reply(mail, headers={"To": both}))
    replies = session.query(Message.ticket_id).filter(Message.seq > 1).order_by(Message.ticket_id).all()
    assert [ticket_id for (ticket_id,) in replies] == [filed_ticket.id, other.id]


def test_text_that_is_only_in_the_quote_is_announced_in_slack(filed_ticket, session, post, mail, workspace):
    def announced():
        card = workspace.posted(personas.TRIAGE_CHANNEL_ID)[0]
        posts = workspace.replies(personas.TRIAGE_CHANNEL_ID, card["ts"])
        return sum("More text is quoted below this message" in str(post) for post in posts)

    post(mail_samples.reply(mail, text="Thanks."))
    assert announced() == 0
    post(mail_samples.reply(mail, text="See below.") + b"\r\n> Our invoice number is 4711, please use it\r\n")
    assert announced() == 1


def test_the_team_reads_on_the_ticket_that_a_mail_waits(filed_ticket, session, post, mail, workspace):
    for number in range(2):
        post(mail_samples.reply(mail, text=f"unproven {number}", dmarc="none"))
    posts = workspace.replies(personas.TRIAGE_CHANNEL_ID, workspace.posted(personas.TRIAGE_CHANNEL_ID)[0]["ts"])
    assert sum("A mail from dana@globex.example waits in quarantine" in str(post) for post in posts) == 1
    assert "waits in quarantine" not in str(workspace.posted("C0GLOBEX001"))


def test_links_of_one_reader_are_cut_from_what_others_read(filed_ticket, session, post, mail):
    assert b"/unsubscribe/" in mail.raw
    post(mail_samples.reply(mail))
    quoted = session.query(Message).order_by(Message.id.desc()).first().quoted
    token = str(mail.message["Reply-To"]).split("+")[1].split("@")[0]
    assert "/unsubscribe/" in quoted and token not in quoted
    assert re.search(r"/unsubscribe/\d+/…", quoted)


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
    waits(session, post, "reply address of any conversation")


def test_a_subject_and_references_match_nothing_but_are_a_hint_for_the_team(filed_ticket, session, post, mail):
    post(mail_samples.reply(mail, headers={"To": "help@support.example", "Subject": f"Re: [#{filed_ticket.number}] x"}))
    assert waits(session, post, "reply address of any conversation").ticket_id == filed_ticket.id
    post(mail_samples.reply(mail, headers={"To": "help@support.example", "References": "", "In-Reply-To": ""}))
    assert waits(session, post, "reply address of any conversation").ticket_id is None


def test_whoever_lost_the_right_or_left_the_conversation_waits(filed_ticket, session, post, mail):
    filed_ticket.organization.portal_enabled = False
    session.commit()
    post(mail_samples.reply(mail, text="one"))
    waits(session, post, "may no longer see")
    filed_ticket.organization.portal_enabled = True
    outbox.end_mail_thread(filed_ticket, filed_ticket.requester)
    session.commit()
    post(mail_samples.reply(mail, text="two"))
    waits(session, post, "reply address of any conversation")


def test_the_team_does_not_act_by_mail(filed_ticket, session, post, mail, make, mailbox):
    agent = make.agent("Maya", email="maya@support.example")
    tickets.add_follower(filed_ticket, agent, actor=agent)
    tickets.reply(filed_ticket, author=filed_ticket.requester, body="Hello?")
    session.commit()
    worker_helpers.drain(session)
    before = said(session)
    post(mail_samples.reply(mailbox.list_for("maya@support.example")[-1], by="maya@support.example"))
    assert (post.last().state, said(session)) == ("quarantined", before) and "team does not act" in post.last().result


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
    assert waits(session, post, "No person wrote it").payload["kind"] == "automatic"
    assert (len(mailbox.mails), session.query(Delivery).count()) == before


def test_our_own_mail_coming_back_causes_nothing(filed_ticket, session, post, mail, mailbox):
    before = session.query(Delivery).count()
    post(b"Authentication-Results: demo; dmarc=pass header.from=support.example\r\n" + mail.raw)
    waits(session, post, "our own mails")
    assert session.query(Delivery).count() == before


def test_files_come_along_even_without_words(filed_ticket, session, post, mail, browser_of):
    raw = mail_samples.reply(
        mail, text="", quote=False, files=[("screen.png", b"\x89PNG\r\n\x1a\n" + b"x" * 50), ("log.txt", b"all\n")]
    )
    post(raw)
    message = session.query(Message).order_by(Message.id.desc()).first()
    assert (post.last().state, message.body) == ("done", "")
    kept = [(file.name, file.media_type, file.state) for file in message.attachments]
    assert kept == [("screen.png", "image/png", "stored"), ("log.txt", "text/plain", "stored")]
    from helpdesk import storage

    assert storage.read(message.attachments[1].key).replace(b"\r\n", b"\n") == b"all\n"


def test_words_too_long_for_a_message_come_along_as_a_file(filed_ticket, session, post, mail):
    text = "\n".join(f"line {number}" for number in range(8_000))
    post(mail_samples.reply(mail, text=text, quote=False))
    message = session.query(Message).order_by(Message.id.desc()).first()
    assert post.last().state == "done" and "The whole mail is attached" in message.body
    from helpdesk import storage

    assert b"line 7999" in storage.read(message.attachments[0].key)


def test_an_answer_on_a_closed_ticket_begins_the_one_that_follows(filed_ticket, session, post, mail, make):
    agent = make.agent()
    tickets.set_status(filed_ticket, "closed", actor=agent)
    session.commit()
    post(mail_samples.reply(mail))
    new = session.query(Ticket).filter_by(follows_id=filed_ticket.id).one()
    assert (post.last().state, post.last().ticket_id, new.messages[0].body) == (
        "done",
        new.id,
        r"It \*\*works\*\* now.",
    )


def test_a_mail_without_words_of_its_own_is_not_lost(filed_ticket, session, post, mail):
    post(mail_samples.reply(mail, text=""))
    waits(session, post, "Write a message first")


def test_dns_that_does_not_answer_is_asked_again_before_the_mail_waits(filed_ticket, session, post, mail, monkeypatch):
    answers = []

    def check(raw, message, domain, incoming):
        answers.append(domain)
        return dmarc.AuthenticationResult(
            "temperror" if len(answers) < 3 else "pass", "dkim", domain, "The sender's DNS did not answer."
        )

    monkeypatch.setattr(dmarc, "check_dmarc", check)
    post(mail_samples.reply(mail))
    assert post.last().state == "waiting" and said(session) == []
    for _ in range(3):
        worker_helpers.advance_time(session)
        worker_helpers.drain(session)
    assert len(answers) == 3 and len(said(session)) == 1


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
    waits(session, post, "not proven")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_of_a_folder_of_ugly_mails_nothing_crashes_and_nothing_is_lost(filed_ticket, session, post, make):
    chosen.set("tickets_by_mail", True)
    session.commit()
    of_mail = session.query(Delivery).filter(Delivery.kind != "line")
    before = of_mail.count()
    alike = {email.mail_fingerprint(path.read_bytes()): path for path in reversed(UGLY)}
    for fingerprint, path in alike.items():
        post(path.read_bytes())
        row = session.query(InboundEvent).filter_by(external_id=fingerprint).one()
        assert row.state in ("quarantined", "ignored"), (path.name, row.state, row.result)
        assert row.result and row.raw == path.read_bytes()
    assert of_mail.count() == before and said(session) == []
    assert session.query(InboundEvent).filter_by(source="email").count() == len(alike) > 30
    for row in quarantine.list_waiting() + quarantine.list_waiting(automatic=True):
        quarantine.load_details(quarantine.find_waiting(row.id))


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
        waits(session, post, "not one of ours")
        mail.__dict__["message_id"] = "x"
        post(self.report(type("Other", (), {"message_id": "<0123@localhost>"})))
        waits(session, post, "not one of ours")
        session.refresh(filed_ticket.requester)
        assert filed_ticket.requester.mail_failures == 0

    def test_a_delay_counts_nothing(self, filed_ticket, session, post, mail):
        post(self.report(mail, action="delayed", status="4.4.1"))
        session.refresh(filed_ticket.requester)
        assert (post.last().state, filed_ticket.requester.mail_failures) == ("ignored", 0)

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
    assert len(said(session)) <= 1 + 10
    stopped = session.query(InboundEvent).filter_by(state="quarantined").all()
    assert stopped and all("two machines" in row.result for row in stopped)
    assert session.query(Event).filter_by(kind="mail_stopped").count() == 1
    assert "quarantine" in str(
        workspace.replies(personas.TRIAGE_CHANNEL_ID, workspace.posted(personas.TRIAGE_CHANNEL_ID)[0]["ts"])
    )


def test_the_same_words_again_and_again_end_sooner(filed_ticket, session, post, mail):
    for number in range(9):
        post(mail_samples.reply(mail, text="We got your mail.", quote=False, headers={"X-Round": str(number)}))
    assert len(said(session)) == 5 and "same words" in post.last().result
