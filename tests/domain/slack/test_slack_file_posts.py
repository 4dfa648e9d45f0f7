"""The files of one message are one post in each thread, and each can be taken back by itself."""

import pytest

from helpdesk import storage
from helpdesk.channels.slack import file_posts, known_threads
from helpdesk.demo import personas
from helpdesk.domain import tickets
from helpdesk.domain.administration import settings
from helpdesk.models.delivery import Delivery
from helpdesk.models.thread import Thread
from tests import worker_helpers
from tests.domain.slack.conftest import DANA, GLOBEX, PRIYA, compare

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TRIAGE = personas.TRIAGE_CHANNEL_ID
THREE = [("a.txt", b"aaa"), ("b.txt", b"bbb"), ("c.txt", b"ccc")]


def posts(day) -> list[list[str]]:
    """The names of the files that each message of the ticket's triage thread shows."""
    replies = day.workspace.replies(TRIAGE, day.root())
    return [[each["name"] for each in reply["files"] if "name" in each] for reply in replies if reply.get("files")]


def copies(session) -> list[Delivery]:
    session.expire_all()
    return session.query(Delivery).filter_by(kind="file").order_by(Delivery.id).all()


def let_time_pass(session):
    for _ in range(3):
        worker_helpers.advance_time(session, 120)
        worker_helpers.drain(session)


def test_several_files_of_a_message_are_one_post(filed_ticket, day, session):
    day.say(DANA, "Three files", channel=GLOBEX, files=THREE)
    assert posts(day) == [["a.txt", "b.txt", "c.txt"]]
    shown = day.workspace.replies(TRIAGE, day.root())[-1]
    assert [(each.state, each.external_id) for each in copies(session)] == [
        ("sent", file["id"]) for file in shown["files"]
    ]
    thread = session.query(Thread).filter_by(external_id=day.root()).one()
    [known] = known_threads.load_known_threads([thread])
    assert known.count == len(day.workspace.replies(TRIAGE, day.root())) - 1, "the sync does not read the thread again"


def test_more_files_than_slack_takes_are_several_posts(filed_ticket, day, session, monkeypatch):
    monkeypatch.setattr(file_posts, "MAX_FILES", 2)
    day.say(DANA, "Three files", channel=GLOBEX, files=THREE)
    assert posts(day) == [["a.txt", "b.txt"], ["c.txt"]]
    assert [each.state for each in copies(session)] == ["sent"] * 3


@pytest.mark.parametrize("kind", ["reset_after", "500_after"])
def test_files_whose_answer_broke_are_found_and_are_there_once(filed_ticket, day, session, kind):
    day.workspace.misbehave("files.completeUploadExternal", kind)
    day.say(DANA, "Three files", channel=GLOBEX, files=THREE)
    day.say(DANA, "And a word", channel=GLOBEX)
    let_time_pass(session)
    assert posts(day) == [["a.txt", "b.txt", "c.txt"]]
    assert [each.state for each in copies(session)] == ["sent"] * 3
    assert len({each.external_id for each in copies(session)}) == 3
    assert day.thread(TRIAGE)[-1] == "And a word", "what was said later stands below"


def test_files_that_did_not_arrive_are_posted_together_again(filed_ticket, day, session):
    day.workspace.misbehave("files.completeUploadExternal", "500_before")
    day.say(DANA, "Three files", channel=GLOBEX, files=THREE)
    let_time_pass(session)
    assert posts(day) == [["a.txt", "b.txt", "c.txt"]]


def test_a_file_taken_back_while_its_post_is_in_doubt_is_removed_when_that_is_found(filed_ticket, day, session):
    day.workspace.misbehave("files.completeUploadExternal", "reset_after")
    day.say(DANA, "Three files", channel=GLOBEX, files=THREE)
    second = day.last().attachments[1]
    assert [each.state for each in copies(session)] == ["unknown", "pending", "pending"]
    day.do("delete_file", DANA, second.origin_external_id)
    assert [each.state for each in copies(session)] == ["unknown", "cancelled", "pending"]
    let_time_pass(session)
    assert posts(day) == [["a.txt", "c.txt"]]
    assert session.query(Delivery).filter(Delivery.state.in_(("pending", "unknown", "failed"))).count() == 0


def test_a_message_deleted_with_its_files_leaves_nothing(filed_ticket, day, session):
    ts = day.say(DANA, "Three files", channel=GLOBEX, files=THREE)
    day.do("delete", DANA, GLOBEX, ts)
    let_time_pass(session)
    assert len(day.workspace.replies(TRIAGE, day.root())) == 1
    assert session.query(Delivery).filter(Delivery.state.in_(("pending", "unknown", "failed"))).count() == 0


def test_a_file_that_slack_refuses_is_tried_by_itself_and_the_others_are_there(filed_ticket, day, session):
    refusal = {"error": "file_upload_size_restricted", "skip": 1}
    day.workspace.misbehave("files.getUploadURLExternal", "error", **refusal)
    day.say(DANA, "Three files", channel=GLOBEX, files=THREE)
    assert posts(day) == [["a.txt", "c.txt"], ["b.txt"]]
    assert [each.state for each in copies(session)] == ["sent"] * 3


def test_a_file_that_slack_never_takes_waits_for_a_person(filed_ticket, day, session):
    day.workspace.misbehave("files.getUploadURLExternal", "error", error="file_upload_size_restricted", times=None)
    day.say(DANA, "Three files", channel=GLOBEX, files=THREE)
    assert posts(day) == []
    assert copies(session)[0].state == "failed" and "larger than Slack takes" in copies(session)[0].reason


@pytest.mark.parametrize("text", ["Two files", "Two files, now"])
def test_a_file_that_an_edit_adds_follows_into_the_other_threads(filed_ticket, day, session, text):
    ts = day.say(DANA, "Two files", channel=GLOBEX, files=THREE[:1])
    day.do("edit", DANA, GLOBEX, ts, text, files=THREE[1:2])
    message = day.last()
    assert (message.body, [each.name for each in message.attachments]) == (text, ["a.txt", "b.txt"])
    assert [storage.read(each.key) for each in message.attachments] == [b"aaa", b"bbb"]
    assert posts(day) == [["a.txt"], ["b.txt"]]
    day.do("edit", DANA, GLOBEX, ts, "Still two files")
    assert posts(day) == [["a.txt"], ["b.txt"]]
    day.do("delete_file", DANA, message.attachments[1].origin_external_id)
    day.do("edit", DANA, GLOBEX, ts, "One file")
    assert posts(day) == [["a.txt"]] and len(day.last().attachments) == 2


def test_a_file_that_an_edit_adds_while_we_hear_nothing_is_found(filed_ticket, day, session):
    ts = day.say(DANA, "The log", channel=GLOBEX)
    day.disconnect()
    day.workspace.edit(DANA, GLOBEX, ts, "The log", files=THREE[:1])
    compare(session)
    assert [each.name for each in day.last().attachments] == ["a.txt"]
    assert posts(day) == [["a.txt"]]


def test_a_file_that_an_edit_adds_to_a_note_stays_with_the_team(filed_ticket, day, session):
    ts = day.say(PRIYA, "note: The log", channel=TRIAGE)
    day.do("edit", PRIYA, TRIAGE, ts, "note: The log", files=THREE[:1])
    assert [each.name for each in day.last().attachments] == ["a.txt"]
    assert copies(session) == []


def test_a_file_that_an_edit_adds_to_a_held_reply_leaves_with_it_once(filed_ticket, day, session):
    settings.set("slack_undo_mode", "hold")
    session.commit()
    ts = day.say(PRIYA, "The log", channel=TRIAGE)
    day.do("edit", PRIYA, TRIAGE, ts, "The log", files=THREE[:1])
    assert copies(session) == []
    worker_helpers.advance_time(session, 60)
    worker_helpers.run_job(lambda _: tickets.publish_due_replies(), 0)
    worker_helpers.drain(session)
    assert [each.state for each in copies(session)] == ["sent"]
    shown = [reply["files"] for reply in day.workspace.replies(GLOBEX, day.root(GLOBEX)) if reply.get("files")]
    assert [[each["name"] for each in files] for files in shown] == [["a.txt"]]
