"""Mail at the inbound endpoint: what is accepted, what waits for the team, and that nothing is lost or answered."""

import re
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from helpdesk import storage
from helpdesk.channels import email
from helpdesk.channels.email import quarantine
from helpdesk.demo import personas
from helpdesk.domain import tickets
from helpdesk.domain.administration import settings as chosen
from helpdesk.models.attachment import Attachment
from helpdesk.models.delivery import Delivery
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket
from tests import worker_helpers
from tests.domain import mail_samples

UGLY = sorted((Path(__file__).parents[2] / "channels" / "email" / "ugly").glob("*.eml"))


def test_a_participants_reply_is_said_on_the_ticket_and_goes_where_replies_go(
    filed_ticket, session, post, mail, mailbox, workspace, make
):
    follower = make.user(filed_ticket.organization, "Oscar", email="oscar@globex.example")
    tickets.add_follower(filed_ticket, follower, actor=filed_ticket.requester)
    session.commit()
    assert post(mail_samples.reply(mail)).status_code == 200
    assert mail_samples.messages_after_first(session) == [("reply", r"It \*\*works\*\* now.")]
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
    assert (
        len(mail_samples.messages_after_first(session)) == 1
        and session.query(InboundEvent).filter_by(source="email").count() == 1
    )


def test_a_colleague_who_may_reply_answers_under_their_own_name(filed_ticket, session, post, mail, mailbox, make):
    oscar = make.user(filed_ticket.organization, "Oscar", email="oscar@globex.example")
    session.commit()
    raw = mail_samples.reply(mail, by="oscar@globex.example")
    post(raw)
    post(raw.replace(b"Message-ID: <", b"X-Seen: 1\r\nMessage-ID: <"))
    message = session.query(Message).order_by(Message.id.desc()).first()
    assert (message.author_id, len(mail_samples.messages_after_first(session)), post.last().state) == (
        oscar.id,
        1,
        "done",
    )
    assert "It **works** now." in mailbox.list_for("dana@globex.example")[-1].text


def test_a_known_message_id_with_other_words_is_a_message_of_its_own(filed_ticket, session, post, mail):
    first = mail_samples.reply(mail, text="The first answer.", quote=False)
    second = first.replace(b"The first answer.", b"Quite another one.")
    post(first)
    post(second)
    post(b"Received: from a.list\r\n" + second)
    assert [body for _, body in mail_samples.messages_after_first(session)] == [
        "The first answer.",
        "Quite another one.",
    ]


def test_a_mail_to_two_reply_addresses_reaches_both_tickets(filed_ticket, session, post, mail, mailbox, make):
    other = make.ticket(filed_ticket.requester, subject="Another")
    worker_helpers.drain(session)
    second = mailbox.list_for("dana@globex.example")[-1]
    both = f"{mail.message['Reply-To']}, {second.message['Reply-To']}"
    post(mail_samples.reply(mail, headers={"To": both}))
    replies = session.query(Message.ticket_id).filter(Message.seq > 1).order_by(Message.ticket_id).all()
    assert [ticket_id for (ticket_id,) in replies] == [filed_ticket.id, other.id]


def test_the_files_of_a_mail_to_two_reply_addresses_are_on_both_tickets(
    filed_ticket, session, post, mail, mailbox, make
):
    make.ticket(filed_ticket.requester, subject="Another")
    worker_helpers.drain(session)
    second = mailbox.list_for("dana@globex.example")[-1]
    both = f"{mail.message['Reply-To']}, {second.message['Reply-To']}"
    raw = message_from_bytes(mail_samples.reply(mail, headers={"To": both}), policy=policy.default)
    raw.make_mixed()
    raw.add_attachment(b"words", maintype="text", subtype="plain", filename="a.txt")
    post(raw.as_bytes())
    files = session.query(Attachment).order_by(Attachment.id).all()
    assert [file.name for file in files] == ["a.txt", "a.txt"] and len({file.ticket_id for file in files}) == 2
    assert [storage.read(file.key) for file in files] == [b"words", b"words"]


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


def test_an_answer_on_a_closed_ticket_that_comes_in_two_encodings_begins_one_ticket(
    filed_ticket, session, post, mail, make
):
    tickets.set_status(filed_ticket, "closed", actor=make.agent())
    session.commit()
    raw = mail_samples.reply(mail, text="It works.", quote=False)
    post(raw)
    post(raw.replace(b"It works.", b"It=20works.").replace(b": 7bit", b": quoted-printable"))
    assert session.query(InboundEvent).filter_by(source="email", state="done").count() == 2
    assert session.query(Ticket).filter_by(follows_id=filed_ticket.id).count() == 1


def test_a_mail_without_words_of_its_own_is_not_lost(filed_ticket, session, post, mail):
    post(mail_samples.reply(mail, text=""))
    mail_samples.assert_quarantined(session, post, "Write a message first")


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
    assert of_mail.count() == before and mail_samples.messages_after_first(session) == []
    assert session.query(InboundEvent).filter_by(source="email").count() == len(alike) > 30
    for row in quarantine.list_waiting() + quarantine.list_waiting(automatic=True):
        quarantine.load_details(quarantine.find_waiting(row.id))


@pytest.mark.parametrize(
    ("subject", "text", "body"),
    [
        ("Yes, please restart *web-7*", "", "Yes, please restart \\*web-7\\*"),
        ("Yes, please restart it", "See the log.", "See the log."),
        ("Re: yes, please restart it", "", None),
        ("AW: [EXT] [#77] The export stops", "", None),
        ("{subject}", "", None),
        ("(no subject)", "", None),
    ],
)
def test_who_answers_in_a_new_subject_alone_has_said_it(filed_ticket, session, post, mail, subject, text, body):
    """Any other subject is a program's; without words the mail is not a reply."""
    raw = message_from_bytes(mail_samples.reply(mail, text=text), policy=policy.default)
    raw.replace_header("Subject", subject.format(subject=filed_ticket.subject))
    post(raw.as_bytes())
    assert mail_samples.messages_after_first(session) == ([("reply", body)] if body else []), post.last().result
