"""A ticket whose requester reads and answers mail: the base of the tests of mail."""

import re

from helpdesk.demo import mailbox, personas
from helpdesk.domain.administration import settings as stored_settings
from helpdesk.models.delivery import Delivery
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from helpdesk.models.thread import Thread
from tests import worker_helpers

DANA = "dana@globex.example"
SECRET = "inbound-secret-of-the-tests"
REPLIES = "reply.support.example"


def settings(workspace, box) -> dict:
    """Everything on: Slack, mail out, mail in by the hook."""
    return worker_helpers.settings(workspace, box) | {
        "INBOUND_MAIL_SECRET": SECRET,
        "INBOUND_MAIL_DOMAIN": REPLIES,
        "INBOUND_AUTHSERV_ID": "demo",
    }


class Post:
    """Delivers mails to the inbound endpoint and does what a worker would."""

    def __init__(self, app, session):
        self.app, self.session = app, session

    def __call__(self, raw: bytes, secret: str | None = SECRET):
        """POST ``raw`` to the hook, work on it, and give the answer."""
        headers = {"X-Inbound-Secret": secret} if secret is not None else {}
        self.session.rollback()
        answer = self.app.test_client().post("/hooks/email", data=raw, headers=headers, content_type="message/rfc822")
        worker_helpers.drain(self.session)
        return answer

    def last(self) -> InboundEvent:
        """What became of the latest one."""
        return self.session.query(InboundEvent).filter_by(source="email").order_by(InboundEvent.id.desc()).first()


def filed_ticket(make, session):
    """A ticket of Globex with cards in Slack; Dana filed it and was mailed that it was received."""
    make.channel(personas.TRIAGE_CHANNEL_ID)
    globex = make.organization("Globex", domain="globex.example", slack="C0GLOBEX001")
    ticket = make.ticket(make.user(globex, "Dana", email="dana@globex.example"))
    worker_helpers.drain(session)
    return ticket


def reply(mail, text="It **works** now.", by="dana@globex.example", **more) -> bytes:
    """Dana's answer to ``mail``."""
    return mailbox.build_reply(mail, by=by, text=text, **more)


def ids(value) -> list[str]:
    return re.findall(r"<[^<>\s]+>", str(value or ""))


def save_settings(session, **values) -> None:
    for name, value in values.items():
        stored_settings.set(name, value)
    session.commit()


def requester_mails(session, ticket, kind="message") -> list[Delivery]:
    """The mail deliveries of the ticket's requester, oldest first."""
    mails = session.query(Delivery).join(Thread).filter(Thread.user_id == ticket.requester_id, Delivery.kind == kind)
    return mails.order_by(Delivery.id).populate_existing().all()


def messages_after_first(session) -> list[tuple[str, str]]:
    """Kind and body of every message but the one the ticket was filed with."""
    return [(message.kind, message.body) for message in session.query(Message).order_by(Message.id)][1:]


def assert_quarantined(session, post, sentence) -> InboundEvent:
    """Check that the latest mail waits for the team, no message was created, and nobody was written to."""
    row = post.last()
    assert row.state == "quarantined" and sentence in row.result, (row.state, row.result)
    assert messages_after_first(session) == []
    return row
