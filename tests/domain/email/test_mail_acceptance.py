"""Nobody is locked out in silence: who hears of a mail in quarantine, and that one press accepts and remembers."""

import pytest
from sqlalchemy import select

from helpdesk.channels.email import acceptance, quarantine, quarantine_summary, trusted_senders
from helpdesk.demo import personas
from helpdesk.domain import tickets
from helpdesk.domain.administration import settings as chosen
from helpdesk.domain.errors import ValidationError
from helpdesk.models.delivery import Delivery
from helpdesk.models.event import Event
from helpdesk.models.follower import Follower
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket
from helpdesk.models.user import User
from tests import worker_helpers
from tests.domain import mail_samples

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def accept(session, make):
    """Accept the latest mail, or the one given, and remember what is chosen."""
    maya = make.agent("Maya")

    def accept(row, remember=None):
        waiting = quarantine.find_waiting(row.id)
        proposed = acceptance.propose(waiting, quarantine.parse_mail(waiting.raw))
        ticket = acceptance.accept(
            waiting,
            mail=quarantine.prepare(waiting),
            actor=maya,
            remember=remember or proposed.choices[0][0],
        )
        session.commit()
        worker_helpers.drain(session)
        return ticket, proposed

    return accept


def last_message(session):
    return session.query(Message).order_by(Message.id.desc()).first()


def to_help(text, by="dana@globex.example", dmarc="pass", **fields):
    head = {"To": "help@support.example", "Subject": "A question", "Message-ID": f"<{hash(text)}@x>", **fields}
    lines = [f"Authentication-Results: demo; dmarc={dmarc} header.from={by.split('@')[1]}", f"From: {by}"]
    lines += [f"{name}: {value}" for name, value in head.items()]
    return ("\r\n".join(lines) + f"\r\n\r\n{text}\r\n").encode()


def test_a_domain_without_dmarc_is_accepted_once_and_then_by_itself(filed_ticket, session, post, mail, accept):
    post(mail_samples.reply(mail, text="first", dmarc="none"))
    ticket, proposed = accept(post.last(), acceptance.DOMAIN)
    assert ticket.id == filed_ticket.id and "Dana" in proposed.sentence
    assert (last_message(session).body, last_message(session).author_id) == ("first", filed_ticket.requester_id)
    post(mail_samples.reply(mail, text="second", dmarc="none", quote=False))
    assert (post.last().state, last_message(session).body) == ("done", "second")
    post(mail_samples.reply(mail, text="forged", dmarc="fail", quote=False))
    assert post.last().state == "quarantined", "what fails its check is accepted of nobody"


def test_another_address_of_somebody_counts_as_theirs_from_then_on(filed_ticket, session, post, mail, accept, mailbox):
    post(mail_samples.reply(mail, text="from home", by="dana@post.example"))
    _, proposed = accept(post.last())
    assert proposed.choices[0] == (acceptance.ALIAS, "dana@post.example is another address of Dana")
    post(mail_samples.reply(mail, text="again from home", by="dana@post.example", quote=False))
    assert (post.last().state, last_message(session).body) == ("done", "again from home")
    assert last_message(session).author_id == filed_ticket.requester_id
    assert len(mailbox.list_for("dana@globex.example")) == 1, "her own words are not mailed to her"


def test_what_is_forgotten_waits_again(filed_ticket, session, post, mail, accept, make):
    post(mail_samples.reply(mail, text="first", dmarc="none"))
    accept(post.last(), acceptance.ADDRESS)
    (row,) = trusted_senders.list_all()
    trusted_senders.remove(row.id, actor=make.agent("Ada", role="admin"))
    session.commit()
    post(mail_samples.reply(mail, text="second", dmarc="none", quote=False))
    assert post.last().state == "quarantined"


def test_a_mail_whose_check_failed_is_never_remembered(filed_ticket, session, post, mail, accept):
    post(mail_samples.reply(mail, text="perhaps forged", dmarc="fail"))
    waiting = quarantine.find_waiting(post.last().id)
    proposed = acceptance.propose(waiting, quarantine.parse_mail(waiting.raw))
    assert [value for value, _ in proposed.choices] == [acceptance.NOTHING]
    with pytest.raises(ValidationError):
        accept(post.last(), acceptance.ADDRESS)


@pytest.mark.parametrize("by", ["maya@support.example", "eve@evil.example"])
def test_neither_the_team_nor_an_outsider_is_proposed(filed_ticket, session, post, mail, make, by):
    make.agent("Mel", email="maya@support.example")
    session.commit()
    post(to_help("Please", by=by))
    waiting = quarantine.find_waiting(post.last().id)
    assert acceptance.propose(waiting, quarantine.parse_mail(waiting.raw)) is None


def test_a_first_mail_of_an_admitted_person_becomes_a_ticket_of_theirs(filed_ticket, session, post, accept):
    post(to_help("A new matter", by="nadia@globex.example", dmarc="none"))
    ticket, _ = accept(post.last(), acceptance.ADDRESS)
    assert (ticket.requester.email, ticket.messages[0].body) == ("nadia@globex.example", "A new matter")
    assert trusted_senders.is_trusted("nadia@globex.example")


def test_a_public_mail_domain_is_not_trusted_as_a_whole(make, session):
    with pytest.raises(ValidationError):
        trusted_senders.remember_domain("gmail.com", actor=make.agent())


def test_somebodys_own_address_is_nobodys_further_one(filed_ticket, make, session):
    other = make.user(filed_ticket.organization, "Oscar", email="oscar@globex.example")
    with pytest.raises(ValidationError):
        trusted_senders.remember_alias("dana@globex.example", other, actor=make.agent())


def test_the_ticket_and_the_teams_channel_show_that_mail_waits(filed_ticket, session, post, mail, workspace):
    post(mail_samples.reply(mail, text="unproven", dmarc="none"))
    assert session.query(Event).filter_by(ticket_id=filed_ticket.id, kind="mail_waits").one().team_only
    for number in range(3):
        post(to_help(f"No ticket {number}", by="eve@evil.example"))
    lines = [str(one) for one in workspace.posted(personas.TRIAGE_CHANNEL_ID) if "/desk/quarantine" in str(one)]
    assert len(lines) == 1 and "eve@evil.example" not in lines[0]


def test_a_proven_customer_is_answered_once_a_day_and_nobody_else(filed_ticket, session, post, mail, mailbox):
    post(to_help("Is anybody there?", dmarc="none"))
    post(to_help("Whoever", by="eve@evil.example"))
    post(to_help("I am away", **{"Auto-Submitted": "auto-replied"}))
    assert len(mailbox.mails) == 1, "the mail that the ticket was received"
    for number in range(2):
        post(to_help(f"Is anybody there? {number}", **{"Message-ID": f"<{number}@x>"}))
    answer = mailbox.list_for("dana@globex.example")[-1]
    assert len(mailbox.mails) == 2
    assert "Somebody of the team looks at it" in answer.text and answer.message["In-Reply-To"] == "<0@x>"
    assert answer.message["Auto-Submitted"] == "auto-generated"
    worker_helpers.advance_time(session, 86_500)
    post(to_help("Still nobody?"))
    assert len(mailbox.mails) == 3


def test_admins_are_mailed_once_a_day_what_waits(filed_ticket, session, post, mailbox, make):
    make.agent("Ada", email="ada@support.example", role="admin")
    session.commit()
    assert quarantine_summary.send_summaries() == 0
    post(to_help("Toner <b>", by="eve@evil.example"))
    local = chosen.get("time_zone")
    assert local == "UTC"
    while quarantine_summary.clock.now().hour < quarantine_summary.SEND_HOUR:
        worker_helpers.advance_time(session, 3600)
    assert quarantine_summary.send_summaries() >= 1
    assert quarantine_summary.send_summaries() == 0
    session.commit()
    worker_helpers.drain(session)
    text = mailbox.list_for("ada@support.example")[-1].text
    assert "1 mail of a person waits" in text and "From eve@evil.example" in text and "/desk/quarantine" in text
    worker_helpers.advance_time(session, 86_400)
    assert quarantine_summary.send_summaries() >= 1


@pytest.mark.parametrize("follows", [True, False])
def test_colleagues_in_cc_follow_where_the_setting_says_so(filed_ticket, session, post, mail, follows, make):
    chosen.set("mail_cc_follows", follows)
    make.agent("Mel", email="mel@globex.example")
    session.commit()
    cc = "Nadia <nadia@globex.example>, eve@evil.example, help@support.example, mel@globex.example"
    post(mail_samples.reply(mail, headers={"Cc": cc}))
    assert post.last().state == "done"
    rows = select(User.email).join(Follower, Follower.user_id == User.id)
    followers = session.scalars(rows.where(Follower.ticket_id == filed_ticket.id)).all()
    assert followers == (["nadia@globex.example"] if follows else [])


@pytest.mark.parametrize(("dmarc", "mails"), [("pass", 1), ("none", 0)])
def test_only_a_proven_new_sender_hears_that_their_mail_was_received(
    filed_ticket, session, post, mailbox, make, dmarc, mails
):
    chosen.set("tickets_by_mail", True)
    trusted_senders.remember_address("nadia@globex.example", actor=make.agent())
    session.commit()
    post(to_help("My first mail", by="nadia@globex.example", dmarc=dmarc))
    ticket = session.query(Ticket).order_by(Ticket.id.desc()).first()
    assert ticket.requester.email == "nadia@globex.example" and ticket.requester.email_verified_at is None
    assert len(mailbox.list_for("nadia@globex.example")) == mails


def test_mail_is_sent_to_a_participants_own_address_only(filed_ticket, session, post, mail, accept, mailbox, make):
    post(mail_samples.reply(mail, text="from home", by="dana@post.example"))
    accept(post.last())
    tickets.reply(filed_ticket, author=make.agent("Tom"), body="An answer")
    session.commit()
    worker_helpers.drain(session)
    assert mailbox.list_for("dana@post.example") == []
    assert "An answer" in mailbox.list_for("dana@globex.example")[-1].text


def test_no_row_of_the_summary_is_about_machines(filed_ticket, session, post, mail):
    post(mail_samples.reply(mail, headers={"Auto-Submitted": "auto-replied"}))
    assert quarantine_summary.count_people() == 0 and quarantine_summary.list_people() == ()
    assert session.query(InboundEvent).filter_by(state="quarantined").count() == 1
    assert session.query(Delivery).filter_by(kind="mail_waiting").count() == 0


GROUP = {
    "Precedence": "list",
    "List-Post": "<mailto:help@support.example>",
    "X-Original-From": '"Dana Whitfield" <dana@globex.example>',
    "Reply-To": "Dana Whitfield <dana@globex.example>",
}


@pytest.mark.parametrize("dmarc", ["pass", "none", "fail"])
def test_what_a_group_wrote_its_own_address_into_is_filed_by_one_press(filed_ticket, session, post, accept, dmarc):
    """The fields are those that Google Groups writes for senders whose domain has a policy of p=reject."""
    chosen.set("tickets_by_mail", True)
    session.commit()
    post(to_help("Where is my order?", by="help@support.example", dmarc=dmarc, **GROUP))
    row, before = post.last(), session.query(Ticket).count()
    assert (row.state, row.payload["kind"]) == ("quarantined", "person")
    assert row.result == (
        "The group help@support.example wrote its own address over the sender's. The mail says that dana@globex.example"
        " wrote it; nothing proves that."
    )
    assert quarantine.load_details(row).requester == "dana@globex.example"
    ticket, proposed = accept(row)
    assert [value for value, _ in proposed.choices] == [acceptance.NOTHING], "anybody may write by a group's address"
    assert (ticket.requester.email, session.query(Ticket).count()) == ("dana@globex.example", before + 1)
    assert ticket.messages[0].body == "Where is my order?"


def test_a_reply_address_of_somebody_elses_mail_is_not_taken_for_its_author(filed_ticket, session, post):
    chosen.set("tickets_by_mail", True)
    session.commit()
    post(to_help("Whose is it?", by="mallory@evil.example", **{"Reply-To": "dana@globex.example"}))
    assert (post.last().state, post.last().result) == ("quarantined", "No organization lets its sender in.")
    assert quarantine.load_details(post.last()).requester == "mallory@evil.example"


def test_nobody_of_the_team_is_accepted_by_a_group(filed_ticket, session, post, make):
    agent = make.agent("Ada")
    fields = GROUP | {"X-Original-From": agent.email, "Reply-To": agent.email}
    post(to_help("Close everything", by="help@support.example", **fields))
    waiting = quarantine.find_waiting(post.last().id)
    assert acceptance.propose(waiting, quarantine.parse_mail(waiting.raw)) is None
