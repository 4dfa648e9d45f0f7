"""A ticket whose requester reads and answers mail: the base of the tests of mail."""

import re

from helpdesk.demo import mailbox, personas
from helpdesk.models.inbound_event import InboundEvent
from tests import worker_helpers

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
