"""Edits, deletions and files: in the order Slack means them, exactly once, and visible where they fail."""

import pytest

from helpdesk import storage
from helpdesk.channels.slack.api import file_downloads as slack_files
from helpdesk.demo import personas
from helpdesk.domain import inbox, tickets
from helpdesk.models.attachment import Attachment
from helpdesk.models.delivery import Delivery
from helpdesk.models.event import Event
from helpdesk.models.inbound_event import InboundEvent
from helpdesk.models.message import Message
from tests import worker_helpers
from tests.domain.slack.conftest import DANA, ELLEN, GLOBEX, INES, PRIYA, UMBRA

PNG = b"\x89PNG\r\n\x1a\n12345"


def payloads(workspace):
    return [attempt.body for attempt in workspace.events.log]


def handle_events(session, *events):
    """Handle these in this order, whatever order they were sent in."""
    session.rollback()
    for event in events:
        inbox.store_event("slack", event["event_id"], event)
        session.commit()
        worker_helpers.drain(session)


@pytest.fixture
def unheard(filed_ticket, workspace, session):
    """The endpoints are not connected: a test handles itself what was done after this fixture."""
    root = workspace.posted(personas.TRIAGE_CHANNEL_ID)[0]["ts"]
    workspace.events.log.clear()
    return root


def test_edits_overtaking_each_other_and_their_original_end_in_the_last_one(unheard, session, workspace, day):
    day.disconnect()
    ts = workspace.say(PRIYA, personas.TRIAGE_CHANNEL_ID, "one", thread_ts=unheard)
    for number, text in enumerate(("two", "three")):
        workspace.edit(PRIYA, personas.TRIAGE_CHANNEL_ID, ts, text)
        workspace.events.log[-1].body["event"]["message"]["edited"]["ts"] = f"{float(ts) + number + 1:.6f}"
    said, second, third = payloads(workspace)
    handle_events(session, third, said, second)
    assert day.words() == [("reply", "three")]
    assert day.thread(GLOBEX) == ["three"]
    assert len(day.workspace.ephemerals(user=PRIYA)) == 1


def test_a_deletion_that_comes_before_its_message_wins(unheard, session, workspace, day):
    day.disconnect()
    ts = workspace.say(PRIYA, personas.TRIAGE_CHANNEL_ID, "one", thread_ts=unheard)
    workspace.delete(PRIYA, personas.TRIAGE_CHANNEL_ID, ts)
    said, deleted = payloads(workspace)
    handle_events(session, deleted, said)
    assert day.words() == [] and day.thread(GLOBEX) == []


def test_an_edit_keeps_who_may_read_it(filed_ticket, day):
    ts = day.say(PRIYA, "note: they never paid")
    day.do("edit", PRIYA, personas.TRIAGE_CHANNEL_ID, ts, "reply: they never paid us")
    assert day.words() == [("note", "they never paid us")]
    assert "A note stays a note" in day.ephemeral_texts(PRIYA) and day.thread(GLOBEX) == []


def test_who_takes_the_mark_of_a_note_away_learns_that_it_stays_one(filed_ticket, day):
    ts = day.say(PRIYA, "note: they never paid")
    day.do("edit", PRIYA, personas.TRIAGE_CHANNEL_ID, ts, "note: they never paid us")
    assert "A note stays a note" not in day.ephemeral_texts(PRIYA)
    day.do("edit", PRIYA, personas.TRIAGE_CHANNEL_ID, ts, "You did not pay us")
    assert day.words() == [("note", "You did not pay us")]
    assert "A note stays a note" in day.ephemeral_texts(PRIYA) and day.thread(GLOBEX) == []


def test_an_edit_that_adds_the_mark_in_time_takes_the_reply_back_and_too_late_sends_nothing(filed_ticket, day, session):
    ts = day.say(PRIYA, "They never paid.")
    day.do("edit", PRIYA, personas.TRIAGE_CHANNEL_ID, ts, "note: They never paid.")
    assert day.words() == [("note", "They never paid.")] and day.thread(GLOBEX) == []
    late = day.say(PRIYA, "Their boss is odd.")
    day.last().release_at = filed_ticket.created_at
    session.commit()
    day.do("edit", PRIYA, personas.TRIAGE_CHANNEL_ID, late, "note: Their boss is a crook.")
    assert day.words()[-1] == ("reply", "Their boss is odd.")
    assert "crook" not in str(day.workspace.state.channels[GLOBEX].messages)
    assert "Your change was not sent" in day.ephemeral_texts(PRIYA)


def test_a_portal_edit_and_deletion_follow_into_both_threads_with_a_mark(filed_ticket, day, session, team):
    message = tickets.reply(filed_ticket, author=team[0], body="word " * 900)
    session.commit()
    worker_helpers.drain(session)
    tickets.edit_message(message, editor=team[0], body="short")
    session.commit()
    worker_helpers.drain(session)
    for channel in (personas.TRIAGE_CHANNEL_ID, GLOBEX):
        [copy] = day.workspace.replies(channel, day.root(channel))[1:]
        assert copy["text"] == "short" and "Edited" in str(copy["blocks"])
    tickets.edit_message(message, editor=team[0], body="long " * 950)
    session.commit()
    worker_helpers.drain(session)
    assert str(day.workspace.replies(GLOBEX, day.root(GLOBEX))[-1]["blocks"]).count("long") >= 950
    tickets.delete_message(message, editor=team[0])
    session.commit()
    worker_helpers.drain(session)
    assert day.thread() == day.thread(GLOBEX) == []


def test_deleting_in_slack_takes_the_other_copies_away_and_says_that_mail_stays(filed_ticket, day, session):
    ts = day.say(PRIYA, "wrongword")
    worker_helpers.advance_time(session, 60)
    worker_helpers.drain(session)
    day.do("delete", PRIYA, personas.TRIAGE_CHANNEL_ID, ts)
    assert day.thread(GLOBEX) == [] and day.last().body == ""
    assert "stays in mailboxes" in day.ephemeral_texts(PRIYA)


def test_our_own_copy_deleted_in_slack_is_shown_to_the_team_and_lost_nowhere(filed_ticket, day, session):
    tickets.reply(filed_ticket, author=filed_ticket.requester, body="kept")
    session.commit()
    worker_helpers.drain(session)
    copy = day.workspace.replies(personas.TRIAGE_CHANNEL_ID, day.root())[-1]["ts"]
    day.do("delete", "U0MAYA00001", personas.TRIAGE_CHANNEL_ID, copy)
    event = session.query(Event).filter_by(kind="slack_deleted").one()
    assert (event.team_only, event.data["what"]) == (True, "message")
    assert day.words() == [("reply", "kept")] and day.thread(GLOBEX) == ["kept"]


def test_files_go_from_slack_into_the_portal_and_the_other_thread(filed_ticket, day, session):
    day.say(DANA, "Look", channel=GLOBEX, files=[("scan.png", PNG, "image/png"), ("log.txt", b"lines", "text/plain")])
    rows = session.query(Attachment).order_by(Attachment.id).all()
    assert [(row.name, row.media_type, row.state, storage.read(row.key)) for row in rows] == [
        ("scan.png", "image/png", "stored", PNG),
        ("log.txt", "text/plain", "stored", b"lines"),
    ]
    shown = [
        message for message in day.workspace.replies(personas.TRIAGE_CHANNEL_ID, day.root()) if message.get("files")
    ]
    assert [file["name"] for message in shown for file in message["files"]] == ["scan.png", "log.txt"]
    assert len(shown) == 1
    assert "Dana Whitfield" in str(shown[0])
    assert day.thread(GLOBEX) == ["Look"]  # nothing is copied back to where it was written


def test_files_of_people_in_another_workspace_are_asked_for_by_id(shared, day, session):
    day.say(INES, "", channel=UMBRA, files=[("plan.pdf", b"%PDF-1.7", "application/pdf")])
    row = session.query(Attachment).one()
    assert (row.name, row.state, row.message.author_display_name) == ("plan.pdf", "stored", "Inès Moreau")


@pytest.mark.parametrize("fault", ["500_after", "reset_after", "half_after", "reset_before"])
def test_a_file_whose_answer_broke_is_there_exactly_once(filed_ticket, day, session, fault):
    day.workspace.misbehave("files.completeUploadExternal", fault, times=1, channel=None)
    day.say(DANA, "Look", channel=GLOBEX, files=[("scan.png", PNG, "image/png")])
    for _ in range(4):
        worker_helpers.advance_time(session)
        worker_helpers.drain(session)
    shown = [
        message for message in day.workspace.replies(personas.TRIAGE_CHANNEL_ID, day.root()) if message.get("files")
    ]
    assert len(shown) == 1


def test_a_file_that_cannot_be_had_is_shown_as_such_and_holds_up_nothing(filed_ticket, day, session, monkeypatch):
    monkeypatch.setattr("helpdesk.domain.tickets.attachments.MAX_BYTES", 1000)
    day.say(DANA, "Look", channel=GLOBEX, files=[("huge.bin", b"x" * 5000, "application/octet-stream")])
    row = session.query(Attachment).one()
    assert (row.state, row.reason) == ("refused", "huge.bin is larger than 0 MB.")
    assert "could not be taken along" in day.thread()[-1]
    day.workspace.scopes.discard("files:read")
    day.say(DANA, "And this", channel=GLOBEX, files=[("b.txt", b"b", "text/plain")])
    assert "files:read" in session.query(Attachment).order_by(Attachment.id.desc()).first().reason
    assert [body for _, body in day.words()] == ["Look", "And this"]


def test_a_file_slack_is_slow_about_is_waited_for_and_then_gone_without(filed_ticket, day, session):
    day.workspace.misbehave("files.info", "500_before", times=None)
    day.say(DANA, "Look", channel=GLOBEX, files=[("scan.png", PNG, "image/png")])
    assert day.words() == []
    inbound = session.query(InboundEvent).filter_by(state="waiting").one()
    event = {**inbound.payload["event"], "ts": f"{float(inbound.payload['event']['ts']) - 200:.6f}"}
    inbound.payload = {**inbound.payload, "event": event}
    session.commit()
    worker_helpers.advance_time(session)
    worker_helpers.drain(session)
    assert day.words() == [("reply", "Look")]
    assert session.query(Attachment).one().state == "refused"


def test_external_users_files_are_not_even_fetched(filed_ticket, day, monkeypatch):
    monkeypatch.setattr(slack_files, "download_file", lambda *_, **__: pytest.fail("fetched"))
    day.say(ELLEN, "Look", files=[("scan.png", PNG, "image/png")])
    assert day.words() == [] and "was not sent" in day.ephemeral_texts(ELLEN)


def test_a_deleted_message_takes_its_files_along(filed_ticket, day, session, team):
    ts = day.say(PRIYA, "Look", files=[("scan.png", PNG, "image/png")])
    assert any(message.get("files") for message in day.workspace.replies(GLOBEX, day.root(GLOBEX)))
    day.do("delete", PRIYA, personas.TRIAGE_CHANNEL_ID, ts)
    assert day.workspace.replies(GLOBEX, day.root(GLOBEX))[1:] == []
    assert session.query(Delivery).filter(Delivery.state == "failed").count() == 0
    assert session.query(Message).count() == 2
