"""A ticket whose requester reads and answers mail, an agent, and the inbound endpoint."""

import pytest

from helpdesk.domain import tickets
from tests import worker_helpers
from tests.domain import mail_samples


@pytest.fixture
def settings(workspace, mailbox):
    return mail_samples.settings(workspace, mailbox)


@pytest.fixture
def filed_ticket(make, session, mailbox):
    """A ticket whose first mail has arrived."""
    return mail_samples.filed_ticket(make, session)


@pytest.fixture
def maya(make):
    return make.agent("Maya")


@pytest.fixture
def say(filed_ticket, session, maya):
    """``say(words)`` as Maya; sends what is due."""

    def say(body, by=None, send=True):
        message = tickets.reply(filed_ticket, author=by or maya, body=body)
        session.commit()
        if send:
            worker_helpers.drain(session)
        return message

    return say


@pytest.fixture
def post(app, session):
    """``post(mail)`` to the inbound endpoint, worked on at once."""
    return mail_samples.Post(app, session)


@pytest.fixture
def mail(filed_ticket, mailbox):
    """The mail that Dana answers."""
    return mailbox.wait_for(mail_samples.DANA)
