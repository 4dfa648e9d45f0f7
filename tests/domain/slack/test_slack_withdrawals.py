"""What people take back in Slack, what Slack moves, and what it puts in unusual places: tables, loose messages."""

import pytest

from helpdesk import storage
from helpdesk.channels.slack import sync
from helpdesk.channels.slack.api import directory
from helpdesk.demo import personas
from helpdesk.domain import tickets
from helpdesk.domain.tickets import stored_files
from helpdesk.models.channel import Channel
from helpdesk.models.delivery import Delivery
from helpdesk.models.thread import Thread
from tests import worker_helpers
from tests.domain.slack.conftest import DANA, GLOBEX, PRIYA

TRIAGE = personas.TRIAGE_CHANNEL_ID
TABLE = {
    "fallback": "[no preview available]",
    "blocks": [
        {
            "type": "table",
            "column_settings": [{"is_wrapped": True}, {"align": "right"}],
            "rows": [
                [{"type": "raw_text", "text": "Item"}, {"type": "raw_text", "text": "Amount"}],
                [
                    {
                        "type": "rich_text",
                        "elements": [
                            {
                                "type": "rich_text_section",
                                "elements": [{"type": "text", "text": "A | B", "style": {"bold": True}}],
                            }
                        ],
                    },
                    {"type": "raw_text", "text": "1,200"},
                ],
                [{"type": "raw_text", "text": "short row"}],
            ],
        }
    ],
}
AS_MARKDOWN = "| Item | Amount |\n| --- | ---: |\n| **A \\| B** | 1,200 |\n| short row |  |"


@pytest.fixture(autouse=True)
def fresh_directory():
    directory.clear_cache()


def sync_channels(session):
    for each in session.query(Channel):
        each.synced_at = None
    session.commit()
    worker_helpers.run_job(lambda _: sync.sync_channels(), 0)
    worker_helpers.drain(session)


def file_states(message) -> list[tuple[str, str]]:
    return [(each.name, each.state) for each in message.attachments]


@pytest.mark.parametrize("is_event_lost", [False, True])
def test_a_file_deleted_in_slack_leaves_the_portal_and_the_other_channels(filed_ticket, day, session, is_event_lost):
    day.say(DANA, "Two files", channel=GLOBEX, files=[("a.txt", b"aaa"), ("b.txt", b"bbb")])
    first, second = day.last().attachments
    key = first.key
    assert [each["name"] for message in day.workspace.replies(TRIAGE, day.root()) for each in message.get("files", [])]
    if is_event_lost:
        day.workspace.event_faults(lost=1)
    day.do("delete_file", DANA, first.origin_external_id)
    if is_event_lost:
        day.workspace.behave()
        worker_helpers.advance_time(session, 600)
        sync_channels(session)
    assert file_states(day.last()) == [("a.txt", "refused"), ("b.txt", "stored")]
    assert day.last().attachments[0].reason == "Its author deleted it in Slack."
    session.rollback()
    assert stored_files.delete_marked() == 1
    with pytest.raises(FileNotFoundError):
        storage.read(key)
    shown = [each for message in day.workspace.replies(TRIAGE, day.root()) for each in message.get("files", [])]
    assert [each["name"] for each in shown if each["mode"] == "hosted"] == ["b.txt"]
    assert day.last().body == "Two files"


def test_a_file_of_ours_deleted_in_slack_stays_in_the_portal_and_is_recorded(filed_ticket, day, session, team, make):
    day.say(PRIYA, "A log", files=[("log.txt", b"xyz")])
    copy = session.query(Delivery).filter_by(kind="file").one()
    day.do("delete_file", "U0MAYA00001", copy.external_id)
    assert file_states(day.last()) == [("log.txt", "stored")]
    assert "slack_deleted" in [each.kind for each in tickets.load_timeline(filed_ticket, team[0])]


def test_a_file_made_internal_is_withdrawn_with_the_line_above_it(filed_ticket, day, session, team):
    day.workspace.state.share_seconds = 30
    day.say(PRIYA, "secretword", files=[("payroll.txt", b"inside")])
    day.workspace.api_faults.store_late_requests(until=float("inf"))
    day.press(PRIYA, "make_internal", ts=day.last_ephemeral(PRIYA)["ts"])
    for _ in range(3):
        worker_helpers.advance_time(session, 60)
        worker_helpers.drain(session)
    assert day.workspace.replies(GLOBEX, day.root(GLOBEX))[1:] == []
    assert "payroll" not in str(day.workspace.state.channels[GLOBEX].messages)


def test_a_file_that_appears_only_after_it_was_made_internal_is_withdrawn_all_the_same(filed_ticket, day, session):
    day.workspace.state.share_seconds = 3600
    day.say(PRIYA, "secretword", files=[("payroll.txt", b"inside")])
    day.press(PRIYA, "make_internal", ts=day.last_ephemeral(PRIYA)["ts"])
    day.workspace.api_faults.store_late_requests(until=float("inf"))
    for _ in range(3):
        worker_helpers.advance_time(session, 60)
        worker_helpers.drain(session)
    assert "payroll" not in str(day.workspace.state.channels[GLOBEX].messages)
    assert session.query(Delivery).filter(Delivery.state.in_(("pending", "unknown", "failed"))).count() == 0


@pytest.mark.parametrize("text", ["Which of these is wrong?", ""])
def test_a_pasted_table_is_kept_as_a_table(filed_ticket, day, text):
    day.say(DANA, text, channel=GLOBEX, attachments=[TABLE])
    assert day.last().body == "\n\n".join(part for part in (text, AS_MARKDOWN) if part)
    day.say(PRIYA, f"note: {text}", attachments=[TABLE])
    assert (day.last().kind, day.last().body.endswith(AS_MARKDOWN)) == ("note", True)


def test_a_forwarded_message_brings_its_table_and_its_files(filed_ticket, day):
    ts = day.workspace.say(PRIYA, "C0GENERAL01", "elsewhere", files=[("deep.txt", b"deep")])
    [file] = day.workspace.message("C0GENERAL01", ts)["files"]
    inner = {"message": {"blocks": TABLE["blocks"], "files": [file]}}
    forwarded = {"is_share": True, "author_name": "Dana", "text": "see", "message_blocks": [inner], "files": [file]}
    day.say(PRIYA, "Forwarded.", attachments=[forwarded])
    assert "> Dana:\n> see\n> \n> | Item | Amount |" in day.last().body
    assert file_states(day.last()) == [("deep.txt", "stored")]


def test_a_reply_below_a_deleted_card_is_taken_back_and_hung_below_a_new_one(filed_ticket, day, session):
    day.workspace.event_faults(lost=1)
    day.do("delete", "U0MAYA00001", GLOBEX, day.root(GLOBEX))
    day.workspace.behave()
    day.say(PRIYA, "one", files=[("log.txt", b"xyz")])
    day.say(PRIYA, "two")
    for _ in range(3):
        worker_helpers.advance_time(session)
        worker_helpers.drain(session)
    [card] = day.workspace.posted(GLOBEX)
    replies = day.workspace.replies(GLOBEX, card["ts"])[1:]
    assert [each["text"] for each in replies if not each.get("files")] == ["one", "two"]
    assert [file["name"] for each in replies for file in each.get("files", [])] == ["log.txt"]
    day.say(DANA, "I see it.", channel=GLOBEX)
    assert day.words()[-1] == ("reply", "I see it.")


def test_a_loose_message_that_a_worker_left_behind_is_deleted_by_the_sync(filed_ticket, day, session):
    day.workspace.event_faults(lost=1)
    day.do("delete", "U0MAYA00001", GLOBEX, day.root(GLOBEX))
    day.workspace.behave()
    day.workspace.misbehave("chat.delete", "500_before")
    day.say(PRIYA, "one")
    for _ in range(3):
        worker_helpers.advance_time(session)
        worker_helpers.drain(session)
    assert "one" in [each["text"] for each in day.workspace.posted(GLOBEX)]
    sync_channels(session)
    [card] = day.workspace.posted(GLOBEX)
    assert [each["text"] for each in day.workspace.replies(GLOBEX, card["ts"])[1:]] == ["one"]


@pytest.mark.parametrize("is_known_already", [False, True])
def test_a_channel_with_a_new_id_goes_on_under_it(filed_ticket, day, session, make, is_known_already):
    new_id = day.workspace.change_channel_id(GLOBEX)
    day.workspace.say(DANA, new_id, "Said under the new id.", thread_ts=day.root(new_id))
    if is_known_already:
        make.channel(new_id, organization=filed_ticket.organization)
        session.commit()
    day.work()
    session.expire_all()
    [channel] = session.query(Channel).filter_by(organization_id=filed_ticket.organization_id, kind="slack")
    assert (channel.external_id, channel.blocked_reason) == (new_id, None)
    assert day.words() == [("reply", "Said under the new id.")]
    day.say(PRIYA, "Hello there.")
    assert day.thread(new_id) == ["Said under the new id.", "Hello there."]
    assert session.query(Thread).filter_by(ticket_id=filed_ticket.id, channel_id=channel.id).count() == 1


@pytest.mark.parametrize(
    ("event", "team", "is_blocked"),
    [
        ({"type": "tokens_revoked", "tokens": {"oauth": ["U0MAYA00001"], "bot": []}}, personas.TEAM_ID, False),
        ({"type": "tokens_revoked", "tokens": {"bot": ["U0SOMEBODY1"]}}, personas.TEAM_ID, False),
        ({"type": "tokens_revoked", "tokens": {"bot": [personas.BOT_USER_ID]}}, "T0ELSEWHERE", False),
        ({"type": "tokens_revoked", "tokens": {"bot": [personas.BOT_USER_ID]}}, personas.TEAM_ID, True),
        ({"type": "app_uninstalled"}, "T0ELSEWHERE", False),
        ({"type": "app_uninstalled"}, personas.TEAM_ID, True),
    ],
)
def test_only_the_loss_of_our_own_token_blocks_the_channels(filed_ticket, day, session, event, team, is_blocked):
    original = day.workspace.events._wrap
    day.workspace.events._wrap = lambda event, channel: (
        original(event, channel)
        | {
            "team_id": team,
            "context_team_id": team,
            "authorizations": [],
        }
    )
    session.rollback()
    day.workspace.events.announce(None, event)
    day.work()
    blocked = [each.blocked_reason for each in session.query(Channel).filter_by(kind="slack")]
    assert [bool(reason) for reason in blocked] == [is_blocked] * len(blocked)


def test_a_dead_token_is_believed_whatever_the_event_names(filed_ticket, day, session):
    day.workspace.revoke()
    session.rollback()
    day.workspace.events.announce(None, {"type": "tokens_revoked", "tokens": {"bot": []}})
    day.work()
    assert all(each.blocked_reason for each in session.query(Channel).filter_by(kind="slack"))
