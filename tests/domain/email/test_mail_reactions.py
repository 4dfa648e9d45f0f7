"""A reaction that somebody sends from their mail program is one to the message, and no reply."""

import email
import email.policy

import pytest
from sqlalchemy import select

from helpdesk.demo import personas
from helpdesk.domain import tickets
from helpdesk.domain.administration import settings as chosen
from helpdesk.domain.tickets import reactions
from helpdesk.models.reaction import Reaction
from helpdesk.models.ticket import Ticket
from tests import worker_helpers
from tests.domain import mail_samples
from tests.domain.mail_samples import DANA

KIND = "vnd.google.email-reaction+json"
GMAIL = (
    "https://www.google.com/gmail/about/?utm_source=gmail-in-product&utm_medium=et&utm_campaign=emojireactionemail#app"
)


def reaction(
    mail, content='{"emoji": "🎉", "version": 1}', text="🎉\r\n\r\nDana hat über Gmail reagiert", **more
) -> bytes:
    """The parts that Gmail sends (developers.google.com/workspace/gmail/reactions/format)."""
    made = email.message_from_bytes(mail_samples.reply(mail, text, quote=False, **more), policy=email.policy.SMTP)
    made.add_alternative(content, subtype=KIND)
    made.add_alternative(f"<p>{text} <a href='{GMAIL}'>Gmail</a></p>", subtype="html")
    return made.as_bytes()


@pytest.fixture
def ticket(filed_ticket, session, make, mailbox):
    """A ticket that an agent answered and solved."""
    agent = make.agent("Priya", email="priya@support.northwind.example")
    tickets.reply(filed_ticket, author=agent, body="It is mended.")
    tickets.set_status(filed_ticket, "solved", actor=agent)
    session.commit()
    worker_helpers.drain(session)
    return filed_ticket


def stored(session) -> list[tuple[str, str, str]]:
    session.expire_all()
    rows = session.scalars(select(Reaction).order_by(Reaction.id))
    return [(row.message.body, row.emoji, row.user.email) for row in rows]


def test_it_is_put_on_the_message_and_leaves_the_ticket_solved(ticket, session, post, mailbox, workspace):
    answer = next(each for each in mailbox.list_for(DANA) if "It is mended." in each.text)
    for _ in range(7):
        post(reaction(answer))
    assert {post.last().result, post.last().state} == {"done", "A reaction to a message."}
    assert stored(session) == [("It is mended.", "🎉", DANA)]
    assert session.get(Ticket, ticket.id).status == "solved"
    assert len(ticket.messages) == 2
    shown = workspace.replies(personas.TRIAGE_CHANNEL_ID, workspace.posted(personas.TRIAGE_CHANNEL_ID)[-1]["ts"])
    assert [each["name"] for each in shown[-1]["reactions"]] == ["tada"], "the team sees it where it answered"
    reactions.set_reaction(ticket.messages[1], "🎉", actor=ticket.requester, is_added=False)
    assert stored(session) == [], "it can be taken away on the page"


def test_one_to_a_mail_about_the_ticket_is_one_to_the_newest_message(ticket, session, post, mailbox):
    post(reaction(mailbox.list_for(DANA)[-1]))
    assert stored(session) == [("It is mended.", "🎉", DANA)]


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "🎉 Thanks, but it burns again. " * 16},
        {"content": '{"emoji": "<b>", "version": 1}'},
        {"content": '{"emoji": "🎉", "version": 2}'},
        {"content": "🎉"},
        {"headers": {"In-Reply-To": "<other@globex.example>"}},
    ],
)
def test_what_says_more_or_cannot_be_read_is_a_reply(ticket, session, post, mailbox, changes):
    post(reaction(mailbox.list_for(DANA)[-1], **changes))
    assert (post.last().result, stored(session)) == ("A reply on the ticket.", [])
    assert not ticket.messages[-1].attachments


def test_a_file_of_this_kind_that_somebody_attaches_is_a_file(ticket, session, post, mailbox):
    raw = reaction(mailbox.list_for(DANA)[-1])
    head = f"Content-Type: text/{KIND}".encode()
    post(raw.replace(head, b"Content-Disposition: attachment; filename=a.json\r\n" + head))
    assert [each.name for each in ticket.messages[-1].attachments] == ["a.json"]
    assert stored(session) == []


def test_one_of_somebody_else_waits(ticket, session, post, mailbox):
    post(reaction(mailbox.list_for(DANA)[-1], by="eve@evil.example"))
    assert (post.last().state, stored(session)) == ("quarantined", [])


def test_one_to_a_mail_that_is_not_ours_is_no_ticket(ticket, session, post, mailbox):
    chosen.set("tickets_by_mail", True)
    session.commit()
    headers = {
        "To": "help@support.example",
        "In-Reply-To": "<other@globex.example>",
        "References": "<other@globex.example>",
    }
    post(reaction(mailbox.list_for(DANA)[-1], headers=headers))
    assert (post.last().state, session.query(Ticket).count()) == ("ignored", 1)
