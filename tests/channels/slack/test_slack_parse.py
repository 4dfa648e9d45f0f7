"""Every payload of Slack is parsed into one of our events, or into none."""

from datetime import UTC, datetime

import pytest

from helpdesk.channels.slack.parse import events, payload_parser
from helpdesk.domain.inbox.channel_event import RemoteFile
from tests.channels.slack.event_samples import NAMES, ROOT, TS, hear, said


def test_a_reply_in_a_thread():
    [heard] = hear(said(text="*Hi* <@U1>"))
    assert (heard.kind, heard.channel_id, heard.thread_id, heard.external_id, heard.author_id) == (
        "message",
        "C1",
        ROOT,
        TS,
        "U1",
    )
    assert heard.body == "**Hi** @Maya"
    assert heard.when == datetime.fromtimestamp(1712345678.0002, UTC)
    assert heard.team_id == "T1"
    assert heard.event_id == "Ev1"
    assert heard.visibility is None
    assert heard.is_bot is False


def test_a_root_has_no_thread_above_it():
    assert hear(said(thread_ts=TS))[0].thread_id is None
    assert hear(said(thread_ts=None))[0].thread_id is None


@pytest.mark.parametrize("subtype", ["file_share", "thread_broadcast", "me_message"])
def test_these_subtypes_are_words_of_people(subtype):
    assert hear(said(subtype=subtype))[0].kind == "message"


@pytest.mark.parametrize(
    "subtype",
    [
        "channel_join",
        "channel_topic",
        "bot_message",
        "reminder_add",
        "ekm_access_denied",
        "huddle_thread",
        "anything_new",
    ],
)
def test_other_subtypes_are_nothing_for_us(subtype):
    assert hear(said(subtype=subtype)) == []


@pytest.mark.parametrize(
    "mark",
    [
        {"app_id": "A1"},
        {"bot_profile": {"app_id": "A1"}},
        {"user": "UBOT"},
        {"user": "USLACKBOT"},
        {"metadata": {"event_type": "helpdesk_delivery", "event_payload": {"delivery": "k"}}},
        {"subtype": "thread_broadcast", "root": {"ts": TS, "app_id": "A1"}},
        {"hidden": True},
    ],
)
def test_our_own_posts_and_slackbots_are_never_heard(mark):
    assert hear(said(**mark)) == []


def test_a_reply_under_our_own_root_is_heard():
    assert hear(said(subtype="thread_broadcast", root={"ts": ROOT, "app_id": "A1"}))[0].author_id == "U1"


def test_other_bots_and_external_users_are_marked_for_the_domain_to_judge():
    [bot] = hear(said(bot_id="B9", app_id="A9"))
    assert bot.is_bot
    [external] = hear(said(user_team="T9", source_team="T9"), is_ext_shared_channel=True)
    assert (external.user_team, external.is_ext_shared) == ("T9", True)


def test_files_come_along_and_those_kept_elsewhere_are_linked():
    [heard] = hear(
        said(
            subtype="file_share",
            files=[
                {"id": "F1", "name": "log.txt", "mimetype": "text/plain", "size": 5},
                {"id": "F2", "mode": "tombstone"},
                {"id": "F3", "file_access": "check_file_info"},
                {"id": "F4", "is_external": True, "title": "Plan", "url_private": "https://docs.example/x"},
            ],
        )
    )
    assert heard.files == (
        RemoteFile("F1", "log.txt", "text/plain", 5),
        RemoteFile("F3", "file", "application/octet-stream", 0),
    )
    assert heard.body == "hello\n\n[Plan](https://docs.example/x)"


def test_a_forwarded_message_is_quoted():
    [heard] = hear(
        said(
            text="",
            attachments=[{"is_share": True, "author_name": "Dana", "text": "it &lt;broke&gt;\nagain"}],
        )
    )
    assert heard.body == "> Dana:\n> it <broke>\n> again"


def test_what_the_reconciler_reads_is_heard_by_the_same_rules():
    us = events.BotIdentity("T1", "", frozenset({"UBOT"}), frozenset({"BBOT"}))
    heard = payload_parser.message_to_event(
        "C1", {"user": "U1", "ts": TS, "thread_ts": ROOT, "text": "note: missed"}, us, NAMES
    )
    assert (heard.kind, heard.body, heard.visibility, heard.team_id) == (
        "message",
        "missed",
        "internal",
        "T1",
    )
    assert (
        payload_parser.message_to_event("C1", {"user": "U1", "ts": TS, "text": "x", "bot_id": "BBOT"}, us, NAMES)
        is None
    )
    assert (
        payload_parser.message_to_event(
            "C1", {"user": "U1", "ts": TS, "text": "x", "subtype": "channel_join"}, us, NAMES
        )
        is None
    )
