import pytest

from helpdesk.channels.slack import client, people
from helpdesk.demo import cast, serving
from helpdesk.demo import slack as stand_in


@pytest.fixture
def place():
    """The stand-in for Slack over real HTTP: (workspace, its Web API's address)."""
    app = stand_in.create_workspace()
    with serving.serve(app) as server:
        people.forget()
        yield app.extensions["workspace"], server.url + "/api/"


@pytest.fixture
def workspace(place):
    return place[0]


@pytest.fixture
def slack_client(place):
    """A client that gives up after a second."""
    return client.Client(cast.BOT_TOKEN, place[1], timeout=1)
