"""A day in Slack: the demo's workspace sends signed requests to the portal's real endpoints.

A test does the workers' work itself.
"""

import pytest

from helpdesk.channels.slack import sync
from helpdesk.channels.slack.api import directory
from helpdesk.demo import personas, wsgi_server
from helpdesk.models.channel import Channel
from helpdesk.models.message import Message
from helpdesk.models.ticket import Ticket
from tests import block_validation, worker_helpers

GLOBEX, UMBRA = "C0GLOBEX001", "C0UMBRALABS"
MAYA, PRIYA, JONAS = "U0MAYA00001", "U0PRIYA0001", "U0JONAS0001"
ELLEN, RAFAEL, DANA = "U0ELLEN0001", "U0RAFAEL001", "U0DANA00001"
INES, VIKTOR = "U0INES00001", "U0VIKTOR001"
FIELDS = (
    {"key": "system", "label": "System", "kind": "select", "options": ["Mail", "Web"]},
    {"key": "count", "label": "How many", "kind": "number"},
    {"key": "secret", "label": "Inside", "team_only": True},
    {"key": "logs", "label": "Logs", "kind": "file", "required": True},
)


@pytest.fixture
def settings(workspace, mailbox):
    return worker_helpers.settings(workspace, mailbox)


@pytest.fixture
def team(make):
    """Priya and Jonas, known by their addresses only, and the triage channel."""
    make.channel(personas.TRIAGE_CHANNEL_ID)
    return [
        make.agent("Priya Raman", email="priya@support.northwind.example"),
        make.agent("Jonas Weber", email="jonas@support.northwind.example"),
    ]


@pytest.fixture
def filed_ticket(make, session, team):
    """A ticket of Globex whose cards are in Slack."""
    globex = make.organization("Globex", domain="globex.example", slack=GLOBEX)
    ticket = make.ticket(make.user(globex, "Dana Whitfield", email="dana@globex.example"))
    worker_helpers.drain(session)
    return ticket


@pytest.fixture
def formed(make, session, team):
    """A ticket filed with a form."""
    form = make.form("incident", FIELDS, name="Incident")
    globex = make.organization("Globex", domain="globex.example", slack=GLOBEX)
    dana = make.user(globex, "Dana Whitfield", email="dana@globex.example")
    ticket = make.ticket(dana, form=form, answers={"system": "Mail", "secret": "insider"})
    worker_helpers.drain(session)
    return ticket


@pytest.fixture
def shared(make, session, team):
    """A ticket of Umbra Labs, whose channel is shared with their workspace."""
    umbra = make.organization("Umbra Labs", domain="umbralabs.example")
    make.channel(UMBRA, organization=umbra, is_shared=True)
    ticket = make.ticket(make.user(umbra, "Theo Marsh", email="theo@umbralabs.example"), subject="The probe drifts")
    worker_helpers.drain(session)
    return ticket


@pytest.fixture
def day(app, session, workspace):
    directory.clear_cache()
    with wsgi_server.serve_app(app) as server:
        workspace.events.url = server.url + "/hooks/slack/events"
        workspace.interactivity.actions_url = server.url + "/hooks/slack/actions"
        workspace.interactivity.commands_url = server.url + "/hooks/slack/commands"
        workspace.events.retry_delays = (0.1,)
        yield Day(session, workspace)
        session.rollback()  # what is still sent must not wait for a lock of the test's
        workspace.settle(60)
        block_validation.validate_workspace(workspace)


class Day:
    """What people do in Slack, each time with everything that follows from it."""

    def __init__(self, session, workspace):
        self.session, self.workspace = session, workspace

    def root(self, channel=personas.TRIAGE_CHANNEL_ID) -> str:
        return self.workspace.posted(channel)[-1]["ts"]

    def say(self, user, text, channel=personas.TRIAGE_CHANNEL_ID, **more) -> str:
        """Write in the thread of the last card in ``channel``."""
        self.session.rollback()
        ts = self.workspace.say(user, channel, text, thread_ts=self.root(channel), **more)
        self.work()
        return ts

    def do(self, verb, *arguments, **more):
        """Anything else a workspace can do."""
        self.session.rollback()
        result = getattr(self.workspace, verb)(*arguments, **more)
        self.work()
        return result

    def press(self, user, action_id, channel=personas.TRIAGE_CHANNEL_ID, ts=None, **more):
        return self.do("press", user, channel, ts or self.root(channel), action_id, **more)

    def work(self) -> None:
        assert self.workspace.settle(60)
        worker_helpers.drain(self.session)

    def disconnect(self) -> None:
        """From now on no event arrives; what is on its way is answered first."""
        self.session.rollback()
        assert self.workspace.settle(60)
        self.workspace.events.url = None

    def thread(self, channel=personas.TRIAGE_CHANNEL_ID, root=None) -> list[str]:
        """The texts of a thread, without its root."""
        return [message["text"] for message in self.workspace.replies(channel, root or self.root(channel))[1:]]

    def ephemeral_texts(self, user) -> str:
        return " | ".join(
            str(sent.get("text")) + str(sent.get("blocks")) for sent in self.workspace.ephemerals(user=user)
        )

    def last_ephemeral(self, user) -> dict:
        return self.workspace.ephemerals(user=user)[-1]

    def words(self, after=1):
        """(kind, body) of every message after the first ``after``."""
        self.session.expire_all()
        return [(m.kind, m.body) for m in self.session.query(Message).order_by(Message.id)][after:]

    def last(self) -> Message:
        self.session.expire_all()
        return self.session.query(Message).order_by(Message.id.desc()).first()


def compare(session):
    """Compare every channel with Slack, as the scheduler does."""
    for channel in session.query(Channel):
        channel.synced_at = None
    session.commit()
    worker_helpers.run_job(lambda _: sync.sync_channels(), 0)
    worker_helpers.drain(session)
    session.expire_all()


def newest_ticket(session) -> Ticket:
    """The ticket that was filed last, as it is stored."""
    session.expire_all()
    return session.query(Ticket).order_by(Ticket.id.desc()).first()
