"""The workspace's own emoji: pictures in the portal out of our storage, names everywhere else."""

import pytest

from helpdesk import storage
from helpdesk.channels.slack import custom_emoji as pictures
from helpdesk.channels.slack.api import emoji_pictures
from helpdesk.domain.integrations import custom_emoji
from helpdesk.domain.outbox import errors
from helpdesk.models.custom_emoji import CustomEmoji
from helpdesk.web.templating.emoji_pictures import show_custom_emoji
from tests import worker_helpers
from tests.domain.slack.conftest import DANA, GLOBEX, PRIYA

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PNG = b"\x89PNG\r\n\x1a\ndancing_oven"


@pytest.fixture(autouse=True)
def no_cache():
    custom_emoji.invalidate_cache()
    yield
    custom_emoji.invalidate_cache()


def copy(session) -> int:
    session.rollback()
    return worker_helpers.run_job(lambda _: pictures.copy_pictures(), 0)


def known(session) -> dict[str, bytes | None]:
    session.expire_all()
    return {row.name: storage.read(row.key) if row.key else None for row in session.query(CustomEmoji)}


def test_an_emoji_of_the_workspace_is_a_picture_of_ours_in_the_portal(filed_ticket, day, session, app, client, team):
    day.workspace.add_emoji("dancing_oven", PNG)
    day.workspace.add_emoji("oven_two", alias="dancing_oven")
    day.workspace.add_emoji("like", alias="thumbsup")
    day.say(DANA, "Look :dancing_oven: :oven_two: :like: :smile: `:dancing_oven:`", channel=GLOBEX)
    assert day.last().body == "Look :dancing_oven: :oven_two: :like: 😄 `:dancing_oven:`"
    copy(session)
    assert known(session) == {"dancing_oven": PNG, "oven_two": PNG, "like": None}
    html = str(show_custom_emoji(day.last().html))
    assert html.count('<img class="emoji" src="/emoji/dancing_oven" alt=":dancing_oven:"') == 1
    assert ":like:" in html and "<code>:dancing_oven:</code>" in html and "http" not in html
    assert "dancing_oven" not in str(show_custom_emoji("<p>:other:</p>"))
    assert str(show_custom_emoji("<p>完成:dancing_oven::oven_two::other: a:oven_two:</p>")).count("<img") == 2
    assert client.get("/emoji/dancing_oven").status_code in {302, 303, 404}  # nobody is signed in
    assert day.thread()[-1].startswith("Look :dancing_oven:")


def test_pictures_follow_the_workspace_and_are_asked_for_once_a_day(filed_ticket, day, session):
    day.workspace.add_emoji("dancing_oven", PNG)
    day.say(PRIYA, "note: :dancing_oven:")
    copy(session)
    copy(session)
    assert day.workspace.calls["emoji.list"] == 1
    del day.workspace.state.emoji["dancing_oven"]
    worker_helpers.advance_time(session, 90_000)
    copy(session)
    assert known(session) == {"dancing_oven": None} and day.workspace.calls["emoji.list"] == 2


def test_a_missing_permission_or_a_fault_stops_nothing(filed_ticket, day, session):
    day.workspace.scopes.discard("emoji:read")
    day.workspace.add_emoji("dancing_oven", PNG)
    day.say(PRIYA, "Hello :dancing_oven:")
    copy(session)
    assert day.words() == [("reply", "Hello :dancing_oven:")] and known(session) == {"dancing_oven": None}


def test_what_is_no_picture_is_not_kept(filed_ticket, day, session):
    day.workspace.add_emoji("page", b"<script>alert(1)</script>")
    day.say(PRIYA, "Hello :page:")
    copy(session)
    assert known(session) == {"page": None}


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/emoji/x.png",
        "http://emoji.slack-edge.com/x.png",
        "https://emoji.slack-edge.com@evil.example/x.png",
        "https://emoji.slack-edge.com:444/x.png",
        "file:///etc/passwd",
        "http://169.254.169.254/x",
        "https://[",
    ],
)
def test_pictures_come_from_slacks_host_only(app, workspace, address):
    with pytest.raises(errors.PermanentError, match="not at Slack"):
        emoji_pictures.download_picture(address)


def test_names_are_found_where_people_mean_emoji(app):
    text = "at 10:30:45 :a: x:b:y :c_d-1: `:e:` ::f:: http://a:b:c"
    assert custom_emoji.find_names(text) == ["a", "c_d-1", "e"]


def test_no_message_adds_names_without_end(app, session):
    custom_emoji.note_names([f"n{number}" for number in range(100)])
    assert session.query(CustomEmoji).count() == custom_emoji.MAX_NAMES
